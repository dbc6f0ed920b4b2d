import { type GraphSnapshot, indexOfSnapshot } from "../../indexes/graph-snapshot.js";
import { IndexFlat } from "../../indexes/index-flat.js";
import type { IndexHNSWFlat } from "../../indexes/index-hnsw-flat.js";
import {
  type Filter,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type Metric,
  type SearchResult,
  type VectorIndex,
} from "../../indexes/vector-index.js";
import { normalizeL2 } from "../../kernels/similarity.js";
import { Matrix } from "../../shared/matrix.js";
import type { Steps } from "../../shared/steps.js";
import { CHANGES, type JournalEntry } from "../../store/journal.js";
import type { RecordReader } from "../../store/record-reader.js";
import type { Space } from "./configuration.js";

/** Vectors behind a saved graph that are indexed at a time. */
const PART = 128;

/** How indexes compare vectors of a space; those of cosine have length 1. */
export function metricOf(space: Space): Metric {
  return space === "l2" ? METRIC_L2 : METRIC_INNER_PRODUCT;
}

/** The records nearest to a query, the nearest first. */
export interface Neighbours {
  readonly keys: number[];
  readonly distances: number[];
}

/**
 * The vectors of a collection in memory: all in an exact index, or most of them in a graph and the newest in an exact index.
 * Records are known by their keys.
 */
export class LiveIndex {
  readonly space: Space;
  readonly d: number;
  readonly metric: Metric;
  /** A graph that is being built of what the exact index holds: it follows changes, but does not answer. */
  growing: IndexHNSWFlat | undefined;
  #flat: IndexFlat;
  #graph: IndexHNSWFlat | undefined;
  #top = 0;
  #changes = 0;

  constructor(space: Space, d: number) {
    this.space = space;
    this.d = d;
    this.metric = metricOf(space);
    this.#flat = this.#newFlat();
  }

  get size(): number {
    return this.#flat.ntotal + (this.#graph?.ntotal ?? 0);
  }

  /** Counts changes of the graph's vectors. */
  get changes(): number {
    return this.#changes;
  }

  /** All keys are below. */
  get top(): number {
    return this.#top;
  }

  get flat(): IndexFlat {
    return this.#flat;
  }

  get graph(): IndexHNSWFlat | undefined {
    return this.#graph;
  }

