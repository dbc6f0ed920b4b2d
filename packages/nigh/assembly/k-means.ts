/**
 * The assignment step of k-means, with the result of comparing each row with each centroid in float32. As in exact search, a centroid
 * is compared in float32 only when an estimate by codes cannot rule it out (docs/exact-search.md).
 *
 * Where there is room for a lower bound of each row's distance to each centroid, not even codes are looked at when that bound, less what the
 * centroid has moved since, is above the distance to the row's own centroid (Elkan 2003, "Using the triangle inequality to
 * accelerate k-means"). From the third step on that leaves 10 to 40% of the pairs.
 */
import { codesOf, floatsOf, Layout, List, numberAt, tableAt } from "./blocks";
import { centroidAt, centroidCodes, Clusters, encodeCentroids } from "./clusters";
import { squaredDistanceFloats } from "./float-distance";

/** A row's centroid before the first step. */
// @ts-ignore: decorators are AssemblyScript's
@inline const NONE: u32 = u32.MAX_VALUE;

/** Outweighs what underflows in squares, and in distances. */
// @ts-ignore: decorators are AssemblyScript's
@inline const TINY_SQUARE: f32 = 1e-36;
// @ts-ignore: decorators are AssemblyScript's
@inline const TINY: f32 = 1e-18;
// @ts-ignore: decorators are AssemblyScript's
@inline const ROUND_DOWN: f32 = 0.999999;

/** Begins a step with the centroids as they are now. */
export function beginStep(layout: Layout, clusters: Clusters): void {
  encodeCentroids(layout, clusters);
  memory.fill(clusters.sums, 0, (<usize>clusters.k * layout.size) << 3);
  memory.fill(clusters.counts, 0, (<usize>clusters.k) << 2);
}

/**
 * Finds the nearest centroid of each row of block `b`, of equally near ones the first, and adds up the rows of each. A call for each
 * block, because an engine goes on with slow code until a call ends.
 *
 * @param first that there are no labels and bounds yet.
 * @returns how many rows have another centroid than before.
 */
export function assignBlock(layout: Layout, list: List, clusters: Clusters, b: u32, first: bool): u32 {
  const block = tableAt(list.blocks, b);
  const start = b * layout.rows;
  const rows = min(layout.rows, list.count - start);
  let changed: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const i = start + row;
    const before = first ? NONE : <u32>tableAt(clusters.labels, i);
    const label = assignRow(layout, block, row, clusters, i, before);
    if (label != before) changed++;
    addRow(layout, floatsOf(layout, block, row), clusters, label);
  }
  return changed;
}

