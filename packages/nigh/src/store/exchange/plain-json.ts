/** Codes of characters. */
const [QUOTE, MINUS, POINT, ZERO, NINE] = [34, 45, 46, 48, 57] as const;
const [COLON, UPPER_E, BACKSLASH, LOWER_E] = [58, 69, 92, 101] as const;
/** Integers of so many digits are below 2^53. */
const SAFE_DIGITS = 15;
/** A float whose integer part has more digits may be rounded to an integer by a fraction of few. */
const SMALL_DIGITS = 6;
/** So many zeros or nines at the beginning of a fraction may be rounded away. */
const ROUNDED_DIGITS = 9;

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

/** How many colons stand outside of texts: one for each key. Undefined where a number may be lossy. */
function colonsOfPlain(text: string): number | undefined {
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(text, at);
      if (at < 0) return undefined;
    } else if (code === COLON) {
      colons += 1;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      at = endOfPlainNumber(text, at) - 1;
      if (at < 0) return undefined;
    }
  }
  return colons;
}

/**
 * Where a number ends that JSON.parse loses nothing of; 0 for others: floats without a fraction, or that rounding may make such; -0;
 * integers that may be beyond 2^53. What is no number is JSON.parse's to refuse.
 */
function endOfPlainNumber(text: string, from: number): number {
  const first = text.charCodeAt(from) === MINUS ? from + 1 : from;
  const startsWithZero = text.charCodeAt(first) === ZERO;
  let at = endOfDigits(text, first);
  const digits = at - first;
  let code = text.charCodeAt(at);
  if (code !== POINT && code !== LOWER_E && code !== UPPER_E) {
    const isMinusZero = first > from && startsWithZero;
    return digits > SAFE_DIGITS || isMinusZero ? 0 : at;
  }
  if (code === POINT) {
    const fraction = at + 1;
    const lead = text.charCodeAt(fraction);
    let same = fraction;
    while (text.charCodeAt(same) === lead) same += 1;
    at = endOfDigits(text, fraction);
    const isRounded = (lead === ZERO || lead === NINE) && same - fraction >= ROUNDED_DIGITS;
    const isWhole = lead === ZERO && same >= at;
    if (digits > SMALL_DIGITS || isRounded || isWhole) return 0;
    code = text.charCodeAt(at);
  }
  if (code !== LOWER_E && code !== UPPER_E) return at;
  // 1.5e-7 is below 1, and not 0; other exponents are left to who reads exactly.
  const exponent = at + 2;
  if (digits !== 1 || startsWithZero || text.charCodeAt(at + 1) !== MINUS) return 0;
  const end = endOfDigits(text, exponent);
  return text.charCodeAt(exponent) === ZERO || end - exponent > 2 ? 0 : end;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; ) {
    at += 1;
    code = text.charCodeAt(at);
  }
  return at;
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