  get memoryBytes(): number {
    const indexes = [this.#flat, this.#graph, this.growing];
    return indexes.reduce((sum, index) => sum + (index?.memoryBytes ?? 0), 0);
  }

  /** Lets a graph answer for all vectors with keys below `from`, which it holds; the others stay in the exact index. */
  takeGraph(graph: IndexHNSWFlat, from: number): void {
    const rest = this.#newFlat();
    const keys: number[] = [];
    for (let key = from; key < this.#top; key++) if (this.#flat.has(key)) keys.push(key);
    if (keys.length > 0) rest.addWithIds(this.vectorsOf(this.#flat, keys), keys);
    this.#flat = rest;
    this.#graph = graph;
    this.#changes += graph.ntotal;
  }

  /**
   * Begins with a saved graph, and with the vectors as they are now: those that the graph does not hold are compared one by one. Where
   * vectors have changed since the graph was saved, their links are those of the old ones until {@link apply}. In steps.
   */
  *restore(snapshot: GraphSnapshot, reader: RecordReader): Steps<void> {
    const gone: number[] = [];
    const rest: { key: number; vector: Float32Array }[] = [];
    const rows = vectorsOneByOne(reader);
    const vectors = function* (this: LiveIndex): Generator<Float32Array> {
      let row = rows.next();
      for (const key of snapshot.keys) {
        for (; !row.done && row.value.key < key; row = rows.next()) rest.push(row.value);
        if (row.done || row.value.key > key) {
          gone.push(key);
          yield new Float32Array(this.d);
        } else {
          yield this.space === "cosine" ? normalizeL2(row.value.vector) : row.value.vector;
          row = rows.next();
        }
      }
      for (; !row.done; row = rows.next()) rest.push(row.value);
    }.call(this);
    const graph = yield* indexOfSnapshot(snapshot, vectors);
    // Reads what is behind the last vector of the graph.
    vectors.next();
    if (gone.length > 0) graph.removeIds(gone);
    this.#graph = graph;
    this.#top = (snapshot.keys.at(-1) ?? -1) + 1;
    for (let from = 0; from < rest.length; from += PART) {
      const part = rest.slice(from, from + PART);
      const keys = part.map(({ key }) => key);
      this.#store(keys, Matrix.from(part.map(({ vector }) => vector)));
      yield;
    }
  }

  /** Moves vectors from the exact index into the graph. */
  moveToGraph(keys: readonly number[]): void {
    this.#graph?.addWithIds(this.vectorsOf(this.#flat, keys), keys);
    this.#flat.removeIds(keys);
    this.#changes += keys.length;
  }

  /** Reads all vectors, in steps. */
  *fill(reader: RecordReader): Steps<void> {
    for (const { keys, vectors } of reader.vectorBlocks()) {
      this.#store(keys, vectors);
      yield;
    }
  }

  /** Follows changes: what their records are now is read. */
  apply(reader: RecordReader, entries: readonly JournalEntry[]): void {
    for (const { change, first, last } of entries) {
      if (change === CHANGES.removed) this.#remove(first, last);
      else if (change !== CHANGES.content) this.#put(reader, first, last);
    }
  }

  /**
   * The `k` nearest of each query.
   *
   * @param filter the keys that may be found; all when undefined.
   * @param exactly compares all vectors: as many candidates as there are vectors make a scan the cheaper way.
   */
  search(queries: Matrix, k: number, filter: Filter | undefined, exactly = false): Neighbours[] {
    const unit = this.unit(queries);
    const wanted = Math.min(k, this.size);
    if (wanted === 0) return Array.from(queries, () => ({ keys: [], distances: [] }));
    const parts: SearchResult[] = [];
    if (this.#flat.ntotal > 0) parts.push(this.#flat.search(unit, wanted, { filter }));
    if (this.#graph) {
      const efSearch = exactly ? this.#graph.ntotal : undefined;
      parts.push(this.#graph.search(unit, wanted, { filter, efSearch }));
    }
    return Array.from(queries, (_, q) => this.#merge(parts, q, wanted));
  }

  /** Vectors as the index compares them: of length 1 where the space is cosine. */
  unit(vectors: Matrix): Matrix {
    if (this.space !== "cosine") return vectors;
    return normalizeL2(new Matrix(vectors.data.slice(), ...vectors.shape));
  }

  /** Distance of what an index measured. */
  distanceOf(measured: number): number {
    return this.space === "l2" ? measured : Math.fround(1 - measured);
  }

  /** A score that is higher for what is nearer: the cosine, the inner product, or minus the squared Euclidean distance. */
  similarityOf(distance: number): number {
    return this.space === "l2" ? -distance : Math.fround(1 - distance);
  }

  vectorsOf(index: VectorIndex, keys: ArrayLike<number>): Matrix {
    const vectors = Matrix.zeros(keys.length, this.d);
    for (let i = 0; i < keys.length; i++) vectors.row(i).set(index.reconstruct(keys[i] as number));
    return vectors;
  }

  /** Without the second's work that makes long scans faster: a query would wait for it. */
  #newFlat(): IndexFlat {
    return new IndexFlat(this.d, this.metric, { preparesItself: false });
  }

  #merge(parts: readonly SearchResult[], q: number, k: number): Neighbours {
    const found: { key: number; distance: number }[] = [];
    for (const { labels, distances } of parts) {
      for (let place = q * k; place < (q + 1) * k; place++) {
        const key = labels[place] as number;
        if (key < 0) break;
        found.push({ key, distance: this.distanceOf(distances[place] as number) });
      }
    }
    if (parts.length > 1) found.sort((a, b) => a.distance - b.distance || a.key - b.key);
    const nearest = found.slice(0, k);
    return {
      keys: nearest.map(({ key }) => key),
      distances: nearest.map(({ distance }) => distance),
    };
  }

  #put(reader: RecordReader, first: number, last: number): void {
    for (const { keys, vectors } of reader.vectorBlocks(first, last)) this.#store(keys, vectors);
  }

  /** @param raw become of length 1 where the space is cosine. */
  #store(keys: readonly number[], raw: Matrix): void {
    this.#top = Math.max(this.#top, (keys.at(-1) as number) + 1);
    const vectors = this.space === "cosine" ? normalizeL2(raw) : raw;
    const fresh: number[] = [];
    const known: number[] = [];
    for (const [row, key] of keys.entries()) {
      (this.#flat.has(key) || this.#graph?.has(key) ? known : fresh).push(row);
    }
    if (known.length === 0) {
      this.#flat.addWithIds(vectors, keys);
      return;
    }
    if (fresh.length > 0)
      this.#flat.addWithIds(
        pick(vectors, fresh),
        fresh.map((row) => keys[row] as number),
      );
    for (const index of [this.#flat, this.#graph, this.growing]) {
      const rows = known.filter((row) => index?.has(keys[row] as number));
      if (index === this.#graph) this.#changes += rows.length;
      if (rows.length > 0)
        index?.update(
          rows.map((row) => keys[row] as number),
          pick(vectors, rows),
        );
    }
  }

  #remove(first: number, last: number): void {
    for (const index of [this.#flat, this.#graph, this.growing]) {
      if (index === undefined) continue;
      const keys: number[] = [];
      for (let key = first; key <= last; key++) if (index.has(key)) keys.push(key);
      if (index === this.#graph) this.#changes += keys.length;
      if (keys.length > 0) index.removeIds(keys);
    }
  }
}

/** All vectors, by ascending key. */
function* vectorsOneByOne(
  reader: RecordReader,
): Generator<{ key: number; vector: Float32Array }, void> {
  for (const { keys, vectors } of reader.vectorBlocks()) {
    for (const [i, key] of keys.entries()) yield { key, vector: vectors.row(i) };
  }
}

function pick(vectors: Matrix, rows: readonly number[]): Matrix {
  const picked = Matrix.zeros(rows.length, vectors.shape[1]);
  for (const [i, row] of rows.entries()) picked.row(i).set(vectors.row(row));
  return picked;
}
