import { Matrix } from "../../src/shared/matrix.js";
import { KINDS, random, vectors } from "../indexes/vectors.js";

/** Lengths with and without a tail at each width that a kernel works in. */
export const LENGTHS = [1, 3, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 129, 384, 1000] as const;

/** Numbers that no arithmetic holds on to. */
export const NOT_FINITE = [Number.NaN, Infinity, -Infinity] as const;

/** What the kinds of vectors.ts do not have: from all rows in reach of codes, but only just, to one number far larger than the rest. */
const MORE: readonly ((x: number, i: number) => number)[] = [
  (x) => x * 1e-29,
  (x) => x * 1e-18,
  (x) => x * 1e17,
  (x, i) => (i === 0 ? 1e6 : x),
  (x, i) => (i === 0 ? 1e17 : x * 1e-20),
  () => 1 / 3,
];

/** One vector of every sort: zeros, denormals, outliers, the very short, the very long. */
export function allSorts(d: number, seed: number): Matrix {
  const rows = KINDS.map((kind, i) => vectors(kind, 8, d, seed + i).row(7));
  const next = random(seed);
  for (const change of MORE) {
    rows.push(Float32Array.from({ length: d }, (_, i) => change(2 * next() - 1, i)));
  }
  return Matrix.from(rows);
}