/** @returns the row's centroid, also written to its label. */
function assignRow(layout: Layout, block: usize, row: u32, clusters: Clusters, i: u32, before: u32): u32 {
  const floats = floatsOf(layout, block, row);
  const bounds: usize = clusters.bounds == 0 ? 0 : clusters.bounds + ((<usize>i * clusters.padded) << 2);
  let distance: f32 = before == NONE ? Infinity : distanceTo(layout, floats, clusters, before);
  let label = before;
  const own = distance;
  const count =
    bounds == 0 || before == NONE
      ? chooseAll(clusters, bounds)
      : chooseNear(clusters, bounds, Mathf.sqrt(distance) * (1 + 2 * layout.epsilon) + TINY);
  if (count > 0) {
    let high = min(distance, estimate(layout, block, row, clusters, count, bounds));
    for (let c: u32 = 0; c < count; c++) {
      if (load<f32>(clusters.lows + ((<usize>c) << 2)) > high) continue;
      const j = <u32>tableAt(clusters.chosen, c);
      if (j == before) continue;
      const other = distanceTo(layout, floats, clusters, j);
      if (bounds != 0) keepBound(layout, bounds, j, other);
      if (label == NONE || other < distance || (other == distance && j < label)) {
        label = j;
        distance = other;
        high = min(high, other);
      }
    }
    if (bounds != 0 && label != before) {
      if (before != NONE) keepBound(layout, bounds, before, own);
      // So that a row's own centroid is never among the chosen.
      store<f32>(bounds + ((<usize>label) << 2), Infinity);
    }
  }
  store<u32>(clusters.labels + ((<usize>i) << 2), label);
  store<f32>(clusters.distances + ((<usize>i) << 2), distance);
  return label;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function distanceTo(layout: Layout, floats: usize, clusters: Clusters, j: u32): f32 {
  const distance = squaredDistanceFloats(floats, centroidAt(layout, clusters, j), layout.size);
  return distance < Infinity ? distance : Infinity;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function keepBound(layout: Layout, bounds: usize, j: u32, distance: f32): void {
  store<f32>(bounds + ((<usize>j) << 2), Mathf.sqrt(distance) * (1 - 2 * layout.epsilon) - TINY);
}

function chooseAll(clusters: Clusters, bounds: usize): u32 {
  for (let j: u32 = 0; j < clusters.padded; j++) {
    store<u32>(clusters.chosen + ((<usize>j) << 2), j);
    if (bounds != 0) store<f32>(bounds + ((<usize>j) << 2), Infinity);
  }
  return clusters.k;
}

/** For each set of four lanes: which bytes move the lanes of the set to the front. */
const FRONT: usize = memory.data<u8>([
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3,
  8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/**
 * Chooses the centroids that could be within `reach`, and lowers the bounds by what the centroids moved. Without branches: which ones
 * are near cannot be predicted.
 */
function chooseNear(clusters: Clusters, bounds: usize, reach: f32): u32 {
  const limit = f32x4.splat(reach);
  const down = f32x4.splat(ROUND_DOWN);
  const zero = f32x4.splat(0);
  const moves = clusters.moves;
  const end = (<usize>clusters.padded) << 2;
  let numbers = i32x4(0, 1, 2, 3);
  let chosen = clusters.chosen;
  for (let at: usize = 0; at < end; at += 16) {
    const moved = f32x4.mul(f32x4.sub(v128.load(bounds + at), v128.load(moves + at)), down);
    // Zero where it is negative or NaN.
    const bound = f32x4.pmax(zero, moved);
    v128.store(bounds + at, bound);
    const near = ~i32x4.bitmask(f32x4.gt(bound, limit)) & 15;
    v128.store(chosen, i8x16.swizzle(numbers, v128.load(FRONT + ((<usize>near) << 4))));
    chosen += (<usize>popcnt(near)) << 2;
    numbers = i32x4.add(numbers, i32x4.splat(4));
  }
  return <u32>((chosen - clusters.chosen) >> 2);
}

/**
 * Writes lower bounds of the squared distances to the chosen centroids to `lows`, and of distances to `bounds` unless that is 0.
 *
 * @returns a squared distance that at least one of them is within.
 */
function estimate(layout: Layout, block: usize, row: u32, clusters: Clusters, count: u32, bounds: usize): f32 {
  const stage = layout.full;
  const codes = codesOf(stage, block, row);
  const norm = numberAt(block, layout.norms, row);
  const scale = f32x4.splat(numberAt(block, stage.scales, row));
  const square = f32x4.splat(norm * norm);
  const norms = f32x4.splat(norm);
  const rests = f32x4.splat(numberAt(block, stage.rests, row));
  const longest = norm + clusters.longest;
  const slack = f32x4.splat(4 * layout.epsilon * longest * longest + TINY_SQUARE);
  const query = ASC_FEATURE_RELAXED_SIMD ? codes : clusters.query;
  const excess = i32x4.splat(
    ASC_FEATURE_RELAXED_SIMD
      ? 64 * load<i32>(block + stage.sums + ((<usize>row) << 2))
      : openRow(codes, stage.size, query),
  );
  let highs = f32x4.splat(Infinity);
  for (let c: u32 = 0; c < count; c += 4) {
    const last = count - 1;
    const j0 = <u32>tableAt(clusters.chosen, c);
    const j1 = <u32>tableAt(clusters.chosen, min(c + 1, last));
    const j2 = <u32>tableAt(clusters.chosen, min(c + 2, last));
    const j3 = <u32>tableAt(clusters.chosen, min(c + 3, last));
    const raw = productsWith4(
      query,
      stage.size,
      centroidCodes(layout, clusters, j0),
      centroidCodes(layout, clusters, j1),
      centroidCodes(layout, clusters, j2),
      centroidCodes(layout, clusters, j3),
    );
    const products = i32x4.sub(raw, excess);
    const t0 = v128.load(clusters.terms + ((<usize>j0) << 4));
    const t1 = v128.load(clusters.terms + ((<usize>j1) << 4));
    const t2 = v128.load(clusters.terms + ((<usize>j2) << 4));
    const t3 = v128.load(clusters.terms + ((<usize>j3) << 4));
    const a = v128.shuffle<i32>(t0, t1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(t2, t3, 0, 4, 1, 5);
    const d = v128.shuffle<i32>(t0, t1, 2, 6, 3, 7);
    const e = v128.shuffle<i32>(t2, t3, 2, 6, 3, 7);
    const factors = v128.shuffle<i32>(a, b, 0, 1, 4, 5);
    const squares = v128.shuffle<i32>(a, b, 2, 3, 6, 7);
    const twoNorms = v128.shuffle<i32>(d, e, 0, 1, 4, 5);
    const twoRests = v128.shuffle<i32>(d, e, 2, 3, 6, 7);
    const twice = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), factors), scale);
    const middle = f32x4.sub(f32x4.add(square, squares), twice);
    const error = f32x4.add(f32x4.add(f32x4.mul(rests, twoNorms), f32x4.mul(norms, twoRests)), slack);
    const low = f32x4.sub(middle, error);
    // Of NaN nothing is known.
    highs = f32x4.pmin(highs, f32x4.add(middle, error));
    v128.store(clusters.lows + ((<usize>c) << 2), low);
    if (bounds != 0) {
      const roots = f32x4.mul(f32x4.sqrt(f32x4.pmax(f32x4.splat(0), low)), f32x4.splat(ROUND_DOWN));
      v128.store32_lane(bounds + ((<usize>j0) << 2), roots, 0);
      v128.store32_lane(bounds + ((<usize>j1) << 2), roots, 1);
      v128.store32_lane(bounds + ((<usize>j2) << 2), roots, 2);
      v128.store32_lane(bounds + ((<usize>j3) << 2), roots, 3);
    }
  }
  return min(
    min(f32x4.extract_lane(highs, 0), f32x4.extract_lane(highs, 1)),
    min(f32x4.extract_lane(highs, 2), f32x4.extract_lane(highs, 3)),
  );
}

/** Raw products of a row, as `openRow` gives its address, with 4 centroids, one in each lane. */
// @ts-ignore: decorators are AssemblyScript's
@inline function productsWith4(row: usize, size: usize, c0: usize, c1: usize, c2: usize, c3: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let i: usize = 0; i < size; i += 16) {
    const even = ASC_FEATURE_RELAXED_SIMD ? v128.load(row + ((i & ~63) << 2) + (i & 63)) : v128.load(row + 2 * i);
    const odd = ASC_FEATURE_RELAXED_SIMD ? even : v128.load(row + 2 * i, 16);
    s0 = multiply(even, odd, c0 + i, s0);
    s1 = multiply(even, odd, c1 + i, s1);
    s2 = multiply(even, odd, c2 + i, s2);
    s3 = multiply(even, odd, c3 + i, s3);
  }
  return sumOf4(s0, s1, s2, s3);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function multiply(even: v128, odd: v128, codes: usize, sum: v128): v128 {
  const v = v128.load(codes);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(even, v, sum);
  return i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(even, v), i32x4.dot_i16x8_s(odd, i16x8.shr_s(v, 8))));
}

