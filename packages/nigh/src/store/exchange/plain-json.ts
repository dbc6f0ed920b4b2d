/**
 * What JSON.parse loses in a number, or might: floats without a fraction, also those that only rounding makes so; -0; integers beyond
 * 2^53. Matches more than that, never less.
 */
const LOSSY = new RegExp(
  [
    // 1.0, and what is almost 1 or almost 0
    String.raw`\.0+(?!\d)`,
    String.raw`\.(?:9{9}|0{9})`,
    String.raw`\d{7}\.`,
    // 1e3, 10e-1, 0e-1, 1e-400
    String.raw`\d[eE](?!-[1-9]\d?(?!\d))`,
    String.raw`(?<![.\d])(?:\d\d+|0)(?:\.\d+)?[eE]`,
    String.raw`-0(?![.\d])`,
    String.raw`(?<![.\d])\d{16}`,
  ].join("|"),
  "u",
);

const BACKSLASH = 92;

/**
 * JSON by JSON.parse, which is many times as fast as reading exactly, where that loses nothing.
 *
 * @returns undefined where it might: numbers that JavaScript has otherwise, keys that come twice, what is no JSON.
 */
export function parsePlainJson(text: string): { readonly value: unknown } | undefined {
  const colons = colonsOfPlain(text);
  if (colons === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return countKeys(value) === colons ? { value } : undefined;
  } catch {
    // Who reads it exactly says what is wrong.
    return undefined;
  }
}

/** How many colons stand outside of texts: one for each key. Undefined where a number is lossy. */
function colonsOfPlain(text: string): number | undefined {
  let colons = 0;
  for (let from = 0; ; ) {
    const open = text.indexOf('"', from);
    const between = open < 0 ? text.slice(from) : text.slice(from, open);
    if (between.length > 1 && LOSSY.test(between)) return undefined;
    for (let at = between.indexOf(":"); at >= 0; at = between.indexOf(":", at + 1)) colons += 1;
    if (open < 0) return colons;
    const close = endOfText(text, open);
    if (close < 0) return undefined;
    from = close + 1;
  }
}

/** The quotation mark that ends a text; -1 where there is none. */
function endOfText(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close >= 0; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return close;
  }
  return -1;
}

function countKeys(value: unknown): number {
  if (value === null || typeof value !== "object") return 0;
  let keys = 0;
  if (!Array.isArray(value)) keys = Object.keys(value).length;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof inner === "object") keys += countKeys(inner);
  }
  return keys;
}
