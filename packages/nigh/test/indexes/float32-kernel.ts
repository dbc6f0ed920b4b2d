/**
 * The float32 kernel in plain TypeScript, to the bit: rows are padded with zeros to a multiple of 16 numbers, number i is added
 * to sum i % 16, and every product, difference and sum is rounded to float32.
 */

const sums = new Float32Array(16);

export function dotFloats(a: Float32Array, b: Float32Array): number {
  sums.fill(0);
  for (let i = 0; i < a.length; i++) {
    // What is stored in a Float32Array is rounded; a sum of two float32 rounded twice is the float32 sum.
    sums[i & 15] = (sums[i & 15] as number) + Math.fround((a[i] as number) * (b[i] as number));
  }
  return total();
}

export function squaredDistanceFloats(a: Float32Array, b: Float32Array): number {
  sums.fill(0);
  for (let i = 0; i < a.length; i++) {
    const difference = Math.fround((a[i] as number) - (b[i] as number));
    sums[i & 15] = (sums[i & 15] as number) + Math.fround(difference * difference);
  }
  return total();
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
