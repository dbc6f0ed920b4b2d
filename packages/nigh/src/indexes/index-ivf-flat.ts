import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";
import { checkIndex } from "./check-index.js";
import type {
  Chunks,
  StoredIndex,
  StoredList,
  StoredQuantizer,
} from "./faiss-format/stored-index.js";
import { IndexBase, type RowStore } from "./index-base.js";
import { trainQuantizer } from "./k-means/train-quantizer.js";
import { listsFor, rowCounter } from "./probed-lists.js";
import { ExactSearch } from "./rows/exact-search.js";
import type { Allowed } from "./rows/filter.js";
import type { TakeNearest } from "./rows/nearest.js";
import { RowLists } from "./rows/row-lists.js";
import {
  type IndexSearchOptions,
  METRIC_L2,
  type Metric,
  type VectorIndex,
} from "./vector-index.js";

/** Small, so that little is empty at the end of each list. */
const BLOCK_ROWS = 128;
const MOST_LISTS = 2 ** 20;

/**
 * An inverted file: vectors in lists, each with that of the nearest centroid; a search compares those of the `nprobe` nearest lists
 * only, and these exactly, as IndexFlat does. Name and meaning as in FAISS, with one difference: where the probed
 * lists hold fewer than k vectors (that pass the filter), further ones are searched, the nearest first, until there are k.
 * `quantizer` keeps the centroids with the ids 0 to nlist - 1.
 */
export class IndexIVFFlat extends IndexBase {
  readonly quantizer: VectorIndex;
  readonly nlist: number;
  #rows: RowLists;
  #search: ExactSearch;
  #nprobe = 1;
  /** Lists of the vectors that memory was reserved for last. */
  #planned: { readonly vectors: Matrix; readonly lists: Uint32Array } | undefined;
  protected override readonly searchOptions = ["nprobe"] as const;

  /**
   * @param quantizer finds the nearest centroids; empty, or with `nlist` centroids: then there is nothing to train.
   * @param d dimensions, 1 to 65,536. @param nlist lists, 1 to 2^20.
   * @param rows nigh's own: rows that are in their lists already, until `identify` without ids.
   * @throws NighError `ERR_INVALID_ARGUMENT`, or `ERR_DIMENSION` for a quantizer of another dimension.
   */
  constructor(
    quantizer: VectorIndex,
    d: number,
    nlist: number,
    metric: Metric = METRIC_L2,
    rows?: RowLists,
  ) {
    super(d, metric);
    this.quantizer = checkIndex("IndexIVFFlat", "quantizer", quantizer);
    if (quantizer.d !== d) {
      throw new NighError(
        "ERR_DIMENSION",
        `IndexIVFFlat: the quantizer has ${quantizer.d} dimensions, the index ${d}: they must be equal.`,
      );
    }
    this.nlist = checkListCount(nlist);
    checkCentroidIds(quantizer, this.nlist);
    this.#rows = rows ?? invertedRows(d, metric, nlist);
    this.#search = new ExactSearch(this.#rows);
  }

  /** Lists that a search looks into, at least 1; above `nlist` means all. Default 1, as FAISS. */
  get nprobe(): number {
    return this.#nprobe;
  }
  set nprobe(value: number) {
    this.#nprobe = checkInteger("IndexIVFFlat", "nprobe", value, 1);
  }

  override get isTrained(): boolean {
    return this.quantizer.isTrained && this.quantizer.ntotal === this.nlist;
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes + this.quantizer.memoryBytes;
  }

  /**
   * Learns centroids with {@link Kmeans}; does nothing when the quantizer has them already, as FAISS.
   *
   * @param vectors at least `nlist`; 39 or more for each list are good, above 256 a random part is used.
   * @throws NighError `ERR_INVALID_ARGUMENT` for fewer vectors.
   */
  override train(vectors: MatrixLike): void {
    const matrix = this.checkVectors("train", vectors);
    if (this.isTrained) return;
    trainQuantizer(this.where("train"), this.quantizer, this.nlist, this.metric, matrix);
  }

  /**
   * What a file holds of the index.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` for a quantizer that a file cannot hold.
   * @internal
   */
  override toStored(): StoredIndex<Chunks, Chunks> {
    const { d, metric, ntotal, nlist, nprobe, isTrained } = this;
    const lists: StoredList<Chunks>[] = [];
    for (let list = 0; list < nlist; list++) {
      const ordinals = this.#rows.ordinalsOf(list);
      if (ordinals.length === 0) continue;
      const ids = Float64Array.from(ordinals, (ordinal) => this.rowIds.idOf(ordinal));
      lists.push({ list, ids, vectors: this.vectorsOf(ordinals) });
    }
    const quantizer = this.#storedQuantizer();
    return { type: "ivfFlat", d, metric, ntotal, isTrained, nlist, nprobe, quantizer, lists };
  }

