/**
 * Codes: a row of floats as int8 numbers with one scale, and their products with a query.
 *
 * A row x is x^ + r with x^ = scale * codes, the codes between -127 and 127, and `scale` the least-squares one. A query is
 * treated the same way.
 *
 * WebAssembly multiplies 8 pairs of int16 in one instruction, and widening int8 to int16 costs another. Here 16 codes are read as 8
 * int16 without widening: v = low + 256 * high, with the low code stored as code + 128. For a query with even numbers e and odd
 * numbers o, the sum of v * e + (v >> 8) * (o - 256 * e) - 128 * e is the product, exactly, modulo 2^32. With relaxed SIMD one
 * instruction multiplies 16 int8 codes by 7-bit numbers, stored as number + 64; the sum of the codes takes the 64 out again.
 */
import { codesOf, Stage } from "./blocks";
import { sumFloatLanes, sumLanes, sumOf4 } from "./lanes";
import { integersOf, roundedOf, rounding } from "./rounding";

/** Query numbers go from -QUERY_MAX to QUERY_MAX. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const QUERY_MAX: f32 = ASC_FEATURE_RELAXED_SIMD ? 63 : 127;

/** Bytes of a query for each code. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const QUERY_WIDTH: u32 = ASC_FEATURE_RELAXED_SIMD ? 1 : 2;

/** What is known of numbers and their codes. */
@unmanaged
export class Facts {
  /** Numbers per code; NaN where there are no codes for them. */
  scale: f32;
  /** Length of what the codes leave out, rounded up. */
  rest: f32;
  /** Length of the numbers, rounded up. */
  norm: f32;
  /** Sum of the codes; of a query, what is taken from each raw product (not in relaxed SIMD, where 64 times a row's sum is). */
  sum: i32;
}

/** Longer rows' squares would come near the end of float32. */
// @ts-ignore: decorators are AssemblyScript's
@inline const LONGEST: f64 = 1e18;
/** Scales of shorter rows would be denormal. */
// @ts-ignore: decorators are AssemblyScript's
@inline const SHORTEST: f32 = 1e-30;
// @ts-ignore: decorators are AssemblyScript's
@inline const ROUND_UP: f64 = 1.0000005;

/**
 * Encodes `count` numbers (a multiple of 16, at most `stage.size`) as row `row` of a block at `base`.
 *
 * @param room has `stage.size` bytes for the time of the call.
 * @param facts receives scale, rest, norm and sum as well.
 */
export function encodeRow(floats: usize, count: u32, stage: Stage, base: usize, row: u32, room: usize, facts: Facts): void {
  quantize(floats, count, room, stage.size, 127, facts);
  const at = base + ((<usize>row) << 2);
  store<f32>(at + stage.scales, facts.scale);
  store<f32>(at + stage.rests, facts.rest);
  store<i32>(at + stage.sums, facts.sum);
  let codes = codesOf(stage, base, row);
  const bias = ASC_FEATURE_RELAXED_SIMD ? i16x8.splat(0) : i16x8.splat(0x80);
  for (let i: u32 = 0; i < stage.size; i += 64) {
    for (let j: u32 = 0; j < 64; j += 16) {
      v128.store(codes + j, v128.xor(v128.load(room + i + j), bias));
    }
    codes += 256;
  }
}

/**
 * @param count numbers, a multiple of 16, at most `size`.
 * @param query receives QUERY_WIDTH * `size` bytes. @param room has `size` bytes for the time of the call.
 */
export function encodeQuery(floats: usize, count: u32, size: u32, query: usize, room: usize, facts: Facts): void {
  quantize(floats, count, room, size, QUERY_MAX, facts);
  let sumOfEven: i32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const number = <i32>load<i8>(room + i);
    if (ASC_FEATURE_RELAXED_SIMD) {
      store<u8>(query + i, <u8>(number + 64));
    } else if ((i & 1) == 0) {
      const odd = <i32>load<i8>(room + i + 1);
      const pair = query + (((<usize>i) & ~15) << 1) + (<usize>i & 15);
      store<i16>(pair, <i16>number);
      store<i16>(pair, <i16>(odd - 256 * number), 16);
      sumOfEven += number;
    }
  }
  if (!ASC_FEATURE_RELAXED_SIMD) facts.sum = 128 * sumOfEven;
}

