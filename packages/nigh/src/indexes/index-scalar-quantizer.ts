import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import type { Chunks, StoredIndex, StoredScalarQuantizer } from "./faiss-format/stored-index.js";
import { IndexBase, type RowStore } from "./index-base.js";
import type { Allowed } from "./rows/filter.js";
import type { TakeNearest } from "./rows/nearest.js";
import { ScalarRows } from "./scalar-quantizer/scalar-rows.js";
import { type IndexSearchOptions, METRIC_L2, type Metric } from "./vector-index.js";

/**
 * Vectors as one byte a dimension, a quarter of their size: FAISS's IndexScalarQuantizer with QT_8bit. Training takes the lowest
 * and highest number of each dimension; what is beyond them later is cut to them. Searches compare what the codes stand
 * for, which is what `reconstruct` gives, in float32.
 */
export class IndexScalarQuantizer extends IndexBase {
  #rows: ScalarRows | undefined;
  #lowest: Float32Array = new Float32Array(0);
  #ranges: Float32Array = new Float32Array(0);

  /**
   * @param d dimensions, 1 to 65,536. @param type "QT_8bit", the only one there is.
   * @throws NighError `ERR_INVALID_ARGUMENT`.
   */
  constructor(d: number, type: "QT_8bit", metric: Metric = METRIC_L2) {
    super(d, metric);
    if (type === "QT_8bit") return;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `IndexScalarQuantizer: the type must be "QT_8bit", found ${describe(type)}.`,
    );
  }

  /** @internal */
  static fromStored(stored: StoredScalarQuantizer<Uint8Array>): IndexScalarQuantizer {
    const { d, metric, ntotal, isTrained, vmin, vdiff, codes } = stored;
    const index = new IndexScalarQuantizer(d, "QT_8bit", metric);
    if (!isTrained) return index;
    const rows = index.#setRanges(vmin, vdiff);
    rows.reserve(ntotal);
    const ordinals = index.rowIds.assign(index.rowIds.plan("IndexScalarQuantizer", ntotal));
    for (const [i, ordinal] of ordinals.entries()) {
      rows.addCodes(ordinal, codes.subarray(i * d, (i + 1) * d));
    }
    return index;
  }

  override get isTrained(): boolean {
    return this.#rows !== undefined;
  }

  get memoryBytes(): number {
    return this.#rows?.memoryBytes ?? 0;
  }

  /**
   * Learns the range of each dimension; anew, as long as the index is empty.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` without vectors, when the index holds some already, and for a range beyond float32.
   */
  override train(vectors: MatrixLike): void {
    const matrix = this.checkVectors("train", vectors);
    const where = this.where("train");
    if (matrix.shape[0] < 1) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: found 0 training vectors, expected at least 1.`,
      );
    }
    if (this.ntotal > 0) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the index holds ${this.ntotal} vectors in the ranges that it learned before: train an empty index.`,
      );
    }
    const lowest = matrix.row(0).slice();
    const highest = lowest.slice();
    for (const row of matrix) {
      for (let t = 0; t < this.d; t++) {
        const x = row[t] as number;
        if (x < (lowest[t] as number)) lowest[t] = x;
        if (x > (highest[t] as number)) highest[t] = x;
      }
    }
    const ranges = highest.map((x, t) => x - (lowest[t] as number));
    const t = ranges.indexOf(Infinity);
    if (t >= 0) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: dimension ${t} goes from ${lowest[t]} to ${highest[t]}, a range beyond float32: scale the vectors.`,
      );
    }
    this.#setRanges(lowest, ranges);
  }

  /** What a file holds of the index. @internal */
  override toStored(): StoredIndex<Chunks, Chunks> {
    const { d, metric, ntotal, isTrained } = this;
    return this.withIds((ordinals) => ({
      type: "scalarQuantizer",
      ...{ d, metric, ntotal, isTrained, rangeStat: 0, rangeStatArg: 0 },
      ...{ vmin: this.#lowest, vdiff: this.#ranges },
      codes: this.#codesOf(ordinals),
    }));
  }

  protected reserveRows(vectors: Matrix): void {
    this.#trained.reserve(vectors.shape[0]);
  }

  protected insertRows(ordinals: Uint32Array, vectors: Matrix): void {
    this.#trained.add(ordinals, vectors);
  }

  protected resetRows(): void {
    if (this.isTrained) this.#setRanges(this.#lowest, this.#ranges);
  }

  protected get stored(): RowStore {
    return this.#trained;
  }

  protected searchRows(
    queries: Matrix,
    k: number,
    _options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    this.#trained.prepareFor(this.rowIds, allowed);
    for (let i = 0; i < queries.shape[0]; i++) {
      take(i, this.#trained.search(queries.row(i), k));
    }
  }

  protected rangeRows(
    queries: Matrix,
    least: number,
    _options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    this.#trained.prepareFor(this.rowIds, allowed);
    for (let i = 0; i < queries.shape[0]; i++) {
      take(i, this.#trained.range(queries.row(i), least));
    }
  }

  *#codesOf(ordinals: Uint32Array): Generator<Uint8Array> {
    for (const ordinal of ordinals) yield this.#trained.codesOf(ordinal);
  }

  #setRanges(lowest: Float32Array, ranges: Float32Array): ScalarRows {
    const rows = new ScalarRows(this.d, this.metric, lowest, ranges);
    this.#lowest = lowest;
    this.#ranges = ranges;
    this.#rows = rows;
    return rows;
  }

  get #trained(): ScalarRows {
    if (this.#rows === undefined) this.checkTrained("search");
    return this.#rows as ScalarRows;
  }
}
