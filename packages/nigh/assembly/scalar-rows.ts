/**
 * Rows kept as 8-bit codes only, FAISS's QT_8bit: number t of a row is lowest[t] + range[t] * (code + 0.5) / 255. Their scores are
 * those of the decoded rows in float32.
 *
 * A query's product with a row is linear in the codes, so every row is estimated by an integer product with int16 weights; the rows
 * that these weights' rounding cannot rule out are decoded and compared in float32. With E an estimate's highest error and e the k-th
 * highest estimate, k rows have keys of at least e - E: a row with an estimate below e - 2 E is not among the k nearest.
 */
import { METRIC_L2, tableAt } from "./blocks";
import { dotFloats, keyOfFloats } from "./float-distance";
import { entryKey, keyAt, NearestHeap, offer, sortHeap } from "./nearest-heap";

/** An index's rows, and the query at hand. The host writes it as 32-bit numbers, in this order. */
@unmanaged
export class ScalarRows {
  /** Numbers of a row, padded with zeros to a multiple of 16; rows of a block, a multiple of 4. */
  size: u32;
  blockRows: u32;
  metric: u32;
  count: u32;
  /** Table of the blocks: for each row codes, then minus the squared length (float32, L2 only), then the ordinal. */
  blocks: usize;
  /** Float32, zeros where padded. */
  lowest: usize;
  ranges: usize;
  /** One bit for each ordinal that a search may return; 0 for all. */
  allowed: usize;
  /** The query, float32, and int16 weights: a row's estimate is the product of weights and codes * unit + base + bias. */
  query: usize;
  weights: usize;
  unit: f32;
  base: f32;
  /** Highest error of an estimate. */
  error: f32;
  /** Room for an estimate of each row, and for a decoded row. */
  estimates: usize;
  decoded: usize;
  leaders: NearestHeap;
  nearest: NearestHeap;
  /** Of a range search: results, how many there is room for. */
  found: usize;
  foundRoom: u32;
  /** Rows that the last search decoded. */
  compared: u32;
}

export function scalarRowsBytes(): u32 {
  return offsetof<ScalarRows>();
}

// @ts-ignore: decorators are AssemblyScript's
@inline function biasesOf(rows: ScalarRows, block: usize): usize {
  return block + <usize>rows.size * rows.blockRows;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function ordinalOf(rows: ScalarRows, block: usize, row: u32): u32 {
  return load<u32>(biasesOf(rows, block) + ((<usize>rows.blockRows + row) << 2));
}

/** Writes the codes of the row at `rows.query` to a place in a block, and what goes with them. */
export function encodeScalar(rows: ScalarRows, block: usize, row: u32): void {
  const codes = block + <usize>row * rows.size;
  const zero = f32x4.splat(0);
  for (let t: usize = 0; t < <usize>rows.size; t += 4) {
    const range = v128.load(rows.ranges + (t << 2));
    const above = f32x4.sub(v128.load(rows.query + (t << 2)), v128.load(rows.lowest + (t << 2)));
    const share = v128.and(f32x4.div(above, range), f32x4.ne(range, zero));
    const clipped = f32x4.min(f32x4.max(share, zero), f32x4.splat(1));
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.mul(clipped, f32x4.splat(255)));
    const words = i16x8.narrow_i32x4_s(whole, whole);
    v128.store32_lane(codes + t, i8x16.narrow_i16x8_u(words, words), 0);
  }
  completeScalar(rows, block, row);
}

/** Writes what goes with a row's codes, which are in place. */
export function completeScalar(rows: ScalarRows, block: usize, row: u32): void {
  decodeScalar(rows, block, row);
  const square: f32 = rows.metric == METRIC_L2 ? dotFloats(rows.decoded, rows.decoded, rows.size) : 0;
  store<f32>(biasesOf(rows, block) + ((<usize>row) << 2), -square);
}

/** Writes the numbers that a row's codes stand for to `rows.decoded`. */
export function decodeScalar(rows: ScalarRows, block: usize, row: u32): void {
  const codes = block + <usize>row * rows.size;
  for (let t: usize = 0; t < <usize>rows.size; t += 4) {
    const words = i16x8.extend_low_i8x16_u(v128.load32_zero(codes + t));
    const code = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(words));
    const share = f32x4.div(f32x4.add(code, f32x4.splat(0.5)), f32x4.splat(255));
    const above = f32x4.mul(v128.load(rows.ranges + (t << 2)), share);
    v128.store(rows.decoded + (t << 2), f32x4.add(v128.load(rows.lowest + (t << 2)), above));
  }
}