  #storedQuantizer(): StoredQuantizer<Chunks, Chunks> {
    const stored = this.quantizer instanceof IndexBase ? this.quantizer.toStored() : undefined;
    if (stored?.type === "flat" || stored?.type === "hnswFlat") return stored;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `writeIndex: the quantizer is ${describe(this.quantizer)}; a file can hold an IndexFlatIP, IndexFlatL2 or IndexHNSWFlat with ids from 0.`,
    );
  }

  /** Gives ids, different ones, to the rows that the index was made with, whose ordinals are 0, 1, 2, … @internal */
  identify(ids: Float64Array): void {
    this.rowIds.assign(ids);
  }

  protected reserveRows(vectors: Matrix): void {
    const lists = this.#nearestLists(vectors);
    this.#reserve(lists);
    this.#planned = { vectors, lists };
  }

  protected insertRows(ordinals: Uint32Array, vectors: Matrix): void {
    const planned = this.#planned;
    this.#planned = undefined;
    const lists = planned?.vectors === vectors ? planned.lists : this.#nearestLists(vectors);
    this.#addToLists(ordinals, vectors, lists);
  }

  protected resetRows(): void {
    const rows = invertedRows(this.d, this.metric, this.nlist);
    this.#rows = rows;
    this.#search = new ExactSearch(rows);
  }

  protected override updateRows(ordinals: Uint32Array, vectors: Matrix): void {
    const lists = this.#nearestLists(vectors);
    this.#reserve(lists);
    for (const [i, ordinal] of ordinals.entries()) {
      const list = lists.subarray(i, i + 1);
      if (this.#rows.listOf(ordinal) === list[0]) this.#rows.replace(ordinal, vectors.row(i));
      else {
        this.#rows.remove(ordinal);
        this.#rows.addFilled(list[0] as number, ordinals.subarray(i, i + 1), (floats) =>
          floats.set(vectors.row(i)),
        );
      }
    }
  }

  protected get stored(): RowStore {
    return this.#rows;
  }

  protected searchRows(
    queries: Matrix,
    k: number,
    options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    const nprobe = this.#nprobeOf("search", options);
    this.#rows.prepareFor(this.rowIds, allowed);
    const near = this.quantizer.search(queries, nprobe).labels;
    const wanted = Math.min(k, allowed?.count ?? this.ntotal);
    const rowsOf = rowCounter(this.#rows, allowed);
    for (let i = 0; i < queries.shape[0]; i++) {
      let lists = near.subarray(i * nprobe, (i + 1) * nprobe);
      if (listsFor(wanted, lists, rowsOf) === undefined) {
        const all = this.quantizer.search([queries.row(i)], this.nlist).labels;
        lists = all.subarray(0, listsFor(wanted, all, rowsOf));
      }
      this.#search.search(queries, i, i + 1, k, lists, take);
    }
  }

  protected rangeRows(
    queries: Matrix,
    least: number,
    options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    const nprobe = this.#nprobeOf("rangeSearch", options);
    this.#rows.prepareFor(this.rowIds, allowed);
    const near = this.quantizer.search(queries, nprobe).labels;
    for (let i = 0; i < queries.shape[0]; i++) {
      const lists = near.subarray(i * nprobe, (i + 1) * nprobe);
      this.#search.range(queries, i, i + 1, least, lists, take);
    }
  }

  #nprobeOf(method: string, { nprobe = this.#nprobe }: IndexSearchOptions): number {
    return Math.min(checkInteger(this.where(method), "nprobe", nprobe, 1), this.nlist);
  }

  #nearestLists(vectors: Matrix): Uint32Array {
    return Uint32Array.from(this.quantizer.search(vectors, 1).labels);
  }

  #reserve(lists: Uint32Array): void {
    const added = new Map<number, number>();
    for (const list of lists) added.set(list, (added.get(list) ?? 0) + 1);
    this.#rows.reserve(added);
  }

  /** List by list, so that each is written to once. */
  #addToLists(ordinals: Uint32Array, vectors: Matrix, lists: Uint32Array): void {
    const places = Array.from({ length: this.nlist }, (): number[] => []);
    for (const [i, list] of lists.entries()) places[list]?.push(i);
    for (const [list, rows] of places.entries()) {
      let next = 0;
      const own = Uint32Array.from(rows, (i) => ordinals[i] as number);
      this.#rows.addFilled(list, own, (floats) => {
        for (let at = 0; at < floats.length; at += this.d) {
          floats.set(vectors.row(rows[next++] as number), at);
        }
      });
    }
  }
}

/** Lists for the rows of such an index. @internal */
export function invertedRows(d: number, metric: Metric, nlist: number): RowLists {
  return new RowLists(d, metric, nlist, BLOCK_ROWS);
}

function checkListCount(nlist: unknown): number {
  if (typeof nlist === "number" && Number.isInteger(nlist) && nlist >= 1 && nlist <= MOST_LISTS) {
    return nlist;
  }
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `IndexIVFFlat: "nlist" must be an integer from 1 to ${MOST_LISTS}, found ${describe(nlist)}.`,
  );
}

/** Lists are numbered as the centroids are. */
function checkCentroidIds(quantizer: VectorIndex, nlist: number): void {
  const wrong = quantizer.ntotal === nlist ? quantizer.ids().findIndex((id, i) => id !== i) : -1;
  if (wrong < 0) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `IndexIVFFlat: the quantizer's centroids must have the ids 0 to ${nlist - 1}, found ${quantizer.ids()[wrong]}: add them without ids.`,
  );
}
