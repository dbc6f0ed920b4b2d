import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { utf8Bytes } from "../utf8.js";
import { readFile } from "./files.js";

/** The part of node:crypto's Hash that nigh uses: Web Crypto's own hashes are asynchronous, and want all bytes at once. */
class Hash {
  readonly #hash = sha256.create();

  update(data: Uint8Array | string): this {
    this.#hash.update(typeof data === "string" ? utf8Bytes(data) : data);
    return this;
  }

  digest(): Uint8Array;
  digest(encoding: "hex"): string;
  digest(encoding?: "hex"): Uint8Array | string {
    const bytes = this.#hash.digest();
    return encoding === undefined ? bytes : bytesToHex(bytes);
  }
}

export function createHash(_algorithm: "sha256"): Hash {
  return new Hash();
}

/** In hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  return sha256Of(await readFile(path));
}

/** In hexadecimal; by the browser's own code, which is several times as fast, where the page is served by https or from localhost. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (crypto.subtle === undefined) return createHash("sha256").update(bytes).digest("hex");
  return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
