import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { badFile } from "./exchange-errors.js";

export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;
const BYTE_ORDER_MARK = "\ufeff";
/** Texts of V8 end at twice of this. */
export const MAX_LINE_BYTES = 2 ** 28;

/**
 * The lines of a UTF-8 file that are not blank, read as they are asked for.
 *
 * @throws NighError `ERR_FILE` for a line that is not UTF-8, or longer than {@link MAX_LINE_BYTES}.
 */
export async function* readTextLines(path: string): AsyncGenerator<TextLine> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 0;

  const hold = (bytes: Buffer): void => {
    pendingBytes += bytes.length;
    if (pendingBytes > MAX_LINE_BYTES) {
      throw badFile(
        `${path}:${number + 1}`,
        `the line is longer than 256 MiB; expected one record a line.`,
      );
    }
    pending.push(bytes);
  };
  const release = (): TextLine => {
    number += 1;
    const bytes = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (!isUtf8(bytes)) {
      throw badFile(`${path}:${number}`, "the line is not valid UTF-8. Save the file as UTF-8.");
    }
    const text = bytes.toString("utf8");
    return {
      number,
      text: number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text,
    };
  };

  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      hold(chunk.subarray(start, end));
      const line = release();
      if (line.text.trim() !== "") yield line;
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  }
  if (pendingBytes === 0) return;
  const line = release();
  if (line.text.trim() !== "") yield line;
}
