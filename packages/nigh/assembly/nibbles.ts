/**
 * Codes of 4 bits: a row of floats as numbers from -7 to 7 with one scale, half the memory of int8 codes. A walk through a graph looks at
 * rows all over memory, so bytes cost it more than precision is worth.
 *
 * Rows of few numbers, which are short anyway, have two planes of codes: the second has 15ths of the first one's scale and holds what the
 * first left out. They are multiplied as rows of twice the length, with a query whose second half is a 15th of the first.
 *
 * 32 numbers are in 16 bytes: 8 int16 lanes v of 4 digits each, v = (a + 8) + 16 (b + 8) + 256 (c + 8) + 4096 d, of which lane j
 * has the numbers j, 8 + j, 16 + j and 24 + j. For query numbers p, q, r, s at those places,
 *
 *     a p + b q + c r + d s = v p + (v >> 4) (q - 16 p) + (v >> 8) (r - 16 q) + (v >> 12) (s - 16 r) - 8 (p + q + r)
 *
 * so no digit has to be taken out. With relaxed SIMD, digits are taken out as bytes, all 8 too high, and 16 are multiplied at once.
 */
import { peakOf } from "./codes";
import { sumFloatLanes, sumLanes, sumOf4 } from "./lanes";
import { roundedOf, rounding } from "./rounding";

/** Bytes of a query for each number. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const NIBBLE_QUERY_WIDTH: u32 = ASC_FEATURE_RELAXED_SIMD ? 1 : 2;

/** Query numbers go from -NIBBLE_QUERY_MAX to NIBBLE_QUERY_MAX: 17 times that is an int16. */
// @ts-ignore: decorators are AssemblyScript's
@inline const NIBBLE_QUERY_MAX: f32 = ASC_FEATURE_RELAXED_SIMD ? 127 : 1900;

// @ts-ignore: decorators are AssemblyScript's
@inline const SHORTEST: f32 = 1e-30;
// @ts-ignore: decorators are AssemblyScript's
@inline const LONGEST: f32 = 1e18;

/** The best step of 15 equal ones for normal numbers, of their standard deviation (Max 1960, table 2: 0.3352 for 16, 0.3534 for 15). */
// @ts-ignore: decorators are AssemblyScript's
@inline const STEP: f32 = 0.3534;

/** Half a level of the second plane, in levels of the first, and what rounding adds to it. */
// @ts-ignore: decorators are AssemblyScript's
@inline const HALF_A_15TH: f64 = 0.5 / 15 + 1e-5;

/** Levels of the second plane in one of the first. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const FINER: f32 = 15;

/** What is known of a row and its codes. */
@unmanaged
export class NibbleFacts {
  /** Numbers per code of the first plane; NaN where there are no codes for them. */
  scale: f32;
  /** Length of what the codes leave out, at most; NaN where the row is to be compared as floats. */
  rest: f32;
}

/**
 * Writes the codes of `count` numbers, `size` / 2 bytes a plane, zeros for what is missing.
 *
 * @param norm length of the row, rounded up. @param count a multiple of 16. @param size a multiple of 64. @param planes 1 or 2.
 * @param room has 2 * `size` bytes for the time of the call; not used for one plane.
 */
export function encodeNibbles(
  floats: usize,
  norm: f32,
  count: u32,
  size: u32,
  planes: u32,
  codes: usize,
  room: usize,
  facts: NibbleFacts,
): void {
  const peak = peakOf(floats, count);
  if (!(peak >= SHORTEST && peak <= LONGEST)) {
    packZeros(0, planes * size, codes);
    facts.scale = peak > 0 ? f32.NaN : 0;
    facts.rest = peak == 0 ? 0 : f32.NaN;
    return;
  }
  const lost = roundingLoss(count) * <f64>norm;
  if (planes == 2) {
    memory.fill(room, 0, size << 1);
    roundTwice(floats, count, 7 / peak, room, room + size);
    pack(room, size << 1, codes);
    facts.scale = peak / 7;
    // A number's second code is off by half a 15th at most, also where it was cut at 7.
    facts.rest = <f32>(<f64>facts.scale * HALF_A_15TH * Math.sqrt(<f64>count) + lost);
  } else {
    // Steps of a third of the usual size of a number lose least of normal ones; they need not go beyond the peak.
    const usual = norm / <f32>Math.sqrt(<f64>count);
    roundAll(floats, count, norm, max(<f32>1 / (STEP * usual), <f32>7 / peak), size, codes, facts);
    facts.rest = <f32>(<f64>facts.rest + lost);
  }
  // Squares of longer ones may overflow.
  if (!(norm <= LONGEST)) facts.rest = f32.NaN;
}