/** Finds the nearest rows, as many as `nearest` holds. */
export function searchScalar(rows: ScalarRows): void {
  rows.nearest.count = 0;
  rows.leaders.count = 0;
  estimateRows(rows, true);
  const leaders = rows.leaders;
  const full = leaders.count == leaders.capacity && leaders.count > 0;
  const least: f32 = full ? keyAt(leaders, 0) - 2 * rows.error : -Infinity;
  compareRows(rows, least, false);
  sortHeap(rows.nearest);
}

/** Finds every row with a key above `least`. @returns how many there are; as many as there is room for are in `found`. */
export function rangeScalar(rows: ScalarRows, least: f32): u32 {
  estimateRows(rows, false);
  return compareRows(rows, least, true);
}

function estimateRows(rows: ScalarRows, gather: bool): void {
  let out = rows.estimates;
  for (let first: u32 = 0, b: u32 = 0; first < rows.count; first += rows.blockRows, b++) {
    const block = tableAt(rows.blocks, b);
    const count = min(rows.blockRows, rows.count - first);
    const biases = biasesOf(rows, block);
    for (let r: u32 = 0; r < count; r += 4) {
      const products = f32x4.convert_i32x4_s(productsOf4(block + <usize>r * rows.size, rows.size, rows.weights));
      const estimates = f32x4.add(
        f32x4.add(f32x4.mul(products, f32x4.splat(rows.unit)), f32x4.splat(rows.base)),
        v128.load(biases + ((<usize>r) << 2)),
      );
      v128.store(out, estimates);
      if (gather && v128.any_true(f32x4.gt(estimates, f32x4.splat(entryKey(rows.leaders))))) {
        for (let i: u32 = 0; i < min(4, count - r); i++) {
          const estimate = load<f32>(out + ((<usize>i) << 2));
          if (estimate > entryKey(rows.leaders) && isAllowed(rows, block, r + i)) offer(rows.leaders, estimate, 0);
        }
      }
      out += 16;
    }
  }
}

/** Compares the rows whose key could be as high as `least`: offers them to `nearest`, or keeps those above it in `found`. */
function compareRows(rows: ScalarRows, least: f32, isRange: bool): u32 {
  const error: f32 = isRange ? rows.error : 0;
  let estimates = rows.estimates;
  let found: u32 = 0;
  rows.compared = 0;
  for (let first: u32 = 0, b: u32 = 0; first < rows.count; first += rows.blockRows, b++) {
    const block = tableAt(rows.blocks, b);
    const count = min(rows.blockRows, rows.count - first);
    for (let r: u32 = 0; r < count; r++) {
      // NaN, from numbers near the end of float32, is compared.
      if (load<f32>(estimates + ((<usize>r) << 2)) + error < least || !isAllowed(rows, block, r)) continue;
      rows.compared++;
      const key = keyOf(rows, block, r);
      const ordinal = ordinalOf(rows, block, r);
      if (!isRange) {
        offer(rows.nearest, key, ordinal);
      } else if (key > least) {
        if (found < rows.foundRoom) {
          store<f32>(rows.found + ((<usize>found) << 3), key);
          store<u32>(rows.found + ((<usize>found) << 3), ordinal, 4);
        }
        found++;
      }
    }
    estimates += ((<usize>count + 3) & ~3) << 2;
  }
  return found;
}

function keyOf(rows: ScalarRows, block: usize, row: u32): f32 {
  decodeScalar(rows, block, row);
  return keyOfFloats(rows.metric, rows.query, rows.decoded, rows.size);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function isAllowed(rows: ScalarRows, block: usize, row: u32): bool {
  if (rows.allowed == 0) return true;
  const ordinal = ordinalOf(rows, block, row);
  return (load<u8>(rows.allowed + (ordinal >> 3)) & (1 << (ordinal & 7))) != 0;
}

/** Products of 4 rows' codes with int16 weights, one in each lane. */
function productsOf4(codes: usize, size: usize, weights: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = codes + size;
  while (codes < end) {
    const low = v128.load(weights);
    const high = v128.load(weights, 16);
    s0 = multiply(codes, low, high, s0);
    s1 = multiply(codes + size, low, high, s1);
    s2 = multiply(codes + 2 * size, low, high, s2);
    s3 = multiply(codes + 3 * size, low, high, s3);
    codes += 16;
    weights += 32;
  }
  const ab = i32x4.add(v128.shuffle<i32>(s0, s1, 0, 4, 1, 5), v128.shuffle<i32>(s0, s1, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(s2, s3, 0, 4, 1, 5), v128.shuffle<i32>(s2, s3, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

// @ts-ignore: decorators are AssemblyScript's
@inline function multiply(codes: usize, low: v128, high: v128, sum: v128): v128 {
  const v = v128.load(codes);
  const a = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(v), low);
  const b = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(v), high);
  return i32x4.add(sum, i32x4.add(a, b));
}
