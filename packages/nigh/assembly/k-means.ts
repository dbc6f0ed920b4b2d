/**
 * The assignment step of k-means, with the result of comparing each row with each centroid in float32. As in exact search, a centroid
 * is compared in float32 only when an estimate by codes cannot rule it out (docs/exact-search.md).
 *
 * Where there is room for a lower bound of each row's distance to each centroid, not even codes are looked at when that bound, less what the
 * centroid has moved since, is above the distance to the row's own centroid (Elkan 2003, "Using the triangle inequality to
 * accelerate k-means"). From the third step on that leaves 10 to 40% of the pairs.
 */
import { floatsOf, Layout, List, tableAt } from "./blocks";
import { estimateChosen, ROUND_DOWN } from "./centroid-estimates";
import { centroidAt, Clusters, encodeCentroids } from "./clusters";
import { squaredDistanceFloats } from "./float-distance";

/** A row's centroid before the first step. */
// @ts-ignore: decorators are AssemblyScript's
@inline const NONE: u32 = u32.MAX_VALUE;

/** Outweighs what underflows in squares of distances. */
// @ts-ignore: decorators are AssemblyScript's
@inline const TINY: f32 = 1e-18;

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
    let high = min(distance, estimateChosen(layout, block, row, clusters, count, bounds));
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
  store<f32>(bounds + ((<usize>j) << 2), Mathf.sqrt(min(distance, f32.MAX_VALUE)) * (1 - 2 * layout.epsilon) - TINY);
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
    // Padding is never near.
    const centroids = at + 16 < end ? 15 : 15 >> (clusters.padded - clusters.k);
    const near = ~i32x4.bitmask(f32x4.gt(bound, limit)) & centroids;
    v128.store(chosen, i8x16.swizzle(numbers, v128.load(FRONT + ((<usize>near) << 4))));
    chosen += (<usize>popcnt(near)) << 2;
    numbers = i32x4.add(numbers, i32x4.splat(4));
  }
  return <u32>((chosen - clusters.chosen) >> 2);
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
