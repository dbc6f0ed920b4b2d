import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { AsyncBuffer } from "hyparquet";
import { badFile } from "./exchange-errors.js";

/** Parquet's field for the program that wrote a file. Other programs put themselves there when they write it anew. */
export const CREATED_BY = "nigh";
const SEAL_KEY = "nigh.sha256";
/** Stands in the place of the checksum while it is taken. */
const BLANK = "0".repeat(64);

/**
 * A checksum over a whole Parquet file: Parquet has none that every reader checks. It stands in the footer, and counts as zeros
 * itself.
 */
export class Seal {
  readonly #hash: Hash = createHash("sha256");
  /** For the key-value metadata of the footer: the last entry. */
  readonly entry = { key: SEAL_KEY, value: BLANK };

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Adds the last bytes of the file and writes the checksum into them. */
  close(footer: Uint8Array): void {
    this.add(footer);
    const bytes = Buffer.from(footer.buffer, footer.byteOffset, footer.byteLength);
    const at = bytes.lastIndexOf(BLANK);
    if (at === -1) throw new Error("The footer has no room for the checksum.");
    bytes.write(this.#hash.digest("hex"), at, "latin1");
  }
}

/** The checksum's key and value, and the program, as they stand at the end of nigh's files. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: lengths and ends of fields in Thrift.
const AT_END = /nigh\.sha256\x18@([0-9a-f]{64})\x00.\x04nigh/su;
/** Room for that, and for the end of the footer. */
const END_BYTES = 1024;

/**
 * Checks a file that nigh wrote, before anything else of it is looked at.
 *
 * @returns whether it is one: false for files of other programs, which may have taken over nigh's header.
 * @throws NighError `ERR_FILE` when it was changed.
 */
export async function checkSeal(path: string, file: AsyncBuffer): Promise<boolean> {
  const start = Math.max(file.byteLength - END_BYTES, 0);
  const end = Buffer.from(await file.slice(start, file.byteLength)).toString("latin1");
  const match = AT_END.exec(end);
  const seal = match?.[1];
  if (!match || seal === undefined) return false;
  const at = start + match.index + match[0].indexOf(seal);
  const hash = createHash("sha256");
  let position = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    blank(chunk, at - position);
    hash.update(chunk);
    position += chunk.length;
  }
  const found = hash.digest("hex");
  if (found === seal) return true;
  throw badFile(
    path,
    `the file is damaged: found the sha256 ${found}, expected ${seal}. Export again.`,
  );
}

/** Writes zeros over the part of the checksum that a chunk holds. */
function blank(chunk: Buffer, at: number): void {
  const from = Math.max(at, 0);
  const to = Math.min(at + BLANK.length, chunk.length);
  if (from < to) chunk.fill("0", from, to);
}
