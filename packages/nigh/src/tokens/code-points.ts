import type { CodePointRanges } from "./unicode-tables.js";

/** The source of a regular expression (flag "u") that matches one character of the ranges. */
export function characterClass(ranges: CodePointRanges): string {
  const items = ranges.trim().split(/\s+/);
  return `[${items.map((item) => item.replace(/[\da-f]+/g, "\\u{$&}")).join("")}]`;
}

/** Each code point of the ranges. */
export function* codePoints(ranges: CodePointRanges): Generator<number> {
  for (const item of ranges.trim().split(/\s+/)) {
    const [first = "", last = first] = item.split("-");
    for (let c = Number.parseInt(first, 16); c <= Number.parseInt(last, 16); c++) yield c;
  }
}
