import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import { checkFinite, checkInteger, checkKeys } from "../shared/options.js";
import { checkDimension, checkIds, checkMetric, checkVectors } from "./check-vectors.js";
import type { Chunks, InnerIndex, StoredIndex } from "./faiss-format/stored-index.js";
import { type Allowed, allowedRows } from "./rows/filter.js";
import type { TakeNearest } from "./rows/nearest.js";
import { firstTwice, RowIds } from "./rows/row-ids.js";
import {
  type Ids,
  type IndexSearchOptions,
  METRIC_L2,
  type Metric,
  type RangeSearchResult,
  type SearchResult,
  type VectorIndex,
} from "./vector-index.js";

/** Where an index keeps its rows, by their ordinals. */
export interface RowStore {
  remove(ordinal: number): void;
  replace(ordinal: number, vector: Float32Array): void;
  /** A copy of a row. */
  vectorOf(ordinal: number): Float32Array;
}

/**
 * What all indexes share: the checks, the ids and the shape of results. An index stores rows by ordinals (see
 * {@link RowIds}) and finds them by keys: the inner product, or minus the squared distance.
 */
export abstract class IndexBase implements VectorIndex {
  readonly d: number;
  readonly metric: Metric;
  protected readonly rowIds = new RowIds();
  /** Options of `search` and `rangeSearch` besides `filter`. */
  protected readonly searchOptions: readonly (keyof IndexSearchOptions)[] = [];

  constructor(d: number, metric: Metric) {
    const { name } = new.target;
    this.d = checkDimension(name, d);
    this.metric = checkMetric(name, metric);
  }

  abstract readonly memoryBytes: number;

  get ntotal(): number {
    return this.rowIds.size;
  }

  get isTrained(): boolean {
    return true;
  }

  train(vectors: MatrixLike): void {
    this.checkVectors("train", vectors);
  }

  add(vectors: MatrixLike): void {
    const matrix = this.checkVectors("add", vectors);
    this.checkTrained("add");
    this.#insert(matrix, this.rowIds.plan(this.where("add"), matrix.shape[0]));
  }

  addWithIds(vectors: MatrixLike, ids: Ids): void {
    const matrix = this.checkVectors("addWithIds", vectors);
    this.checkTrained("addWithIds");
    this.#insert(matrix, this.rowIds.plan(this.where("addWithIds"), matrix.shape[0], ids));
  }

  search(queries: MatrixLike, k: number, options: IndexSearchOptions = {}): SearchResult {
    const where = this.where("search");
    const matrix = this.checkVectors("search", queries);
    checkInteger(where, "k", k, 1);
    this.checkTrained("search");
    const allowed = this.#checkOptions(where, options);
    const count = matrix.shape[0];
    checkResultSize(where, count, k);
    const none = this.metric === METRIC_L2 ? Infinity : -Infinity;
    const distances = new Float32Array(count * k).fill(none);
    const labels = new Float64Array(count * k).fill(-1);
    this.searchRows(matrix, k, options, allowed, (i, { ordinals, keys }) => {
      for (let place = 0; place < ordinals.length; place++) {
        distances[i * k + place] = this.#distanceOf(keys[place] as number);
        labels[i * k + place] = this.rowIds.idOf(ordinals[place] as number);
      }
    });
    return { distances, labels };
  }

  rangeSearch(
    queries: MatrixLike,
    radius: number,
    options: IndexSearchOptions = {},
  ): RangeSearchResult {
    const where = this.where("rangeSearch");
    const matrix = this.checkVectors("rangeSearch", queries);
    checkFinite(where, "radius", radius);
    this.checkTrained("rangeSearch");
    const allowed = this.#checkOptions(where, options);
    const limits = new Float64Array(matrix.shape[0] + 1);
    const found: { id: number; distance: number }[][] = [];
    const least = Math.fround(this.metric === METRIC_L2 ? -radius : radius);
    this.rangeRows(matrix, least, options, allowed, (i, { ordinals, keys }) => {
      found[i] = Array.from(ordinals, (ordinal, place) => ({
        id: this.rowIds.idOf(ordinal),
        distance: this.#distanceOf(keys[place] as number),
      }));
    });
    for (let i = 0; i < matrix.shape[0]; i++) {
      limits[i + 1] = (limits[i] as number) + (found[i]?.length ?? 0);
    }
    const sign = this.metric === METRIC_L2 ? 1 : -1;
    const all = found.flatMap((one) =>
      one.sort((a, b) => sign * (a.distance - b.distance) || a.id - b.id),
    );
    return {
      limits,
      distances: Float32Array.from(all, ({ distance }) => distance),
      labels: Float64Array.from(all, ({ id }) => id),
    };
  }

  removeIds(ids: Ids): number {
    const where = this.where("removeIds");
    const ordinals = new Set(
      Array.from(checkIds(where, ids), (id) => this.rowIds.ordinalOf(where, id)),
    );
    this.rowIds.release(ordinals);
    this.removeRows(Uint32Array.from(ordinals));
    return ordinals.size;
  }

