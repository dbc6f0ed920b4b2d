/** Codes from -7 to 7 in plain TypeScript, to the bit: the reference for assembly/nibbles.ts. Numbers are rounded to float32 throughout. */

import { roundHalfToEven } from "./plain-rounding.js";

const SHORTEST = Math.fround(1e-30);
const LONGEST = Math.fround(1e18);
/** Levels of the second plane in one of the first. */
const FINER = 15;
/** The best step of 15 equal ones for normal numbers of standard deviation 1 (Max 1960, table 2). */
const STEP = Math.fround(0.3534);

export interface PlainNibbles {
  /** Of the first plane and then, where there are two, of the second: -7 to 7. */
  readonly digits: Int8Array;
  /** Numbers per digit of the first plane; 0 for zeros, NaN where there are no codes for the numbers. */
  readonly scale: number;
}

/** The codes of a row, of numbers padded with zeros to a multiple of 64. @param norm its length. */
export function nibblesOf(row: Float32Array, norm: number, planes: 1 | 2): PlainNibbles {
  const peak = peakOf(row);
  const numbers = padded(row);
  if (!inReach(peak)) {
    return { digits: new Int8Array(planes * numbers.length), scale: peak > 0 ? Number.NaN : 0 };
  }
  if (planes === 2) return twoPlanes(numbers, peak);
  // Rows of floats are padded to a multiple of 16.
  const usual = Math.fround(norm / Math.fround(Math.sqrt(Math.ceil(row.length / 16) * 16)));
  const unit = Math.max(Math.fround(1 / Math.fround(STEP * usual)), Math.fround(7 / peak));
  return onePlane(numbers, unit);
}

/** Numbers in units, cut at 7, with the least-squares scale. */
function onePlane(numbers: Float32Array, unit: number): PlainNibbles {
  const scaled = numbers.map((x) => x * unit);
  const digits = Int8Array.from(scaled, (x) => clip(roundHalfToEven(x)));
  const products = laneSum(scaled, digits);
  const squares = laneSum(Float32Array.from(digits), digits);
  return { digits, scale: Math.fround(Math.fround(products / squares) / unit) };
}

function twoPlanes(numbers: Float32Array, peak: number): PlainNibbles {
  const unit = Math.fround(7 / peak);
  const digits = new Int8Array(2 * numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const x = Math.fround((numbers[i] as number) * unit);
    const digit = roundHalfToEven(x);
    const left = Math.fround(Math.fround(x - digit) * FINER);
    digits[i] = digit;
    digits[numbers.length + i] = clip(roundHalfToEven(left));
  }
  return { digits, scale: Math.fround(peak / 7) };
}

/** A query's whole numbers of each plane: those of the second are a 15th of the first's. */
export interface PlainNibbleQuery {
  readonly numbers: Int16Array;
  /** Query's numbers per whole number; 0 for zeros, NaN where there are none for them. */
  readonly scale: number;
}

/** @param max highest whole number: 1900, with relaxed SIMD 127. */
export function nibbleQueryOf(row: Float32Array, planes: 1 | 2, max: number): PlainNibbleQuery {
  const peak = peakOf(row);
  const numbers = padded(row);
  const whole = new Int16Array(planes * numbers.length);
  if (!inReach(peak)) return { numbers: whole, scale: peak > 0 ? Number.NaN : 0 };
  const unit = Math.fround(max / peak);
  const units = planes === 1 ? [unit] : [unit, Math.fround(unit / FINER)];
  for (const [plane, u] of units.entries()) {
    const scaled = numbers.map((x) => x * u);
    whole.set(Array.from(scaled, roundHalfToEven), plane * numbers.length);
  }
  return { numbers: whole, scale: Math.fround(1 / unit) };
}

/** A row's digits as a query: of two planes the first's numbers are 15ths, and a 15th of these, nearly, are the second's. */
export function queryFromDigits(digits: Int8Array, planes: 1 | 2): Int16Array {
  if (planes === 1) return Int16Array.from(digits);
  const size = digits.length / 2;
  const first = digits.subarray(0, size);
  const numbers = new Int16Array(2 * size);
  for (let i = 0; i < size; i++) {
    numbers[i] = FINER * (first[i] as number) + (digits[size + i] as number);
  }
  numbers.set(first, size);
  return numbers;
}

/**
 * Digits from their 4 bits each: int16 number j of 16 bytes has the digits j, 8 + j, 16 + j and 24 + j of 32, lowest first.
 *
 * @param signed whether the fourth is a signed number; with relaxed SIMD it is 8 too high as the others are.
 */
export function unpackDigits(bytes: Uint8Array, signed: boolean): Int8Array {
  const digits = new Int8Array(2 * bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += 16) {
    for (let j = 0; j < 8; j++) {
      const lane = view.getInt16(at + 2 * j, true);
      for (let place = 0; place < 3; place++) {
        digits[2 * at + 8 * place + j] = ((lane >> (4 * place)) & 15) - 8;
      }
      digits[2 * at + 24 + j] = signed ? lane >> 12 : ((lane >> 12) & 15) - 8;
    }
  }
  return digits;
}

function padded(row: Float32Array): Float32Array {
  const all = new Float32Array(Math.ceil(row.length / 64) * 64);
  all.set(row);
  return all;
}

function inReach(peak: number): boolean {
  return peak >= SHORTEST && peak <= LONGEST;
}

function peakOf(numbers: Float32Array): number {
  return numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function clip(digit: number): number {
  return Math.max(-7, Math.min(7, digit));
}

/** Sum of products in float32: number i is added to sum i % 4, then (0 + 1) + (2 + 3). */
function laneSum(a: Float32Array, b: Int8Array): number {
  const sums = new Float32Array(4);
  for (let i = 0; i < a.length; i++) {
    sums[i & 3] = (sums[i & 3] as number) + Math.fround((a[i] as number) * (b[i] as number));
  }
  const [s0, s1, s2, s3] = sums as unknown as [number, number, number, number];
  return Math.fround(Math.fround(s0 + s1) + Math.fround(s2 + s3));
}
