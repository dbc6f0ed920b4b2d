import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { NighError } from "../../shared/errors.js";
import { LineSplitter } from "../../shared/line-splitter.js";
import { badFile, unreadable } from "./bad-file.js";

export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

const LONGEST_LINE = 64 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/**
 * The lines of a file that are not empty, without line ends and byte order mark, read as a stream: a corpus may be larger than a string.
 *
 * @throws NighError `ERR_FILE` for what cannot be read, naming the line that is not UTF-8 or longer than 64 MiB.
 */
export async function* textLines(path: string): AsyncGenerator<TextLine> {
  const splitter = new LineSplitter(LONGEST_LINE);
  const textOf = (bytes: Buffer | undefined, number: number): string => {
    if (bytes === undefined) throw badFile(path, number, "the line is longer than 64 MiB");
    if (!isUtf8(bytes)) throw badFile(path, number, "the line is not valid UTF-8");
    const text = bytes.toString("utf8").replace(/\r$/u, "");
    return number === 1 ? text.replace(/^\uFEFF/u, "") : text;
  };
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream) {
      for (const { number, bytes } of splitter.push(chunk as Buffer)) {
        const text = textOf(bytes, number);
        if (text.trim() !== "") yield { number, text };
      }
    }
  } catch (error) {
    if (error instanceof NighError || (error as NodeJS.ErrnoException).code === undefined)
      throw error;
    throw unreadable(path, error);
  } finally {
    stream.destroy();
  }
  for (const { number, bytes } of splitter.end()) {
    const text = textOf(bytes, number);
    if (text.trim() !== "") yield { number, text };
  }
}