  reset(): void {
    this.resetRows();
    this.rowIds.reset();
  }

  update(ids: Ids, vectors: MatrixLike): void {
    const where = this.where("update");
    const matrix = this.checkVectors("update", vectors);
    this.checkTrained("update");
    const checked = checkIds(where, ids, matrix.shape[0]);
    const twice = firstTwice(checked);
    if (twice !== undefined) {
      throw new NighError("ERR_INVALID_ARGUMENT", `${where}: the id ${twice} is given twice.`);
    }
    const ordinals = Uint32Array.from(checked, (id) => this.rowIds.ordinalOf(where, id));
    this.updateRows(ordinals, matrix);
  }

  reconstruct(id: number): Float32Array {
    return this.vectorOf(this.rowIds.ordinalOf(this.where("reconstruct"), id));
  }

  has(id: number): boolean {
    return this.rowIds.has(id);
  }

  ids(): Float64Array {
    return this.rowIds.all();
  }

  /** What a file holds of the index. @internal */
  abstract toStored(): StoredIndex<Chunks, Chunks>;

  /** Gives the vectors other ids, in the order in which they were added. @internal */
  rename(ids: Float64Array): void {
    this.rowIds.rename(ids);
  }

  /** What a file holds, and ids with it unless they are 0, 1, 2, …; `store` is given the order of the rows. */
  protected withIds(
    store: (ordinals: Uint32Array) => InnerIndex<Chunks, Chunks>,
  ): StoredIndex<Chunks, Chunks> {
    const { d, metric, ntotal } = this;
    const all = this.rowIds.all();
    const ordinals = new Uint32Array(all.length);
    for (let i = 0; i < all.length; i++) {
      ordinals[i] = this.rowIds.ordinalOf("toStored", all[i] as number);
    }
    const inner = store(ordinals);
    if (all.every((id, i) => id === i)) return inner;
    return { type: "idMap", version: 2, d, metric, ntotal, inner, ids: all };
  }

  /** Copies of rows, one after the other. */
  protected *vectorsOf(ordinals: Iterable<number>): Generator<Float32Array> {
    for (const ordinal of ordinals) yield this.vectorOf(ordinal);
  }

  protected abstract get stored(): RowStore;

  /** Reserves all memory that `insertRows` will need, or throws `ERR_OUT_OF_MEMORY`; changes nothing else. */
  protected abstract reserveRows(vectors: Matrix): void;
  protected abstract insertRows(ordinals: Uint32Array, vectors: Matrix): void;

  /** Takes out rows whose ids are forgotten; tells `rowIds` which ordinals may be used again. */
  protected removeRows(ordinals: Uint32Array): void {
    for (const ordinal of ordinals) this.stored.remove(ordinal);
    this.rowIds.reuse(ordinals);
  }

  /** Replaces rows; where they get other ordinals, it tells `rowIds`. */
  protected updateRows(ordinals: Uint32Array, vectors: Matrix): void {
    for (const [i, ordinal] of ordinals.entries()) this.stored.replace(ordinal, vectors.row(i));
  }

  protected vectorOf(ordinal: number): Float32Array {
    return this.stored.vectorOf(ordinal);
  }

  /** Takes new memory, without rows, for that of all rows; or throws `ERR_OUT_OF_MEMORY` and changes nothing. */
  protected abstract resetRows(): void;
  /** The `k` nearest, or all where there are fewer; ties by the lower id. */
  protected abstract searchRows(
    queries: Matrix,
    k: number,
    options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void;
  /** Rows with a key above `least`, in any order. */
  protected abstract rangeRows(
    queries: Matrix,
    least: number,
    options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void;

  protected where(method: string): string {
    return `${this.constructor.name}.${method}`;
  }

  protected checkVectors(method: string, vectors: MatrixLike): Matrix {
    return checkVectors(this.where(method), vectors, this.d);
  }

  protected checkTrained(method: string): void {
    if (this.isTrained) return;
    throw new NighError(
      "ERR_NOT_TRAINED",
      `${this.where(method)}: the index must be trained first: call train(vectors) with typical vectors.`,
    );
  }

  #insert(matrix: Matrix, ids: Float64Array): void {
    this.reserveRows(matrix);
    this.insertRows(this.rowIds.assign(ids), matrix);
  }

  #checkOptions(where: string, options: IndexSearchOptions): Allowed | undefined {
    checkKeys(where, options, ["filter", ...this.searchOptions]);
    const { filter } = options;
    return filter === undefined ? undefined : allowedRows(where, filter, this.rowIds);
  }

  #distanceOf(key: number): number {
    return this.metric === METRIC_L2 ? 0 - key : key;
  }
}

/** @throws NighError `ERR_INVALID_ARGUMENT` where the results would not fit into an array. */
function checkResultSize(where: string, queries: number, k: number): void {
  const most = 2 ** 30;
  if (queries * k <= most) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: ${describe(k)} results for each of ${queries} queries are more than ${most}: search in parts.`,
  );
}
