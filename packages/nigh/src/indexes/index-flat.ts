import { Arena } from "../kernels/arena.js";
import { Matrix } from "../shared/matrix.js";
import { checkInteger, checkKeys, checkTypes } from "../shared/options.js";
import type { Chunks, StoredIndex } from "./faiss-format/stored-index.js";
import { IndexBase, type RowStore } from "./index-base.js";
import { ExactSearch } from "./rows/exact-search.js";
import type { Allowed } from "./rows/filter.js";
import { chooseLeads, SAMPLE_QUERIES, SAMPLE_ROWS } from "./rows/lead-choice.js";
import type { TakeNearest } from "./rows/nearest.js";
import { RowLists, rowsOfBlock } from "./rows/row-lists.js";
import {
  type IndexSearchOptions,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type Metric,
} from "./vector-index.js";

/** Below this, leads save less than a twentieth of a millisecond a query. */
const LEAST_ROWS = 8192;
/** When leads are learned: rows scanned, and scans of all rows. */
const SCANNED_ROWS = 2 ** 23;
const SCANS = 100;
const MOST_THREADS = 256;

/** Memory for the rows of such an index. @internal */
export function flatRows(d: number, metric: Metric, shared = false): RowLists {
  return new RowLists(d, metric, 1, rowsOfBlock(d), new Arena(shared));
}

export interface FlatOptions {
  /** Threads that share the queries of a batch (Node only). Default 1; a single query is searched by one. */
  readonly threads?: number;
  /**
   * Whether the index calls {@link IndexFlat.prepare} by itself, in the middle of a search, when it has scanned some millions of vectors.
   * Default true; false where no search may take a few tenths of a second.
   */
  readonly preparesItself?: boolean;
}

/**
 * Exact search: the results, order and scores of comparing every vector in float32, at the speed of int8 (docs/exact-search.md).
 * Name and meaning as in FAISS.
 */
export class IndexFlat extends IndexBase {
  readonly #threads: number;
  readonly #preparesItself: boolean;
  #rows: RowLists;
  #search: ExactSearch;
  /** Rows there were when leads were decided on. */
  #decidedAt = 0;
  /** Rows scanned since there is something to decide on. */
  #scanned = 0;
  #searched = 0;
  #compared = 0;

  /**
   * @param d dimensions, 1 to 65,536.
   * @param rows nigh's own: what `over` begins with.
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(d: number, metric: Metric = METRIC_L2, options: FlatOptions = {}, rows?: RowLists) {
    super(d, metric);
    const { name } = new.target;
    checkKeys(name, options, ["threads", "preparesItself"]);
    checkTypes(name, options, { preparesItself: "boolean" });
    this.#preparesItself = options.preparesItself ?? true;
    this.#threads = checkInteger(name, "threads", options.threads ?? 1, 1, MOST_THREADS);
    this.#rows = rows ?? this.#newRows();
    this.#search = new ExactSearch(this.#rows, this.#threads);
  }

  /** An index of rows whose ordinals are 0, 1, 2, … @internal */
  static over(rows: RowLists): IndexFlat {
    const { d, metric } = rows;
    const Flat = metric === METRIC_L2 ? IndexFlatL2 : IndexFlatIP;
    const index: IndexFlat = new Flat(d, {}, rows);
    index.rowIds.assign(index.rowIds.plan("IndexFlat", rows.countOf(0)));
    return index;
  }

  /** What a file holds of the index. @internal */
  override toStored(): StoredIndex<Chunks, Chunks> {
    const { d, metric, ntotal } = this;
    return this.withIds((ordinals) => ({
      type: "flat",
      d,
      metric,
      ntotal,
      vectors: this.vectorsOf(ordinals),
    }));
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes;
  }

  /** Vectors that a query was compared with in float32, on average of all so far; the rest were ruled out by their codes. */
  get comparedPerQuery(): number {
    return this.#searched === 0 ? 0 : this.#compared / this.#searched;
  }

  /** How many leading principal components searches look at first; 0 where whole rows are looked at. */
  get leadComponents(): number {
    return this.#rows.leadSize;
  }

