import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

export { createHash };

const CHUNK_BYTES = 1 << 20;

/** In hexadecimal. The file is read in parts. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
