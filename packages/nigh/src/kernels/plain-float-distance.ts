/**
 * The float32 kernel in plain TypeScript, to the bit: the reference for assembly/float-distance.ts. Every product, difference and
 * sum is rounded to float32. Number i is added to sum i % 16; what is left of a row behind its last whole 16 numbers goes to sums
 * 0 to 3 in turn.
 */

const sums = new Float32Array(16);

/** @param size what the row is padded to with zeros, a multiple of 4; rows of an index: a multiple of 16. */
export function dotFloats(a: Float32Array, b: Float32Array, size = padded(a)): number {
  const whole = size & ~15;
  sums.fill(0);
  for (let i = 0; i < a.length; i++) {
    add(i, whole, Math.fround((a[i] as number) * (b[i] as number)));
  }
  return total();
}

/** @param size as for {@link dotFloats}. */
export function squaredDistanceFloats(a: Float32Array, b: Float32Array, size = padded(a)): number {
  const whole = size & ~15;
  sums.fill(0);
  for (let i = 0; i < a.length; i++) {
    const difference = Math.fround((a[i] as number) - (b[i] as number));
    add(i, whole, Math.fround(difference * difference));
  }
  return total();
}

function padded(row: Float32Array): number {
  return Math.ceil(row.length / 16) * 16;
}

/** What is stored in a Float32Array is rounded; a sum of two float32 rounded twice is the float32 sum. */
function add(i: number, whole: number, term: number): void {
  const place = i < whole ? i & 15 : i & 3;
  sums[place] = (sums[place] as number) + term;
}

/** Four registers of four lanes: (s0 + s1) + (s2 + s3) by lane, then the lanes (0 + 1) + (2 + 3). */
function total(): number {
  return plus(plus(lane(0), lane(1)), plus(lane(2), lane(3)));
}

function lane(l: number): number {
  return plus(plus(sum(l), sum(4 + l)), plus(sum(8 + l), sum(12 + l)));
}

function sum(i: number): number {
  return sums[i] as number;
}

function plus(a: number, b: number): number {
  return Math.fround(a + b);
}