  /**
   * Learns now whether and which principal directions make searches faster (docs/exact-search.md), which an index does by itself in
   * the middle of a search once it has scanned some millions of vectors: about 0.3 s for 50,000 vectors of 384 dimensions.
   * Results are the same before and after.
   */
  prepare(): void {
    this.#decidedAt = this.ntotal;
    this.#scanned = 0;
    const ordinals = this.#rows.ordinalsOf(0);
    const sample = this.#sample(ordinals, SAMPLE_ROWS);
    const queries = this.#sample(ordinals, SAMPLE_QUERIES);
    const thresholds: number[] = [];
    this.#rows.prepareFor(this.rowIds, undefined);
    this.#search.search(queries, 0, queries.shape[0], 10, [0], (i, { keys }) => {
      thresholds[i] = keys[keys.length - 1] as number;
    });
    this.#rows.setDirections(chooseLeads(sample, queries, thresholds, this.metric));
  }

  /**
   * The rows with an inner product of at least `radius`, or a squared distance of at most that, for each query: as the kernels give them, in
   * no order, where ids are ordinals. It takes a fraction of `rangeSearch` where most rows are found.
   *
   * @internal
   */
  rangeInNoOrder(queries: Matrix, radius: number, take: TakeNearest): void {
    const least = Math.fround(this.metric === METRIC_L2 ? -radius : radius);
    this.rangeRows(queries, least, {}, undefined, take);
  }

  /** Ends the index's threads, where it has some; it can still be used, and starts them again. */
  close(): void {
    this.#search.close();
  }

  protected reserveRows(vectors: Matrix): void {
    this.#rows.reserve([[0, vectors.shape[0]]]);
  }

  protected insertRows(ordinals: Uint32Array, vectors: Matrix): void {
    this.#rows.add(ordinals, vectors);
  }

  protected resetRows(): void {
    const rows = this.#newRows();
    this.close();
    this.#rows = rows;
    this.#search = new ExactSearch(rows, this.#threads);
    this.#decidedAt = 0;
    this.#scanned = 0;
  }

  protected get stored(): RowStore {
    return this.#rows;
  }

  protected searchRows(
    queries: Matrix,
    k: number,
    _options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    this.#prepareInTime(queries.shape[0]);
    this.#rows.prepareFor(this.rowIds, allowed);
    this.#search.search(queries, 0, queries.shape[0], k, [0], (i, nearest) => {
      this.#compared += nearest.compared;
      take(i, nearest);
    });
    this.#searched += queries.shape[0];
  }

  protected rangeRows(
    queries: Matrix,
    least: number,
    _options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    this.#prepareInTime(queries.shape[0]);
    this.#rows.prepareFor(this.rowIds, allowed);
    this.#search.range(queries, 0, queries.shape[0], least, [0], take);
  }

  #newRows(): RowLists {
    return flatRows(this.d, this.metric, this.#threads > 1);
  }

  /** Leads cost as much as scanning this, so they are learned when they would have been worth it. */
  #prepareInTime(queries: number): void {
    if (!this.#preparesItself || this.ntotal < LEAST_ROWS || this.ntotal < 2 * this.#decidedAt)
      return;
    this.#scanned += queries * this.ntotal;
    if (this.#scanned >= SCANNED_ROWS && this.#scanned >= SCANS * this.ntotal) this.prepare();
  }

  /** At most `count` rows, evenly spread. */
  #sample(ordinals: Uint32Array, count: number): Matrix {
    const rows = Math.min(count, ordinals.length);
    const sample = Matrix.zeros(rows, this.d);
    for (let i = 0; i < rows; i++) {
      const ordinal = ordinals[Math.floor((i * ordinals.length) / rows)] as number;
      sample.row(i).set(this.#rows.vectorOf(ordinal));
    }
    return sample;
  }
}

/** {@link IndexFlat} by inner product, higher is nearer; on vectors of length 1 that is the cosine. */
export class IndexFlatIP extends IndexFlat {
  constructor(d: number, options: FlatOptions = {}, rows?: RowLists) {
    super(d, METRIC_INNER_PRODUCT, options, rows);
  }
}

/** {@link IndexFlat} by squared Euclidean distance, lower is nearer. */
export class IndexFlatL2 extends IndexFlat {
  constructor(d: number, options: FlatOptions = {}, rows?: RowLists) {
    super(d, METRIC_L2, options, rows);
  }
}