/** Share of a row's length by which sums of `count` products in float32 can be off, with some to spare (docs/exact-search.md). */
// @ts-ignore: decorators are AssemblyScript's
@inline export function roundingLoss(count: u32): f64 {
  return (<f64>count + 64) / 16777216;
}

/** Writes int8 numbers of at most 7, and what they leave out in units of a 15th. */
function roundTwice(floats: usize, count: u32, unit: f32, numbers: usize, rest: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f32>(floats + ((<usize>i) << 2)) * unit;
    const code = nearest<f32>(x);
    store<i8>(numbers + i, <i8>code);
    store<i8>(rest + i, <i8>max(min(nearest<f32>((x - code) * FINER), 7), -7));
  }
}

/** Codes of 32 zeros. */
// @ts-ignore: decorators are AssemblyScript's
@inline function zeros(): v128 {
  return i16x8.splat(<i16>(ASC_FEATURE_RELAXED_SIMD ? 0x8888 : 0x0888));
}

function packZeros(from: u32, size: u32, codes: usize): void {
  for (let i = from; i < size; i += 32) v128.store(codes + (i >> 1), zeros());
}

/** Writes codes of one plane, their least-squares scale and what they leave out with it, but for rounding. */
function roundAll(floats: usize, count: u32, norm: f32, unit: f32, size: u32, codes: usize, facts: NibbleFacts): void {
  const units = f32x4.splat(unit);
  let products = f32x4.splat(0);
  let squares = f32x4.splat(0);
  for (let i: u32 = 0; i < count; i += 32) {
    const end = min(32, count - i);
    // Numbers of lane j, and of lane 4 + j: only the lower halves count.
    let low = i32x4.splat(0);
    let high = low;
    for (let j: u32 = 0; j < end; j += 8, floats += 32) {
      const x = f32x4.mul(v128.load(floats), units);
      const y = f32x4.mul(v128.load(floats, 16), units);
      const u = withinSeven(x);
      const v = withinSeven(y);
      const a = roundedOf(u);
      const b = roundedOf(v);
      products = f32x4.add(f32x4.add(products, f32x4.mul(x, a)), f32x4.mul(y, b));
      squares = f32x4.add(f32x4.add(squares, f32x4.mul(a, a)), f32x4.mul(b, b));
      low = i32x4.add(low, i32x4.shl(u, j >> 1));
      high = i32x4.add(high, i32x4.shl(v, j >> 1));
    }
    const digits = v128.shuffle<i16>(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
    v128.store(codes + (i >> 1), i16x8.add(zeros(), digits));
  }
  packZeros((count + 31) & ~31, size, codes);
  const product = sumFloatLanes(products);
  const square = sumFloatLanes(squares);
  facts.scale = product / square / unit;
  // By Pythagoras: least squares leave out what is perpendicular to the codes.
  const whole = <f64>norm * <f64>norm;
  const coded = (<f64>product * <f64>product) / <f64>square / (<f64>unit * <f64>unit);
  facts.rest = <f32>Math.sqrt(max(0, whole - coded) + roundingLoss(count) * whole);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function withinSeven(x: v128): v128 {
  return rounding(f32x4.pmax(f32x4.splat(-7), f32x4.pmin(f32x4.splat(7), x)));
}

function pack(numbers: usize, size: u32, codes: usize): void {
  for (let i: usize = 0; i < <usize>size; i += 32) {
    const at = numbers + i;
    const low = i16x8.add(v128.load_ext<i8>(at), i16x8.shl(v128.load_ext<i8>(at, 8), 4));
    const high = i16x8.add(i16x8.shl(v128.load_ext<i8>(at, 16), 8), i16x8.shl(v128.load_ext<i8>(at, 24), 12));
    v128.store(codes + (i >> 1), i16x8.add(zeros(), i16x8.add(low, high)));
  }
}

/** A query of floats. */
@unmanaged
export class NibbleQuery {
  codes: usize;
  /** Taken from each raw product. */
  offset: i32;
  /** Numbers per query number; NaN where there are none for them. */
  scale: f32;
}

/** Length of what a query's numbers of one plane leave out of its `count`, at most: half a number of each. */
export function queryRest(scale: f32, count: u32): f32 {
  return <f32>(0.5005 * <f64>scale * Math.sqrt(<f64>count));
}

/**
 * With two planes: what a query's numbers leave out counts so many times the row's rest, besides once the row's length
 * (docs/exact-search.md).
 */
// @ts-ignore: decorators are AssemblyScript's
@inline export const restsOfTwoPlanes: f32 = 240;

/** @param room has 2 * `planes` * `size` bytes for the time of the call. */
export function encodeNibbleQuery(
  floats: usize,
  count: u32,
  size: u32,
  planes: u32,
  query: NibbleQuery,
  room: usize,
): void {
  const peak = peakOf(floats, count);
  const unit = NIBBLE_QUERY_MAX / peak;
  const none = peak < SHORTEST || peak > LONGEST;
  query.scale = none ? (peak > 0 ? f32.NaN : 0) : 1 / unit;
  memory.fill(room, 0, (planes * size) << 1);
  scaleQuery(floats, count, none ? 0 : unit, room);
  if (planes == 2) scaleQuery(floats, count, none ? 0 : unit / FINER, room + (size << 1));
  let sums = i32x4.splat(0);
  let out = query.codes;
  for (let i: usize = 0; i < <usize>(planes * size); i += 32) {
    const at = room + (i << 1);
    sums = i32x4.add(sums, put(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), out));
    out += 32 * NIBBLE_QUERY_WIDTH;
  }
  query.offset = 8 * sumLanes(sums);
}

/** Writes int16 numbers. */
function scaleQuery(floats: usize, count: u32, unit: f32, out: usize): void {
  const units = f32x4.splat(unit);
  for (let i: u32 = 0; i < count; i += 4) {
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(floats + ((<usize>i) << 2)), units)));
    v128.store64_lane(out + ((<usize>i) << 1), i16x8.narrow_i32x4_s(whole, whole), 0);
  }
}

