import { NighError } from "../shared/errors.js";
import type { MatrixLike } from "../shared/matrix.js";
import { checkIndex } from "./check-index.js";
import type { Chunks, StoredIndex } from "./faiss-format/stored-index.js";
import { IndexBase } from "./index-base.js";
import type {
  Ids,
  IndexSearchOptions,
  Metric,
  RangeSearchResult,
  SearchResult,
  VectorIndex,
} from "./vector-index.js";

/**
 * FAISS's way to give a flat or HNSW index ids. All indexes here have ids of their own, so this passes everything on to the
 * index inside; programs written for FAISS keep working. `add`, which FAISS refuses here, gives ids as every other index does.
 */
export class IndexIDMap implements VectorIndex {
  readonly index: VectorIndex;

  /**
   * @param index whatever it holds keeps its ids.
   * @throws NighError `ERR_INVALID_ARGUMENT` when it is none.
   */
  constructor(index: VectorIndex) {
    this.index = checkIndex("IndexIDMap", "index", index);
  }

  get d(): number {
    return this.index.d;
  }
  get metric(): Metric {
    return this.index.metric;
  }
  get ntotal(): number {
    return this.index.ntotal;
  }
  get isTrained(): boolean {
    return this.index.isTrained;
  }
  get memoryBytes(): number {
    return this.index.memoryBytes;
  }

  train(vectors: MatrixLike): void {
    this.index.train(vectors);
  }
  add(vectors: MatrixLike): void {
    this.index.add(vectors);
  }
  addWithIds(vectors: MatrixLike, ids: Ids): void {
    this.index.addWithIds(vectors, ids);
  }
  search(queries: MatrixLike, k: number, options?: IndexSearchOptions): SearchResult {
    return this.index.search(queries, k, options);
  }
  rangeSearch(
    queries: MatrixLike,
    radius: number,
    options?: IndexSearchOptions,
  ): RangeSearchResult {
    return this.index.rangeSearch(queries, radius, options);
  }
  removeIds(ids: Ids): number {
    return this.index.removeIds(ids);
  }
  reset(): void {
    this.index.reset();
  }
  update(ids: Ids, vectors: MatrixLike): void {
    this.index.update(ids, vectors);
  }
  reconstruct(id: number): Float32Array {
    return this.index.reconstruct(id);
  }
  has(id: number): boolean {
    return this.index.has(id);
  }
  ids(): Float64Array {
    return this.index.ids();
  }

  /** What a file holds: ids with the index inside, except where that keeps ids itself. @internal */
  toStored(): StoredIndex<Chunks, Chunks> {
    const { index } = this;
    if (!(index instanceof IndexBase || index instanceof IndexIDMap)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        "writeIndex: the index inside the IndexIDMap must be one of nigh's own.",
      );
    }
    const inner = index.toStored();
    if (inner.type === "idMap" || inner.type === "ivfFlat") return inner;
    const { d, metric, ntotal } = index;
    return { type: "idMap", version: 2, d, metric, ntotal, inner, ids: index.ids() };
  }
}
