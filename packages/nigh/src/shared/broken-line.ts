import { isUtf8 } from "node:buffer";

const LINE_FEED = 10;

/**
 * The first line that is not UTF-8, counted from 1, of bytes that are not UTF-8 as a whole. A line feed is
 * never part of a longer UTF-8 character, so lines stand alone.
 */
export function firstBrokenLine(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
    line += 1;
  }
}
