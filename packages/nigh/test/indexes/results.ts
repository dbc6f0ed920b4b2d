import {
  type Matrix,
  METRIC_L2,
  type RangeSearchResult,
  type SearchResult,
  type VectorIndex,
} from "nigh";
import { expect } from "vitest";
import { bitsOf } from "./vectors.js";

/** Fails with the first entry in which ids or score bits differ. */
export function expectSame(found: SearchResult, wanted: SearchResult): void {
  expect(firstDifference(found, wanted)).toBeUndefined();
}

export function expectSameRange(found: RangeSearchResult, wanted: RangeSearchResult): void {
  expect([...found.limits]).toEqual([...wanted.limits]);
  expect(firstDifference(found, wanted)).toBeUndefined();
}

function firstDifference(found: SearchResult, wanted: SearchResult): string | undefined {
  if (
    found.labels.length !== wanted.labels.length ||
    found.distances.length !== wanted.distances.length
  ) {
    return `${found.labels.length} labels and ${found.distances.length} distances instead of ${wanted.labels.length}`;
  }
  const bits = bitsOf(found.distances);
  const wantedBits = bitsOf(wanted.distances);
  for (let i = 0; i < bits.length; i++) {
    if (found.labels[i] === wanted.labels[i] && bits[i] === wantedBits[i]) continue;
    return `entry ${i} is ${found.labels[i]} at ${found.distances[i]} instead of ${wanted.labels[i]} at ${wanted.distances[i]}`;
  }
  return undefined;
}

/** All that a search says of `index`: ids, vectors, results. Equal before and after a call that changes nothing. */
export function stateOf(index: VectorIndex, queries: Matrix): unknown {
  const found = index.isTrained ? index.search(queries, 7) : undefined;
  const ids = [...index.ids()];
  return {
    ids,
    ntotal: index.ntotal,
    isTrained: index.isTrained,
    vectors: ids.map((id) => bitsOf(index.reconstruct(id)).join(" ")),
    labels: found?.labels.join(" "),
    bits: found && bitsOf(found.distances).join(" "),
  };
}

/**
 * Fails unless a search's result is sound, which holds for approximate indexes too: `k` different ids a query as far as there are
 * so many, best first, ties by the lower id, each distance that of the stored vector, then -1 and infinities.
 *
 * @param ids all that may be found.
 */
export function expectSound(
  index: VectorIndex,
  queries: Matrix,
  k: number,
  { distances, labels }: SearchResult,
  ids: Iterable<number> = index.ids(),
): void {
  const allowed = new Set(ids);
  const rows = queries.shape[0];
  expect([distances.length, labels.length]).toEqual([rows * k, rows * k]);
  expect(distances).toBeInstanceOf(Float32Array);
  expect(labels).toBeInstanceOf(Float64Array);
  const count = Math.min(k, allowed.size);
  for (let q = 0; q < rows; q++) {
    const of = (numbers: Float32Array | Float64Array) => [...numbers.subarray(q * k, (q + 1) * k)];
    const found = of(labels).slice(0, count);
    expect(new Set(found).size, `query ${q}: different ids of ${found}`).toBe(count);
    expect(found.filter((id) => !allowed.has(id))).toEqual([]);
    expect(problemIn(index, queries.row(q), found, of(distances)), `query ${q}`).toBeUndefined();
    const worst = index.metric === METRIC_L2 ? Infinity : -Infinity;
    expect(of(labels).slice(count)).toEqual(new Array(k - count).fill(-1));
    expect(of(distances).slice(count)).toEqual(new Array(k - count).fill(worst));
  }
}

/** The same for a range search: nothing but what is nearer than `radius`. */
export function expectSoundRange(
  index: VectorIndex,
  queries: Matrix,
  radius: number,
  { limits, distances, labels }: RangeSearchResult,
  ids: Iterable<number> = index.ids(),
): void {
  const allowed = new Set(ids);
  const rows = queries.shape[0];
  expect(limits).toBeInstanceOf(Float64Array);
  expect([limits.length, limits[0], limits[rows]]).toEqual([rows + 1, 0, labels.length]);
  expect(distances.length).toBe(labels.length);
  for (let q = 0; q < rows; q++) {
    const found = [...labels.subarray(limits[q], limits[q + 1])];
    const at = [...distances.subarray(limits[q], limits[q + 1])];
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((id) => !allowed.has(id))).toEqual([]);
    expect(at.filter((x) => !(index.metric === METRIC_L2 ? x < radius : x > radius))).toEqual([]);
    expect(problemIn(index, queries.row(q), found, at), `query ${q}`).toBeUndefined();
  }
}

/** What is wrong with the order or the distances of one query's results. */
function problemIn(
  index: VectorIndex,
  query: Float32Array,
  labels: readonly number[],
  distances: readonly number[],
): string | undefined {
  const sign = index.metric === METRIC_L2 ? 1 : -1;
  for (const [i, id] of labels.entries()) {
    const distance = distances[i] as number;
    const { exact, within } = trueDistance(index, query, index.reconstruct(id));
    if (!(Math.abs(distance - exact) <= within)) return `id ${id} at ${distance}, truly ${exact}`;
    if (i === 0) continue;
    const step = sign * (distance - (distances[i - 1] as number));
    if (step < 0) return `${distance} of id ${id} comes after ${distances[i - 1]}`;
    if (step === 0 && id < (labels[i - 1] as number))
      return `id ${id} comes after ${labels[i - 1]}`;
  }
  return undefined;
}

/** In float64, and how far float32 sums may be off, those of |a|^2 - 2ab + |b|^2 among them. */
function trueDistance(index: VectorIndex, query: Float32Array, vector: Float32Array) {
  let exact = 0;
  let size = 0;
  let squares = 0;
  for (const [j, x] of vector.entries()) {
    const y = query[j] as number;
    const term = index.metric === METRIC_L2 ? (x - y) ** 2 : x * y;
    exact += term;
    size += Math.abs(term);
    squares += x * x + y * y;
  }
  return { exact, within: 1e-5 * size + 2e-7 * squares };
}

/** The share of `wanted`'s labels that are among `found`'s, query by query; 1 where none is wanted. */
export function recallOf(found: SearchResult, wanted: SearchResult, k: number): number {
  let hits = 0;
  let all = 0;
  for (let from = 0; from < wanted.labels.length; from += k) {
    const labels = new Set(found.labels.subarray(from, from + k));
    for (const label of wanted.labels.subarray(from, from + k)) {
      if (label === -1) continue;
      all++;
      if (labels.has(label)) hits++;
    }
  }
  return all === 0 ? 1 : hits / all;
}
