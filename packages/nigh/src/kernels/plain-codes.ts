/** Codes of whole numbers with one scale in plain TypeScript: the reference for assembly/codes.ts. */

import { euclidean } from "./plain.js";
import { roundHalfToEven } from "./plain-rounding.js";

/** Numbers as scale * codes, and what is known of them. */
export interface PlainCodes {
  readonly codes: Int8Array;
  /** Numbers per code, the least-squares one; 0 for zeros, NaN where there are no codes for the numbers. */
  readonly scale: number;
  /** Length of what the codes leave out; NaN where there are none. */
  readonly rest: number;
  /** Length of the numbers. */
  readonly norm: number;
  /** Sum of the codes. */
  readonly sum: number;
}

const LONGEST = 1e18;
const SHORTEST = Math.fround(1e-30);

/**
 * Numbers in units of the largest one's `max`-th part, rounded half to even. The codes are those of the kernel, which computes units in
 * float32; scale, rest and norm are in float64. Numbers longer than 1e18, or not zero but all below 1e-30, have none.
 *
 * @param max highest code: 127 for rows; for queries 127, or 63 with relaxed SIMD.
 */
export function quantize(numbers: Float32Array, max: number): PlainCodes {
  const codes = new Int8Array(numbers.length);
  const peak = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const norm = lengthOf(numbers);
  if (peak === 0) return { codes, scale: 0, rest: 0, norm, sum: 0 };
  if (!(peak >= SHORTEST && norm <= LONGEST)) {
    return { codes, scale: Number.NaN, rest: Number.NaN, norm, sum: 0 };
  }
  const unit = Math.fround(max / peak);
  let sum = 0;
  let products = 0;
  let squares = 0;
  for (let i = 0; i < codes.length; i++) {
    const x = Math.fround((numbers[i] as number) * unit);
    const code = Math.max(-max, Math.min(max, roundHalfToEven(x)));
    codes[i] = code;
    sum += code;
    products += x * code;
    squares += code * code;
  }
  const scale = products / squares / unit;
  return { codes, scale, rest: restOf(numbers, codes, scale), norm, sum };
}

/** Length of what codes at a scale leave out of numbers. */
export function restOf(numbers: Float32Array, codes: Int8Array, scale: number): number {
  let squares = 0;
  for (let i = 0; i < codes.length; i++) {
    squares += ((numbers[i] as number) - scale * (codes[i] as number)) ** 2;
  }
  return Math.sqrt(squares);
}

/** Sum of the products of whole numbers. */
export function wholeProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function lengthOf(numbers: Float32Array): number {
  return euclidean(numbers, new Float32Array(numbers.length));
}
