/**
 * The assignment step of k-means: which centroid is nearest to each row of a list, at the speed of int8 codes (docs/exact-search.md has
 * the bound). A centroid is compared in float32 only when its codes cannot rule it out.
 *
 * Where there is room for a lower bound of each row's distance to each centroid (Elkan 2003, "Using the triangle inequality to
 * accelerate k-means"), not even the codes are looked at when the bound, less what the centroid has moved since, is above the distance
 * to the row's own centroid.
 */
import { codesOf, floatsOf, Layout, List, numberAt, tableAt } from "./blocks";
import { encodeQuery, Facts, QUERY_WIDTH } from "./codes";
import { squaredDistanceFloats } from "./float-distance";

/** Offsets are from the start of this; arrays over centroids have `padded` entries. */
@unmanaged
export class Clusters {
  /** Centroids, and that padded to a multiple of 4. */
  k: u32;
  padded: u32;
  /** Centroids, float32, padded as rows are: written by the host. */
  floats: usize;
  /** Their codes as queries. */
  codes: usize;
  /** Terms of each centroid. */
  terms: usize;
  /** How far each centroid has moved since the last step, float32, rounded up: written by the host. */
  moves: usize;
  /** Room: the centroids that a row is compared with, u32, and lower bounds of their squared distances, float32. */
  chosen: usize;
  lows: usize;
  room: usize;
  /** Sums of each centroid's rows, float64, as long as centroids, and how many rows there are, u32. */
  sums: usize;
  counts: usize;
  /** Of each row: its centroid, u32, and the squared distance to it, float32. */
  labels: usize;
  distances: usize;
  /** Lower bounds of distances, float32 [rows x padded]; 0 when there is no room for them. */
  bounds: usize;
  /** Of the centroids' lengths. */
  longest: f32;
}

/** What an estimate needs of a centroid, read as one vector. */
@unmanaged
class Terms {
  factor: f32;
  square: f32;
  norm: f32;
  rest: f32;
}

// @ts-ignore: decorators are AssemblyScript's
@inline const ROUND_UP: f32 = 1.000001;
// @ts-ignore: decorators are AssemblyScript's
@inline const ROUND_DOWN: f32 = 0.999999;

// @ts-ignore: decorators are AssemblyScript's
@inline function aligned(bytes: usize): usize {
  return (bytes + 63) & ~63;
}

/** Bytes of {@link Clusters} with all but the bounds. */
export function clusterBytes(layout: Layout, k: u32, rows: u32): u32 {
  return <u32>layOut(changetype<Clusters>(0), layout, k, rows, 0, false);
}

/** @param bounds address of 4 * rows * (k padded to a multiple of 4) bytes, or 0. */
export function layOutClusters(at: usize, layout: Layout, k: u32, rows: u32, bounds: usize): void {
  layOut(changetype<Clusters>(at), layout, k, rows, bounds, true);
}

function layOut(clusters: Clusters, layout: Layout, k: u32, rows: u32, bounds: usize, write: bool): usize {
  const padded = (k + 3) & ~3;
  const floats = changetype<usize>(clusters) + aligned(offsetof<Clusters>());
  const codes = floats + aligned((<usize>padded * layout.size) << 2);
  const terms = codes + aligned(<usize>padded * QUERY_WIDTH * layout.full.size);
  const numbers = aligned((<usize>padded) << 2);
  const moves = terms + aligned((<usize>padded) << 4);
  const chosen = moves + numbers;
  const lows = chosen + numbers;
  const room = lows + numbers;
  const sums = room + aligned(<usize>layout.full.size + offsetof<Facts>());
  const counts = sums + aligned((<usize>padded * layout.size) << 3);
  const labels = counts + numbers;
  const distances = labels + aligned((<usize>rows) << 2);
  const end = distances + aligned((<usize>rows) << 2);
  if (write) {
    clusters.k = k;
    clusters.padded = padded;
    clusters.floats = floats;
    clusters.codes = codes;
    clusters.terms = terms;
    clusters.moves = moves;
    clusters.chosen = chosen;
    clusters.lows = lows;
    clusters.room = room;
    clusters.sums = sums;
    clusters.counts = counts;
    clusters.labels = labels;
    clusters.distances = distances;
    clusters.bounds = bounds;
  }
  return end - changetype<usize>(clusters);
}

export function centroidsOf(clusters: Clusters): usize {
  return clusters.floats;
}

export function movesOf(clusters: Clusters): usize {
  return clusters.moves;
}

export function sumsOf(clusters: Clusters): usize {
  return clusters.sums;
}

export function countsOf(clusters: Clusters): usize {
  return clusters.counts;
}

export function labelsOf(clusters: Clusters): usize {
  return clusters.labels;
}

export function distancesOf(clusters: Clusters): usize {
  return clusters.distances;
}

/**
 * Finds the nearest centroid of each row, ties by the lower number, and adds up the rows of each.
 *
 * @param first whether there were no labels and bounds before.
 * @returns how many rows have another centroid than before.
 */
export function assignRows(layout: Layout, list: List, clusters: Clusters, first: bool): u32 {
  encodeCentroids(layout, clusters);
  memory.fill(clusters.sums, 0, (<usize>clusters.k * layout.size) << 3);
  memory.fill(clusters.counts, 0, (<usize>clusters.k) << 2);
  let changed: u32 = 0;
  for (let start: u32 = 0, b: u32 = 0; start < list.count; start += layout.rows, b++) {
    const block = tableAt(list.blocks, b);
    const rows = min(layout.rows, list.count - start);
    for (let row: u32 = 0; row < rows; row++) {
      const i = start + row;
      const before = first ? u32.MAX_VALUE : tableAt(clusters.labels, i);
      const label = nearestCentroid(layout, block, row, clusters, i, before);
      if (label != before) changed++;
      addRow(layout, floatsOf(layout, block, row), clusters, label);
    }
  }
  return changed;
}

function encodeCentroids(layout: Layout, clusters: Clusters): void {
  const size = layout.full.size;
  const facts = changetype<Facts>(clusters.room + size);
  clusters.longest = 0;
  for (let j: u32 = 0; j < clusters.k; j++) {
    const codes = codesOfCentroid(layout, clusters, j);
    encodeQuery(centroidAt(layout, clusters, j), layout.size, size, codes, clusters.room, facts);
    const terms = changetype<Terms>(clusters.terms + ((<usize>j) << 4));
    terms.factor = 2 * facts.scale;
    terms.square = facts.norm * facts.norm;
    terms.norm = 2 * facts.norm;
    terms.rest = 2 * (facts.rest + layout.epsilon * facts.norm);
    // Raw products are more than products by this (codes.ts).
    store<i32>(clusters.corrections + ((<usize>j) << 2), facts.sum);
    clusters.longest = max(clusters.longest, facts.norm);
  }
}
