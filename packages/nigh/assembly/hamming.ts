/** Differing bits of rows of bits: what vectors of one bit a dimension are compared by. */
import { sumOf4 } from "./lanes";

/** Vectors of 16 bytes whose counts of bits, at most 8 in each byte, fit into bytes. */
// @ts-ignore: decorators are AssemblyScript's
@inline const MOST_STEPS: usize = 31;

/**
 * Writes a key for each of `count` rows (a multiple of 4) that lie behind each other: minus the bits in which it differs from the query, as
 * float32. `bytes` of a row and of the query are a multiple of 16, at most 2^20, so that the keys are exact.
 */
export function hammingKeys(rows: usize, count: u32, bytes: usize, query: usize, out: usize): void {
  for (let i: u32 = 0; i < count; i += 4, out += 16) {
    const s0 = differingBits(rows, query, bytes);
    const s1 = differingBits(rows + bytes, query, bytes);
    const s2 = differingBits(rows + 2 * bytes, query, bytes);
    const s3 = differingBits(rows + 3 * bytes, query, bytes);
    v128.store(out, f32x4.neg(f32x4.convert_i32x4_s(sumOf4(s0, s1, s2, s3))));
    rows += 4 * bytes;
  }
}

/** In 4 lanes that are still to be added. */
// @ts-ignore: decorators are AssemblyScript's
@inline function differingBits(row: usize, query: usize, bytes: usize): v128 {
  let sums = i32x4.splat(0);
  let at: usize = 0;
  while (at < bytes) {
    const end = min(bytes, at + 16 * MOST_STEPS);
    let counts = i8x16.splat(0);
    for (; at < end; at += 16) {
      counts = i8x16.add(counts, i8x16.popcnt(v128.xor(v128.load(row + at), v128.load(query + at))));
    }
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts)));
  }
  return sums;
}
