import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { buffer as readAll } from "node:stream/consumers";
import { NighError } from "../index.js";
import { firstBrokenLine } from "../shared/broken-line.js";
import { messageOf } from "../shared/errors.js";

/**
 * The lines of a file, or of stdin where the path is "-", without a byte order mark.
 *
 * @throws NighError `ERR_FILE` when it cannot be read or is not UTF-8, naming the line.
 */
export async function readLines(path: string): Promise<string[]> {
  const name = path === "-" ? "stdin" : path;
  const bytes = await (path === "-" ? readAll(process.stdin) : readFile(path)).catch(
    (error: unknown) => {
      throw new NighError("ERR_FILE", `${name} cannot be read: ${messageOf(error)}.`, {
        cause: error,
      });
    },
  );
  if (!isUtf8(bytes)) {
    throw new NighError(
      "ERR_FILE",
      `${name}:${firstBrokenLine(bytes)} is not valid UTF-8: convert it to UTF-8.`,
    );
  }
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/u);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