/**
 * A row's own codes as a query. With two planes its numbers are 15ths, so that a product is 15 times what it would be.
 */
export function fromNibbles(codes: usize, size: u32, planes: u32, query: NibbleQuery): void {
  const finer = i16x8.splat(<i16>FINER);
  const bytes = (<usize>size) >> 1;
  let sums = i32x4.splat(0);
  let out = query.codes;
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(codes + i);
    if (planes == 1) {
      sums = i32x4.add(sums, put(digit(v, 0), digit(v, 4), digit(v, 8), digit(v, 12), out));
    } else {
      const w = v128.load(codes + bytes + i);
      sums = i32x4.add(
        sums,
        put(
          i16x8.add(i16x8.mul(digit(v, 0), finer), digit(w, 0)),
          i16x8.add(i16x8.mul(digit(v, 4), finer), digit(w, 4)),
          i16x8.add(i16x8.mul(digit(v, 8), finer), digit(w, 8)),
          i16x8.add(i16x8.mul(digit(v, 12), finer), digit(w, 12)),
          out,
        ),
      );
      // A 15th of these is the first plane, near enough.
      const second = out + bytes * 2 * NIBBLE_QUERY_WIDTH;
      sums = i32x4.add(sums, put(digit(v, 0), digit(v, 4), digit(v, 8), digit(v, 12), second));
    }
    out += 32 * NIBBLE_QUERY_WIDTH;
  }
  query.offset = 8 * sumLanes(sums);
}

