/** Distances of float32 rows. Rows are padded with zeros to a multiple of 4 numbers; `size` is that multiple. */
import { METRIC_L2 } from "./blocks";
import { floatSumOf4, sumFloatLanes } from "./lanes";

/** A row's key for a query: higher is nearer. What float32 cannot say (NaN) is farthest. */
export function keyOfFloats(metric: u32, query: usize, row: usize, size: u32): f32 {
  const key = metric == METRIC_L2 ? -squaredDistanceFloats(query, row, size) : dotFloats(query, row, size);
  return isNaN(key) ? -Infinity : key;
}

/** Sum of products. The order of the additions is fixed: these are the scores that every exact search returns. */
export function dotFloats(a: usize, b: usize, size: u32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + ((<usize>size) << 2);
  const endOf16 = a + ((<usize>(size & ~15)) << 2);
  while (a < endOf16) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    a += 64;
    b += 64;
  }
  while (a < end) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
  return sumFloatLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** Inner products of `a` with 4 rows that lie behind each other, one in each lane; to a rounding as `dotFloats`. */
export function dotsOf4(a: usize, rows: usize, size: u32): v128 {
  const bytes = (<usize>size) << 2;
  const row1 = rows + bytes;
  const row2 = row1 + bytes;
  const row3 = row2 + bytes;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(a + i);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(rows + i)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row1 + i)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(row2 + i)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(row3 + i)));
  }
  return floatSumOf4(s0, s1, s2, s3);
}

/**
 * Writes the inner product of each of `count` rows with each of `otherCount` (a multiple of 4), row by row. All have
 * `size` numbers, a multiple of 4.
 */
export function dotsOfAll(rows: usize, count: u32, others: usize, otherCount: u32, size: u32, out: usize): void {
  const bytes = (<usize>size) << 2;
  for (let i: u32 = 0; i < count; i++, rows += bytes) {
    for (let j: u32 = 0; j < otherCount; j += 4, out += 16) {
      v128.store(out, dotsOf4(rows, others + <usize>j * bytes, size));
    }
  }
}

/** Sum of squared differences, added in the order of `dotFloats`. */
export function squaredDistanceFloats(a: usize, b: usize, size: u32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + ((<usize>size) << 2);
  const endOf16 = a + ((<usize>(size & ~15)) << 2);
  while (a < endOf16) {
    s0 = f32x4.add(s0, square(f32x4.sub(v128.load(a), v128.load(b))));
    s1 = f32x4.add(s1, square(f32x4.sub(v128.load(a, 16), v128.load(b, 16))));
    s2 = f32x4.add(s2, square(f32x4.sub(v128.load(a, 32), v128.load(b, 32))));
    s3 = f32x4.add(s3, square(f32x4.sub(v128.load(a, 48), v128.load(b, 48))));
    a += 64;
    b += 64;
  }
  while (a < end) {
    s0 = f32x4.add(s0, square(f32x4.sub(v128.load(a), v128.load(b))));
    a += 16;
    b += 16;
  }
  return sumFloatLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

// @ts-ignore: decorators are AssemblyScript's
@inline function square(a: v128): v128 {
  return f32x4.mul(a, a);
}
