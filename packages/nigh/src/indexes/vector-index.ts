import type { MatrixLike } from "../shared/matrix.js";
import type { PreparedFilter } from "./rows/filter.js";

/** Higher inner product is nearer; FAISS's number for it. */
export const METRIC_INNER_PRODUCT = 0;
/** Lower squared Euclidean distance is nearer; FAISS's number for it. */
export const METRIC_L2 = 1;

export type Metric = typeof METRIC_INNER_PRODUCT | typeof METRIC_L2;

/**
 * Which ids a search may return: a predicate, or a bitmap in which bit `id & 7` of byte `id >> 3` is set for
 * each of them (FAISS's IDSelectorBitmap); ids beyond a bitmap's end are not in it. A {@link PreparedFilter} is one of them for many
 * searches: an index is asked for all of its ids once.
 */
export type Filter = Uint8Array | ((id: number) => boolean) | PreparedFilter;

export interface IndexSearchOptions {
  /** Only these ids; default all. There are always `k` results when `k` ids pass. */
  readonly filter?: Filter | undefined;
  /** IVF: lists to look into, at least 1; above `nlist` means all. Default the index's own `nprobe`. */
  readonly nprobe?: number | undefined;
  /** HNSW: candidates kept on the way, at least 1; default the index's own `efSearch`. */
  readonly efSearch?: number | undefined;
}

/**
 * Flat, as FAISS: `k` entries a query, best first, ties by the lower id. Where there are fewer than `k`, the label is
 * -1 and the distance is -Infinity (inner product) or Infinity (L2).
 */
export interface SearchResult {
  /** Inner products, or squared Euclidean distances: [queries x k]. */
  readonly distances: Float32Array;
  /** Ids, integers of 0 to 2^53 - 1, or -1: [queries x k]. */
  readonly labels: Float64Array;
}

/** The results of query i are entries `limits[i]` to `limits[i + 1]` (exclusive), best first, ties by the lower id. */
export interface RangeSearchResult {
  readonly limits: Float64Array;
  readonly distances: Float32Array;
  readonly labels: Float64Array;
}

/**
 * What every index can do. All methods are synchronous; a method that throws has changed nothing.
 *
 * Ids are integers from 0 to 2^53 - 1. They are stable: removing some leaves the others as they are (in FAISS, flat indexes
 * renumber). `add` gives ids from the highest id that there ever was + 1 on, from 0 in a new index and after `reset`.
 *
 * Vectors must be finite: NaN and infinities are refused with `ERR_INVALID_ARGUMENT`, in `train`, `add`, `update`,
 * `search` and `rangeSearch`. Vectors of another dimension are refused with `ERR_DIMENSION`.
 */
export interface VectorIndex {
  /** Dimensions of the vectors. */
  readonly d: number;
  readonly metric: Metric;
  /** Vectors in the index. */
  readonly ntotal: number;
  /** Whether vectors may be added: false for an index that must be trained first. */
  readonly isTrained: boolean;

  /** Learns from typical vectors; nothing to do, and no error, for an index that needs no training. */
  train(vectors: MatrixLike): void;

  /** @throws NighError `ERR_NOT_TRAINED`, or `ERR_OUT_OF_MEMORY` past the 4 GiB that WebAssembly can address. */
  add(vectors: MatrixLike): void;

  /**
   * @param ids one for each vector.
   * @throws NighError `ERR_INVALID_ARGUMENT` for an id twice in `ids`, or one that is in the index already, or that is no
   * integer of 0 to 2^53 - 1; otherwise as `add`.
   */
  addWithIds(vectors: MatrixLike, ids: Ids): void;

  /**
   * The `k` nearest of each query; `k` may exceed `ntotal`.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` when `k` is no integer of at least 1, `ERR_UNKNOWN_OPTION` for an option that the
   * index does not have; `ERR_NOT_TRAINED`.
   */
  search(queries: MatrixLike, k: number, options?: IndexSearchOptions): SearchResult;

  /**
   * Everything nearer than `radius`: inner product > radius, or squared distance < radius (FAISS's strict comparison).
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` when the radius is no finite number; `ERR_NOT_TRAINED`.
   */
  rangeSearch(queries: MatrixLike, radius: number, options?: IndexSearchOptions): RangeSearchResult;

  /**
   * Removes vectors and gives their memory back to the index.
   *
   * @returns how many were removed.
   * @throws NighError `ERR_UNKNOWN_ID` when an id is not in the index: nothing is removed then.
   */
  removeIds(ids: Ids): number;

  /**
   * Removes all vectors and gives their memory back to the system; what was learned and set stays. `add` gives ids from 0 on again.
   *
   * @throws NighError `ERR_OUT_OF_MEMORY` when the process has no addresses left.
   */
  reset(): void;

  /**
   * Replaces the vectors of ids that are in the index.
   *
   * @throws NighError `ERR_UNKNOWN_ID`, `ERR_INVALID_ARGUMENT` for an id twice; nothing is changed then.
   */
  update(ids: Ids, vectors: MatrixLike): void;

  /** The stored vector. @throws NighError `ERR_UNKNOWN_ID`. */
  reconstruct(id: number): Float32Array;

  /** Whether a vector of this id is in the index. */
  has(id: number): boolean;

  /** All ids, ascending. */
  ids(): Float64Array;

  /** Bytes that the index's vectors and structure take in memory. */
  readonly memoryBytes: number;
}

export type Ids = readonly number[] | Float64Array | Int32Array | Uint32Array;