/** Writes `size` int8 numbers of at most `max`, zeros behind the first `count`, which is a multiple of 16. */
export function quantize(floats: usize, count: u32, numbers: usize, size: u32, max: f32, facts: Facts): void {
  memory.fill(numbers + count, 0, size - count);
  const norm = Math.sqrt(squareOf(floats, count));
  const peak = peakOf(floats, count);
  facts.norm = roundedUp(norm);
  facts.sum = 0;
  if (!(peak >= SHORTEST && norm <= LONGEST)) {
    memory.fill(numbers, 0, count);
    // A row of zeros is its codes.
    facts.scale = norm == 0 ? 0 : f32.NaN;
    facts.rest = facts.scale;
    return;
  }
  // In units of codes, so that nothing underflows.
  const unit = max / peak;
  const units = f32x4.splat(unit);
  let products = f32x4.splat(0);
  let codeSquares = f32x4.splat(0);
  let rests = f32x4.splat(0);
  let sums = i32x4.splat(0);
  for (let i: u32 = 0; i < count; i += 16) {
    const at = floats + ((<usize>i) << 2);
    let words = i16x8.splat(0);
    let high = words;
    for (let j: usize = 0; j < 2; j++) {
      const x = f32x4.mul(v128.load(at + (j << 5)), units);
      const y = f32x4.mul(v128.load(at + (j << 5), 16), units);
      const u = rounding(x);
      const v = rounding(y);
      const c = roundedOf(u);
      const d = roundedOf(v);
      products = f32x4.add(products, f32x4.add(f32x4.mul(x, c), f32x4.mul(y, d)));
      codeSquares = f32x4.add(codeSquares, f32x4.add(f32x4.mul(c, c), f32x4.mul(d, d)));
      const r = f32x4.sub(x, c);
      const t = f32x4.sub(y, d);
      rests = f32x4.add(rests, f32x4.add(f32x4.mul(r, r), f32x4.mul(t, t)));
      words = high;
      high = i16x8.narrow_i32x4_s(integersOf(u), integersOf(v));
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(high));
    }
    v128.store(numbers + i, i8x16.narrow_i16x8_s(words, high));
  }
  facts.sum = sumLanes(sums);
  facts.scale = sumFloatLanes(products) / sumFloatLanes(codeSquares) / unit;
  // What the least-squares scale leaves out is at most what the scale 1 / unit does, which was summed. float32 loses less than 2^-20 of
  // the numbers' length and, in the sum, 2^-10 of itself.
  facts.rest = <f32>((Math.sqrt(<f64>sumFloatLanes(rests)) * 1.001) / <f64>unit + norm * 1e-6);
}

/** Length of `count` numbers, as `Facts.norm` is; not finite when a number is not. */
export function normOf(floats: usize, count: u32): f32 {
  return roundedUp(Math.sqrt(squareOf(floats, count)));
}

// @ts-ignore: decorators are AssemblyScript's
@inline function roundedUp(norm: f64): f32 {
  return <f32>(norm * ROUND_UP);
}

/** Sum of the squares, in float64; not finite when a number is not. */
function squareOf(floats: usize, count: u32): f64 {
  let even = f64x2.splat(0);
  let odd = even;
  for (let i: u32 = 0; i < count; i += 4) {
    const x = v128.load(floats + ((<usize>i) << 2));
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 0, 1));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  const sum = f64x2.add(even, odd);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Largest absolute number of a multiple of 4; NaN where one is. Floats that are not negative are in the order of their bits. */
export function peakOf(floats: usize, count: u32): f32 {
  let largest = i32x4.splat(0);
  for (let i: u32 = 0; i < count; i += 4) {
    largest = i32x4.max_s(largest, f32x4.abs(v128.load(floats + ((<usize>i) << 2))));
  }
  const pairs = i32x4.max_s(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
  return reinterpret<f32>(max(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1)));
}

/** Adds the products of 16 codes with a query's numbers, in 4 lanes that are still to be added; raw: see Facts.sum. */
// @ts-ignore: decorators are AssemblyScript's
@inline function multiply(codes: usize, even: v128, odd: v128, sum: v128): v128 {
  const v = v128.load(codes);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(v, even, sum);
  return i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(even, v), i32x4.dot_i16x8_s(odd, i16x8.shr_s(v, 8))));
}

/** Raw products of 4 rows with a query, one in each lane; addresses as `codesOf` gives them. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function productsOf4(row0: usize, row1: usize, row2: usize, row3: usize, query: usize, size: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let i: usize = 0; i < size; i += 16) {
    const at = ((i & ~63) << 2) + (i & 63);
    const even = v128.load(query);
    const odd = ASC_FEATURE_RELAXED_SIMD ? even : v128.load(query, 16);
    s0 = multiply(row0 + at, even, odd, s0);
    s1 = multiply(row1 + at, even, odd, s1);
    s2 = multiply(row2 + at, even, odd, s2);
    s3 = multiply(row3 + at, even, odd, s3);
    query += 16 * QUERY_WIDTH;
  }
  return sumOf4(s0, s1, s2, s3);
}

/** A row's exact product from its raw one. @param sum the sum of its codes. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function exactProduct(raw: i32, facts: Facts, sum: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? raw - 64 * sum : raw - facts.sum;
}

/** Exact products from raw ones. @param sums where the sums of the 4 rows' codes are. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function exactProducts(raw: v128, facts: Facts, sums: usize): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? i32x4.sub(raw, i32x4.shl(v128.load(sums), 6))
    : i32x4.sub(raw, i32x4.splat(facts.sum));
}
