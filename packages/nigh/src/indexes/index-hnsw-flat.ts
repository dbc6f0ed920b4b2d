import { Arena } from "../kernels/arena.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix } from "../shared/matrix.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import { finish, type Steps } from "../shared/steps.js";
import type { Chunks, StoredHnswFlat, StoredIndex } from "./faiss-format/stored-index.js";
import { RandomLevels } from "./hnsw/random-levels.js";
import { RowGraph } from "./hnsw/row-graph.js";
import { concatenate, storedGraph } from "./hnsw/stored-graph.js";
import { IndexBase, type RowStore } from "./index-base.js";
import { type Allowed, PreparedFilter } from "./rows/filter.js";
import type { Nearest, TakeNearest } from "./rows/nearest.js";
import { RowLists, rowsOfBlock } from "./rows/row-lists.js";
import { type IndexSearchOptions, METRIC_L2, type Metric } from "./vector-index.js";

/** Rows compared in float32 at the end of a walk, beyond k. */
const MORE_COMPARED = 6;
/** The graph is mended when more than this share of its rows is dead, and more than so many. */
const DEAD_SHARE = 1 / 16;
const DEAD_ROWS = 64;
/** Memory is given back when so few of the places are in use. */
const SPARSE_SHARE = 1 / 2;
/** What following a candidate's links costs, in rows of a scan. */
const CANDIDATE_ROWS = 50;

/** Memory for the rows of such an index: scans, too, go by the graph's codes. @internal */
export function walkedRows(d: number, metric: Metric): RowLists {
  return new RowLists(d, metric, 1, rowsOfBlock(d), new Arena(), false);
}

export interface HnswOptions {
  /** Of the random levels, an integer of at least 0: the same vectors in the same order with the same seed give the same graph. Default 1234. */
  readonly seed?: number;
}

/**
 * Approximate search by a hierarchical navigable small world graph (Malkov & Yashunin 2018); name and parameters as in FAISS.
 *
 * Walks measure distances by codes of 4 bits; the best are ranked, and reported, by float32. A removed vector is out at once; the
 * graph around it is mended when a sixteenth of its vectors are removed. With a filter that few vectors pass, and in
 * `rangeSearch`, every vector is compared: such results are exact.
 */
export class IndexHNSWFlat extends IndexBase {
  /** Links of a vector at upper levels; up to twice as many at the lowest. */
  readonly M: number;
  #rows: RowLists;
  #graph: RowGraph;
  readonly #seed: number;
  #levels: RandomLevels;
  readonly #inUse = new PreparedFilter(() => true);
  #efConstruction = 40;
  #efSearch = 16;
  protected override readonly searchOptions = ["efSearch"] as const;

