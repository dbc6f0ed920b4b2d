import {
  type Filter,
  type Ids,
  type IndexSearchOptions,
  Matrix,
  type MatrixLike,
  METRIC_L2,
  type Metric,
  PreparedFilter,
  type RangeSearchResult,
  type SearchResult,
  type VectorIndex,
} from "nigh";
import { dotFloats, squaredDistanceFloats } from "../../src/kernels/plain-float-distance.js";

interface Candidate {
  readonly id: number;
  readonly distance: number;
}

/**
 * The plain reference of every index: compares each vector in float32 and sorts. It trusts its caller: what an index must refuse
 * is not checked.
 */
export class PlainIndex implements VectorIndex {
  readonly d: number;
  readonly metric: Metric;
  readonly isTrained: boolean = true;
  readonly #vectors = new Map<number, Float32Array>();
  #nextId = 0;

  constructor(d: number, metric: Metric) {
    this.d = d;
    this.metric = metric;
  }

  get ntotal(): number {
    return this.#vectors.size;
  }

  get memoryBytes(): number {
    return this.ntotal * (4 * this.d + 8);
  }

  train(_vectors: MatrixLike): void {}

  add(vectors: MatrixLike): void {
    const { length } = [...Matrix.from(vectors)];
    this.addWithIds(
      vectors,
      Array.from({ length }, (_, i) => this.#nextId + i),
    );
  }

  addWithIds(vectors: MatrixLike, ids: Ids): void {
    this.#put(vectors, ids);
    for (const id of ids) this.#nextId = Math.max(this.#nextId, id + 1);
  }

  search(queries: MatrixLike, k: number, options: IndexSearchOptions = {}): SearchResult {
    const matrix = Matrix.from(queries);
    const distances = new Float32Array(matrix.shape[0] * k).fill(this.#farthest);
    const labels = new Float64Array(matrix.shape[0] * k).fill(-1);
    for (const [q, query] of [...matrix].entries()) {
      for (const [i, { id, distance }] of this.#nearest(query, k, options).entries()) {
        distances[q * k + i] = distance;
        labels[q * k + i] = id;
      }
    }
    return { distances, labels };
  }

  rangeSearch(
    queries: MatrixLike,
    radius: number,
    options: IndexSearchOptions = {},
  ): RangeSearchResult {
    const found = [...Matrix.from(queries)].map((query) =>
      this.#nearest(query, this.ntotal, options).filter(({ distance }) =>
        this.metric === METRIC_L2 ? distance < radius : distance > radius,
      ),
    );
    const limits = new Float64Array(found.length + 1);
    for (const [q, { length }] of found.entries()) limits[q + 1] = (limits[q] as number) + length;
    const all = found.flat();
    return {
      limits,
      distances: Float32Array.from(all, ({ distance }) => distance),
      labels: Float64Array.from(all, ({ id }) => id),
    };
  }

  removeIds(ids: Ids): number {
    const before = this.ntotal;
    for (const id of ids) this.#vectors.delete(id);
    return before - this.ntotal;
  }

  update(ids: Ids, vectors: MatrixLike): void {
    this.#put(vectors, ids);
  }

  reset(): void {
    this.#vectors.clear();
    this.#nextId = 0;
  }

  reconstruct(id: number): Float32Array {
    return (this.#vectors.get(id) as Float32Array).slice();
  }

  has(id: number): boolean {
    return this.#vectors.has(id);
  }

  ids(): Float64Array {
    return Float64Array.from(this.#vectors.keys()).sort();
  }

  #put(vectors: MatrixLike, ids: Ids): void {
    for (const [i, row] of [...Matrix.from(vectors)].entries()) {
      this.#vectors.set(ids[i] as number, row.slice());
    }
  }

  get #farthest(): number {
    return this.metric === METRIC_L2 ? Infinity : -Infinity;
  }

  /** The best first. */
  #nearest(query: Float32Array, k: number, { filter }: IndexSearchOptions): Candidate[] {
    const candidates: Candidate[] = [];
    for (const [id, vector] of this.#vectors) {
      if (filter !== undefined && !passes(filter, id)) continue;
      candidates.push({ id, distance: this.#distance(query, vector) });
    }
    const sign = this.metric === METRIC_L2 ? 1 : -1;
    // Numbers alone sort faster: what is farther than the k-th is left out before ids are compared.
    const farness = Float64Array.from(candidates, ({ distance }) => sign * distance).sort();
    const farthest = farness[Math.min(k, farness.length) - 1] ?? Infinity;
    return candidates
      .filter(({ distance }) => sign * distance <= farthest)
      .sort((a, b) => (a.distance === b.distance ? a.id - b.id : sign * (a.distance - b.distance)))
      .slice(0, k);
  }

  /** Infinite terms of both signs sum up to NaN: nothing can be said of such a vector, so that it is farthest. */
  #distance(query: Float32Array, vector: Float32Array): number {
    const compare = this.metric === METRIC_L2 ? squaredDistanceFloats : dotFloats;
    const distance = compare(query, vector);
    return Number.isNaN(distance) ? this.#farthest : distance;
  }
}

export function passes(filter: Filter, id: number): boolean {
  if (filter instanceof PreparedFilter) throw new TypeError("The reference takes plain filters.");
  if (typeof filter === "function") return filter(id);
  return ((filter[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0;
}
