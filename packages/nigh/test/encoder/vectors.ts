import { expect } from "vitest";

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return product / Math.sqrt(lengthA * lengthB);
}

export function lengthOf(vector: ArrayLike<number>): number {
  return Math.hypot(...Array.from(vector));
}

/** Cosines of row i of `actual` with row i of `expected`; both must have as many rows. */
export function cosines(
  actual: Iterable<ArrayLike<number>>,
  expected: Iterable<ArrayLike<number>>,
): number[] {
  const [left, right] = [[...actual], [...expected]];
  expect(left.length).toBe(right.length);
  return left.map((vector, i) => cosine(vector, right[i] as ArrayLike<number>));
}

/**
 * Every vector points where Python's does (cosine >= `lowest`) and is as long, within 0.1%: cosine
 * alone would not see a wrong scale.
 */
export function expectSameVectors(
  actual: Iterable<ArrayLike<number>>,
  expected: Iterable<ArrayLike<number>>,
  lowest = 0.9999,
): void {
  const [left, right] = [[...actual], [...expected]];
  const found = cosines(left, right);
  found.forEach((value, i) => {
    expect(value, `cosine with Python's vector of text ${i}`).toBeGreaterThanOrEqual(lowest);
    const ratio = lengthOf(left[i] as Float32Array) / lengthOf(right[i] as Float32Array);
    expect(Math.abs(ratio - 1), `length of the vector of text ${i}`).toBeLessThan(0.001);
  });
}

/** Every vector has at least this cosine with Python's. */
export function expectSameDirection(
  actual: Iterable<ArrayLike<number>>,
  expected: Iterable<ArrayLike<number>>,
  lowest: number,
): void {
  cosines(actual, expected).forEach((value, i) => {
    expect(value, `cosine with Python's vector of text ${i}`).toBeGreaterThanOrEqual(lowest);
  });
}

/** Numbers are equal within 0.01% of the largest of them. */
export function expectSameNumbers(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const tolerance = 1e-4 * Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number)), `number ${i}`).toBeLessThanOrEqual(tolerance);
  });
}