  /**
   * @param d dimensions, 1 to 65,536.
   * @param M 2 to 512. Default 32, as FAISS.
   * @param rows nigh's own: what `over` begins with.
   * @throws NighError `ERR_INVALID_ARGUMENT`.
   */
  constructor(
    d: number,
    M = 32,
    metric: Metric = METRIC_L2,
    options: HnswOptions = {},
    rows?: RowLists,
  ) {
    super(d, metric);
    checkKeys("IndexHNSWFlat", options, ["seed"]);
    this.#seed = checkInteger("IndexHNSWFlat", "seed", options.seed ?? 1234, 0);
    if (!Number.isInteger(M) || M < 2 || M > 512) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `IndexHNSWFlat: "M" must be an integer from 2 to 512, found ${describe(M)}.`,
      );
    }
    this.M = M;
    this.#rows = rows ?? this.#newRows();
    this.#graph = new RowGraph(this.#rows, M);
    this.#levels = new RandomLevels(M, this.#seed);
  }

  /** An index of rows whose ordinals are 0, 1, 2, …, with a stored graph; in steps. @internal */
  static *over(rows: RowLists, stored: StoredHnswFlat<unknown>): Steps<IndexHNSWFlat> {
    const index = new IndexHNSWFlat(stored.d, stored.M, stored.metric, {}, rows);
    index.#efConstruction = stored.efConstruction;
    index.#efSearch = stored.efSearch;
    rows.reserve([], index.#graph.bytesFor(stored.ntotal, stored.ntotal, 1));
    index.rowIds.assign(index.rowIds.plan("IndexHNSWFlat", stored.ntotal));
    yield* index.#graph.restore(stored);
    return index;
  }

  /** What a file holds of the index. @internal */
  override toStored(): StoredIndex<Chunks, Chunks> {
    if (this.#graph.deadCount > 0) this.#mend();
    const { d, metric, ntotal, M, efConstruction, efSearch } = this;
    return this.withIds((ordinals) => ({
      type: "hnswFlat",
      ...{ d, metric, ntotal, M, efConstruction, efSearch },
      ...storedGraph(this.#graph, ordinals, this.rowIds.top),
      storage: { type: "flat", d, metric, ntotal, vectors: this.vectorsOf(ordinals) },
    }));
  }

  /** Candidates among which a new vector's links are chosen. Default 40. */
  get efConstruction(): number {
    return this.#efConstruction;
  }

  set efConstruction(ef: number) {
    this.#efConstruction = checkInteger("IndexHNSWFlat", "efConstruction", ef, 1);
  }

  /** Candidates that a search keeps on its way, at least k. Default 16. */
  get efSearch(): number {
    return this.#efSearch;
  }

  set efSearch(ef: number) {
    this.#efSearch = checkInteger("IndexHNSWFlat", "efSearch", ef, 1);
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes;
  }

  protected reserveRows(vectors: Matrix): void {
    const stored = this.#rows.countOf(0);
    const ordinals = this.rowIds.planOrdinals(vectors.shape[0]);
    const fresh = ordinals.reduce((sum, ordinal) => sum + (ordinal < stored ? 0 : 1), 0);
    const bytes = this.#graph.bytesFor(
      vectors.shape[0],
      fresh,
      this.#buildCandidates(stored + fresh),
    );
    this.#rows.reserve([[0, fresh]], bytes);
  }

  protected insertRows(ordinals: Uint32Array, vectors: Matrix): void {
    this.#store(ordinals, vectors);
    const levels = this.#levels.next(ordinals.length);
    this.#graph.insert(ordinals, levels, this.#buildCandidates(this.#rows.countOf(0)));
  }

  protected override removeRows(ordinals: Uint32Array): void {
    this.#takeOut(ordinals);
    this.#compactWhenSparse();
  }

  /** Part by part, so that places of replaced vectors are used again; ordinals stay what they are until the end. */
  protected override updateRows(ordinals: Uint32Array, vectors: Matrix): void {
    const part = this.#mostDead();
    this.reserveRows(vectors.rows(0, Math.min(2 * part, ordinals.length)));
    for (let from = 0; from < ordinals.length; from += part) {
      const to = Math.min(from + part, ordinals.length);
      const old = ordinals.subarray(from, to);
      this.insertRows(this.rowIds.renew(old), vectors.rows(from, to));
      this.#takeOut(old);
    }
    this.#compactWhenSparse();
  }

  protected resetRows(): void {
    const rows = this.#newRows();
    this.#moveTo(rows, new RowGraph(rows, this.M));
    this.#levels = new RandomLevels(this.M, this.#seed);
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
    const asked = options.efSearch ?? this.#efSearch;
    checkInteger(this.where("search"), "efSearch", asked, 1);
    const wanted = Math.min(k, allowed?.count ?? this.ntotal);
    if (wanted === 0) return;
    const ef = this.#candidates(Math.max(asked, k), allowed);
    for (let i = 0; i < queries.shape[0]; i++) {
      const query = queries.row(i);
      const found = ef === undefined ? undefined : this.#walk(query, k, ef, allowed);
      const enough = found !== undefined && found.ordinals.length >= wanted;
      take(i, enough ? found : this.#scan(query, wanted, allowed));
    }
  }

  protected rangeRows(
    queries: Matrix,
    least: number,
    options: IndexSearchOptions,
    allowed: Allowed | undefined,
    take: TakeNearest,
  ): void {
    if (options.efSearch !== undefined) {
      checkInteger(this.where("rangeSearch"), "efSearch", options.efSearch, 1);
    }
    this.#rows.prepareFor(this.rowIds, this.#scanned(allowed));
    const rows = allowed?.count ?? this.ntotal;
    for (let i = 0; i < queries.shape[0]; i++) {
      take(i, this.#graph.range(queries.row(i), least, rows, this.rowIds.top));
    }
  }

  /** Puts rows at their ordinals: those of removed rows first, then new ones. */
  #store(ordinals: Uint32Array, vectors: Matrix): void {
    const count = this.#rows.countOf(0);
    let fresh = 0;
    while (fresh < ordinals.length && (ordinals[fresh] as number) < count) {
      this.#rows.replace(ordinals[fresh] as number, vectors.row(fresh));
      fresh++;
    }
    this.#rows.add(ordinals.subarray(fresh), vectors.rows(fresh, ordinals.length));
  }

  /** Dead rows from which on the graph is mended. */
  #mostDead(): number {
    return Math.max(DEAD_ROWS, Math.ceil(DEAD_SHARE * this.ntotal));
  }

  #mend(): void {
    const ef = this.#buildCandidates(this.#rows.countOf(0));
    const freed = this.#graph.mend(this.rowIds.used(), ef);
    this.rowIds.reuse(freed.sort().reverse());
  }

  /** Buries rows, and mends the graph when many are dead. */
  #takeOut(ordinals: Uint32Array): void {
    this.#graph.bury(ordinals);
    if (this.#graph.deadCount < this.#mostDead() && this.ntotal > 0) return;
    this.#mend();
  }

  /** Gives memory back where that is possible; the index is as good without. Only without dead rows: they have no ids. */
  #compactWhenSparse(): void {
    if (this.#graph.deadCount > 0 || this.ntotal >= SPARSE_SHARE * this.#rows.countOf(0)) return;
    try {
      this.#compact();
    } catch (error) {
      if (!(error instanceof NighError && error.code === "ERR_OUT_OF_MEMORY")) throw error;
    }
  }

  /** Candidates among which links are chosen; there are never more than rows. */
  #buildCandidates(rows: number): number {
    return Math.max(1, Math.min(rows, Math.max(this.#efConstruction, this.M)));
  }

  /** Moves everything into new memory, without the places of removed rows. */
  #compact(): void {
    const { d, ntotal } = this;
    const ordinals = this.rowIds.used();
    const stored = storedGraph(this.#graph, ordinals, this.rowIds.top);
    const rows = this.#newRows();
    const graph = new RowGraph(rows, this.M);
    rows.reserve([[0, ntotal]], graph.bytesFor(ntotal, ntotal, 1));
    const vectors = this.vectorsOf(ordinals);
    rows.addFilled(0, Uint32Array.from(ordinals.keys()), (floats) => {
      for (let at = 0; at < floats.length; at += d) floats.set(vectors.next().value ?? [], at);
    });
    finish(graph.restore({ ...stored, neighbors: concatenate(stored.neighbors) }));
    this.#moveTo(rows, graph);
    this.rowIds.compact(ordinals);
  }

  #newRows(): RowLists {
    return walkedRows(this.d, this.metric);
  }

  #moveTo(rows: RowLists, graph: RowGraph): void {
    this.#rows = rows;
    this.#graph = graph;
  }

  /** Candidates for a walk that ends with `ef` allowed rows, by and large; undefined where comparing all rows is cheaper. */
  #candidates(ef: number, allowed: Allowed | undefined): number | undefined {
    const rows = allowed?.count ?? this.ntotal;
    const candidates = allowed === undefined ? ef : Math.ceil((ef * this.#rows.countOf(0)) / rows);
    return candidates * CANDIDATE_ROWS < rows ? candidates : undefined;
  }

  #walk(query: Float32Array, k: number, ef: number, allowed: Allowed | undefined): Nearest {
    this.#rows.prepareFor(this.rowIds, allowed);
    return this.#graph.walk(query, k, ef, k + Math.max(MORE_COMPARED, k >> 1, ef >> 3));
  }

  #scan(query: Float32Array, k: number, allowed: Allowed | undefined): Nearest {
    this.#rows.prepareFor(this.rowIds, this.#scanned(allowed));
    return this.#graph.scan(query, k, allowed?.count ?? this.ntotal, this.rowIds.top);
  }

  /** A scan must leave out the places of removed rows. */
  #scanned(allowed: Allowed | undefined): Allowed | undefined {
    if (allowed !== undefined || this.ntotal === this.#rows.countOf(0)) return allowed;
    return this.#inUse.rowsOf(this.rowIds);
  }
}
