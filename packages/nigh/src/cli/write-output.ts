import { writeFile } from "node:fs/promises";
import { NighError } from "../index.js";
import { messageOf } from "../shared/errors.js";

/** Writes a file, replacing what is there. @throws NighError `ERR_FILE`. */
export async function writeOutput(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: unknown) => {
    throw new NighError("ERR_FILE", `${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
    });
  });
}

/** Rows as CSV (RFC 4180), the head first. */
export function csvText(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  return [head, ...rows].map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
}

function csvField(value: string | number | null): string {
  const text = String(value ?? "");
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
