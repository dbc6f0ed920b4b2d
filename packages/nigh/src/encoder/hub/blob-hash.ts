import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/**
 * The hash whose hexadecimal digest is the Hub's name of a content: sha256 for files in LFS, else git's sha1 of blobs.
 *
 * @param etag tells by its length which it is.
 * @param size bytes of the content.
 */
export function blobHash(etag: string, size: number): Hash {
  if (etag.length === 64) return createHash("sha256");
  return createHash("sha1").update(`blob ${size}\0`);
}

/** Feeds a file into hashes. */
export async function hashFile(path: string, ...hashes: readonly Hash[]): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    for (const hash of hashes) hash.update(chunk as Buffer);
  }
}
