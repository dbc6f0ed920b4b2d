import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { firstBrokenLine } from "../shared/broken-line.js";
import { bad, type InputProblem, MAX_DOCUMENT_BYTES, showBytes, skipped } from "./document.js";
import type { SourceFile } from "./document-reader.js";

const NUL = 0;

/**
 * A whole file as text, with `\n` for every line end and without a byte order mark; or why it is
 * not text: over the size limit, binary, not UTF-8, or empty.
 */
export async function readTextFile(file: SourceFile): Promise<string | InputProblem> {
  const handle = await open(file.path);
  let bytes: Buffer;
  try {
    const { size } = await handle.stat();
    if (size > MAX_DOCUMENT_BYTES) {
      const limit = showBytes(MAX_DOCUMENT_BYTES);
      return bad(
        file.name,
        `has ${(size / 2 ** 20).toFixed(0)} MB; expected at most ${limit} as one document: split it, or make it JSONL`,
      );
    }
    bytes = withoutBom(await handle.readFile());
  } finally {
    await handle.close();
  }
  const binary = binaryReason(bytes);
  if (binary) return bad(file.name, binary);
  if (!isUtf8(bytes)) {
    return bad(file.name, "is not valid UTF-8; convert it to UTF-8", firstBrokenLine(bytes));
  }
  const text = bytes.toString("utf8").replace(/\r\n?/g, "\n");
  return text.trim() === "" ? skipped(file.name, "is empty") : text;
}

/** Why these bytes are no UTF-8 text at all; undefined when they may be. */
export function binaryReason(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return "is UTF-16; convert it to UTF-8";
  }
  const at = bytes.indexOf(NUL);
  return at === -1 ? undefined : `is binary (byte ${at} is NUL); expected UTF-8 text`;
}

export function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