/**
 * Makes a query of a row's codes, both as codes.ts describes them; with relaxed SIMD the row stays as it is.
 *
 * @returns what raw products are more than products.
 */
function openRow(codes: usize, size: u32, query: usize): i32 {
  let sums = i32x4.splat(0);
  for (let i: usize = 0; i < <usize>size; i += 16) {
    const v = v128.load(codes + ((i & ~63) << 2) + (i & 63));
    const even = i16x8.sub(v128.and(v, i16x8.splat(0xff)), i16x8.splat(128));
    v128.store(query + 2 * i, even);
    v128.store(query + 2 * i, i16x8.sub(i16x8.shr_s(v, 8), i16x8.shl(even, 8)), 16);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(even));
  }
  return 128 * sumLanes(sums);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function sumOf4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

// @ts-ignore: decorators are AssemblyScript's
@inline function sumLanes(s: v128): i32 {
  return (
    i32x4.extract_lane(s, 0) + i32x4.extract_lane(s, 1) + i32x4.extract_lane(s, 2) + i32x4.extract_lane(s, 3)
  );
}

function addRow(layout: Layout, floats: usize, clusters: Clusters, label: u32): void {
  let sum = clusters.sums + ((<usize>label * layout.size) << 3);
  const end = floats + ((<usize>layout.size) << 2);
  while (floats < end) {
    const x = v128.load(floats);
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.promote_low_f32x4(x)));
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 0, 1));
    v128.store(sum, f64x2.add(v128.load(sum, 16), high), 16);
    floats += 16;
    sum += 32;
  }
  const count = clusters.counts + ((<usize>label) << 2);
  store<u32>(count, load<u32>(count) + 1);
}

/** Lowers each of `distances` (float32) to the squared distance of its row, given by its address, to `target` if that is less. */
export function lowerDistances(size: u32, rows: usize, count: u32, target: usize, distances: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = distances + ((<usize>i) << 2);
    store<f32>(at, min(load<f32>(at), squaredDistanceFloats(tableAt(rows, i), target, size)));
  }
}