/** The numbers at one of the four places of each lane. */
// @ts-ignore: decorators are AssemblyScript's
@inline function digit(v: v128, shift: i32): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD && shift == 12) return i16x8.shr_s(v, 12);
  return i16x8.sub(v128.and(i16x8.shr_u(v, shift), i16x8.splat(15)), i16x8.splat(8));
}

/** Writes the query's form of 32 numbers. @returns sums of those whose codes are 8 too high. */
// @ts-ignore: decorators are AssemblyScript's
@inline function put(p: v128, q: v128, r: v128, s: v128, out: usize): v128 {
  const ones = i16x8.splat(1);
  if (ASC_FEATURE_RELAXED_SIMD) {
    // Bytes 2 j and 2 j + 1 are lane j's: of the low digits p and r, of the high ones q and s.
    const low = i8x16.narrow_i16x8_s(p, r);
    const high = i8x16.narrow_i16x8_s(q, s);
    v128.store(out, v128.shuffle<i8>(low, low, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    v128.store(out, v128.shuffle<i8>(high, high, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    return i32x4.dot_i16x8_s(i16x8.add(i16x8.add(p, q), i16x8.add(r, s)), ones);
  }
  v128.store(out, p);
  v128.store(out, i16x8.sub(q, i16x8.shl(p, 4)), 16);
  v128.store(out, i16x8.sub(r, i16x8.shl(q, 4)), 32);
  v128.store(out, i16x8.sub(s, i16x8.shl(r, 4)), 48);
  return i32x4.dot_i16x8_s(i16x8.add(i16x8.add(p, q), r), ones);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function multiply(codes: usize, a: v128, b: v128, c: v128, d: v128, sum: v128): v128 {
  const v = v128.load(codes);
  if (ASC_FEATURE_RELAXED_SIMD) {
    const low = v128.and(v, i8x16.splat(15));
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(
      b,
      i8x16.shr_u(v, 4),
      i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, sum),
    );
  }
  const low = i32x4.add(i32x4.dot_i16x8_s(a, v), i32x4.dot_i16x8_s(b, i16x8.shr_s(v, 4)));
  const high = i32x4.add(i32x4.dot_i16x8_s(c, i16x8.shr_s(v, 8)), i32x4.dot_i16x8_s(d, i16x8.shr_s(v, 12)));
  return i32x4.add(sum, i32x4.add(low, high));
}

/** Products of the codes of 4 rows with a query, one in each lane. */
// @ts-ignore: decorators are AssemblyScript's
@inline export function nibbleProductsOf4(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  query: NibbleQuery,
  size: usize,
): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let at = query.codes;
  for (let i: usize = 0; i < size >> 1; i += 16) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = ASC_FEATURE_RELAXED_SIMD ? a : v128.load(at, 32);
    const d = ASC_FEATURE_RELAXED_SIMD ? b : v128.load(at, 48);
    s0 = multiply(row0 + i, a, b, c, d, s0);
    s1 = multiply(row1 + i, a, b, c, d, s1);
    s2 = multiply(row2 + i, a, b, c, d, s2);
    s3 = multiply(row3 + i, a, b, c, d, s3);
    at += 32 * NIBBLE_QUERY_WIDTH;
  }
  return i32x4.sub(sumOf4(s0, s1, s2, s3), i32x4.splat(query.offset));
}

/** Writes the products of 4 rows, whose codes lie behind each other, with a query. @param size numbers of a row in all planes. */
export function nibbleProducts(rows: usize, query: NibbleQuery, size: usize, out: usize): void {
  const bytes = size >> 1;
  v128.store(out, nibbleProductsOf4(rows, rows + bytes, rows + 2 * bytes, rows + 3 * bytes, query, size));
}
