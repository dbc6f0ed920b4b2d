/** Rows of one byte a number, as float32 rows of length 1: what vectors in steps are compared by. */
import { sumFloatLanes } from "./lanes";

/**
 * Decodes `count` rows of `size` bytes (a multiple of 16) that lie behind each other: number t is `first[t] + step[t] * code`, then all are
 * scaled to length 1; rows of length 0 stay. Squares of the numbers and their sum must be within float32.
 *
 * @param turned bits that are turned in each byte before it is a code. @param out receives `size` floats a row.
 */
export function decodeUnitRows(codes: usize, count: u32, size: usize, turned: u8, first: usize, step: usize, out: usize): void {
  const turn = i8x16.splat(turned);
  for (let i: u32 = 0; i < count; i++, codes += size, out += size << 2) {
    let squares = f32x4.splat(0);
    for (let t: usize = 0; t < size; t += 16) {
      const bytes = v128.xor(v128.load(codes + t), turn);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      const at = t << 2;
      squares = decode(i32x4.extend_low_i16x8_u(low), at, first, step, out, squares);
      squares = decode(i32x4.extend_high_i16x8_u(low), at + 16, first, step, out, squares);
      squares = decode(i32x4.extend_low_i16x8_u(high), at + 32, first, step, out, squares);
      squares = decode(i32x4.extend_high_i16x8_u(high), at + 48, first, step, out, squares);
    }
    const length = Mathf.sqrt(sumFloatLanes(squares));
    const scale = f32x4.splat(length > 0 ? 1 / length : 0);
    for (let at: usize = 0; at < size << 2; at += 16) {
      v128.store(out + at, f32x4.mul(v128.load(out + at), scale));
    }
  }
}

/** @returns `squares` with those of the 4 numbers. */
// @ts-ignore: decorators are AssemblyScript's
@inline function decode(codes: v128, at: usize, first: usize, step: usize, out: usize, squares: v128): v128 {
  const numbers = f32x4.add(v128.load(first + at), f32x4.mul(v128.load(step + at), f32x4.convert_i32x4_s(codes)));
  v128.store(out + at, numbers);
  return f32x4.add(squares, f32x4.mul(numbers, numbers));
}
