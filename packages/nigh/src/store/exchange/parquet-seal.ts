import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { FileMetaData } from "hyparquet";
import { badFile } from "./exchange-errors.js";

/** Parquet's field for the program that wrote a file. Other programs put themselves there when they write it anew. */
export const CREATED_BY = "nigh";
export const SEAL_KEY = "nigh.sha256";
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

/**
 * Checks a file that nigh wrote, and has not been written anew by another program.
 *
 * @returns whether it is one.
 * @throws NighError `ERR_FILE` when it was changed.
 */
export async function checkSeal(
  path: string,
  size: number,
  metadata: FileMetaData,
): Promise<boolean> {
  if (metadata.created_by !== CREATED_BY) return false;
  const seal = metadata.key_value_metadata?.find(({ key }) => key === SEAL_KEY)?.value;
  const found = seal === undefined ? undefined : await hashAround(path, size, metadata, seal);
  if (seal !== undefined && found === seal) return true;
  throw badFile(
    path,
    `the file is damaged: found the sha256 ${found ?? "of nothing"}, expected ${seal ?? "one in its footer"}. Export again.`,
  );
}

async function hashAround(
  path: string,
  size: number,
  metadata: FileMetaData,
  seal: string,
): Promise<string | undefined> {
  const start = Math.max(size - 8 - metadata.metadata_length, 0);
  const hash = createHash("sha256");
  if (start > 0) {
    for await (const chunk of createReadStream(path, { end: start - 1 })) hash.update(chunk);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start })) chunks.push(chunk);
  const footer = Buffer.concat(chunks);
  const at = footer.lastIndexOf(seal);
  if (at === -1 || seal.length !== BLANK.length) return undefined;
  footer.write(BLANK, at, "latin1");
  return hash.update(footer).digest("hex");
}
