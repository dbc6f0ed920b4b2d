import { type GraphSnapshot, snapshotInSteps } from "../../indexes/graph-snapshot.js";
import { IndexHNSWFlat } from "../../indexes/index-hnsw-flat.js";
import type { SearchResult } from "../../indexes/vector-index.js";
import type { HnswConfiguration } from "./configuration.js";
import type { LiveIndex } from "./live-index.js";

/** What the builder may take of the event loop at a time: a query waits no longer than this. */
const SLICE_MS = 2;
/** Vectors that are linked at a time, about a millisecond's work. */
const PART = 8;
/** So many new vectors may wait in the exact index before they are moved into the graph. */
const WAITING = 512;

/** A graph is saved again when more than this share of it has changed: following the journal is faster than reading a file. */
const SAVED_SHARE = 1 / 50;

/** Vectors by which recall is measured, and how many neighbours of each. */
const SAMPLE = 64;
const NEIGHBOURS = 10;
/** The graph answers when it finds this share of the true neighbours of the sample. */
const RECALL = 0.995;
const MOST_EF = 4096;

/** Where a graph is kept for the next time that its collection is opened. */
export interface GraphKeeper {
  /** Whether what has changed since the graph was kept will soon be known no more. */
  isFarBehind(): boolean;
  save(snapshot: GraphSnapshot): void;
  /** Keeps that a graph of so many vectors was of no use. */
  refuse(vectors: number): void;
}

/**
 * Moves the vectors of a growing collection from the exact index into a graph, in slices of the event loop. The graph answers only
 * when it was measured to find what the exact index finds, and faster; where it does not, as with random vectors, the exact index
 * stays until there are twice as many.
 */
export class GraphBuilder {
  readonly #live: LiveIndex;
  /** undefined where nothing can be kept. */
  readonly #keeper: GraphKeeper | undefined;
  #configuration: Required<HnswConfiguration>;
  /** The live index's count of changes when the graph was last saved. */
  #savedAt = 0;
  #work: Generator<void, void> | undefined;
  #turn: NodeJS.Timeout | undefined;
  /** From so many vectors on a graph is tried again, after one that was of no use. */
  #tryAgainAt = 0;

  constructor(
    live: LiveIndex,
    configuration: Required<HnswConfiguration>,
    keeper: GraphKeeper | undefined,
  ) {
    this.#live = live;
    this.#configuration = configuration;
    this.#keeper = keeper;
  }

  /** Follows a changed configuration: a graph that is there keeps at least as many candidates as it now says. */
  configure(configuration: Required<HnswConfiguration>): void {
    this.#configuration = configuration;
    this.#widen();
    this.wake();
  }

  get isWorking(): boolean {
    return this.#work !== undefined;
  }

  /** Starts working where there is work; to be called when vectors were added. */
  wake(): void {
    if (this.#work !== undefined) return;
    const { flat, graph } = this.#live;
    if (graph !== undefined && flat.ntotal >= WAITING) this.#work = this.#move();
    else if (graph === undefined && this.#isWorthwhile) this.#work = this.#build();
    if (this.#work !== undefined) this.#nextTurn();
  }

  stop(): void {
    this.#work = undefined;
    if (this.#turn !== undefined) clearTimeout(this.#turn);
  }

  /** The graph was read as it was saved. */
  restored(): void {
    this.#savedAt = this.#live.changes;
    this.#widen();
  }

  /** A graph of so many vectors was of no use. */
  refused(vectors: number): void {
    this.#tryAgainAt = 2 * vectors;
  }

  /** Begins to save the graph where enough has changed, unless there is other work: that ends with saving. */
  beginSaving(): void {
    if (this.#work !== undefined || !this.#hasToSave) return;
    this.#work = this.#saveInSteps();
    this.#nextTurn();
  }

  /** Saves the graph at once where enough has changed. */
  saveNow(): void {
    for (const _ of this.#saveInSteps());
  }

  get #hasToSave(): boolean {
    const { graph, changes } = this.#live;
    if (graph === undefined || this.#keeper === undefined) return false;
    return changes - this.#savedAt > SAVED_SHARE * graph.ntotal || this.#keeper.isFarBehind();
  }

  get #isWorthwhile(): boolean {
    const { ntotal } = this.#live.flat;
    return ntotal >= this.#configuration.sync_threshold && ntotal >= this.#tryAgainAt;
  }

  #widen(): void {
    const { graph } = this.#live;
    if (graph) graph.efSearch = Math.max(graph.efSearch, this.#configuration.ef_search);
  }

  /**
   * Does not keep a program alive: what is not done is done when the collection is opened again. A timer, since an immediate that does
   * not keep the program alive waits for something else to happen.
   */
  #nextTurn(): void {
    this.#turn = setTimeout(() => {
      try {
        this.#takeTurn();
      } catch {
        // As without memory: the exact index answers on.
        this.stop();
        this.#live.growing = undefined;
        this.refused(this.#live.flat.ntotal);
      }
    }, 0).unref();
  }

  #takeTurn(): void {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      if (this.#work?.next().done !== false) {
        this.#work = undefined;
        this.wake();
        return;
      }
    }
    this.#nextTurn();
  }

  *#build(): Generator<void, void> {
    const live = this.#live;
    const { max_neighbors, ef_construction } = this.#configuration;
    const graph = new IndexHNSWFlat(live.d, max_neighbors, live.metric);
    graph.efConstruction = ef_construction;
    live.growing = graph;
    let cursor = 0;
    while (cursor < live.top) {
      const keys: number[] = [];
      for (; cursor < live.top && keys.length < PART; cursor++) {
        if (live.flat.has(cursor)) keys.push(cursor);
      }
      graph.addWithIds(live.vectorsOf(live.flat, keys), keys);
      yield;
    }
    const ef = yield* chooseEf(live, graph, this.#configuration.ef_search);
    live.growing = undefined;
    if (ef === undefined) {
      this.refused(live.flat.ntotal);
      this.#keeper?.refuse(live.flat.ntotal);
      return;
    }
    graph.efSearch = ef;
    live.takeGraph(graph, cursor);
    // The configuration may have changed meanwhile.
    this.#widen();
    yield* this.#saveInSteps();
  }

  *#move(): Generator<void, void> {
    const live = this.#live;
    let cursor = 0;
    while (cursor < live.top) {
      const keys: number[] = [];
      for (; cursor < live.top && keys.length < PART; cursor++) {
        if (live.flat.has(cursor)) keys.push(cursor);
      }
      if (keys.length === 0) break;
      live.moveToGraph(keys);
      yield;
    }
    yield* this.#saveInSteps();
  }

  /** Saves the graph, unless little has changed or it changes meanwhile: then a later call does. */
  *#saveInSteps(): Generator<void, void> {
    const { graph, changes } = this.#live;
    if (graph === undefined || !this.#hasToSave) return;
    const steps = snapshotInSteps(graph);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        this.#keeper?.save(step.value);
        this.#savedAt = changes;
        return;
      }
      yield;
      if (this.#live.changes !== changes) return;
    }
  }
}

/**
 * The smallest ef by which the graph finds enough; undefined where the exact index is as fast by then. Other work may slow the machine
 * down at any moment: so each walk is timed beside a scan for the same query, and medians are compared.
 */
function* chooseEf(
  live: LiveIndex,
  graph: IndexHNSWFlat,
  least: number,
): Generator<void, number | undefined> {
  const keys: number[] = [];
  const step = Math.max(1, Math.floor(live.top / SAMPLE));
  for (let key = 0; key < live.top; key += step) if (live.flat.has(key)) keys.push(key);
  const queries = live.vectorsOf(live.flat, keys);
  for (let ef = least; ; ef = Math.ceil(ef * 1.5)) {
    const exact = new Timed();
    const walked = new Timed();
    for (let q = 0; q < keys.length; q++) {
      const query = [queries.row(q)];
      exact.search(() => live.flat.search(query, NEIGHBOURS + 1));
      yield;
      walked.search(() => graph.search(query, NEIGHBOURS + 1, { efSearch: ef }));
      yield;
    }
    if (walked.median > exact.median) return undefined;
    if (recall(exact.found, walked.found) >= RECALL) return ef;
    if (ef >= MOST_EF) return undefined;
  }
}

/** What searches found, and how long they took. */
class Timed {
  readonly found: Float64Array[] = [];
  readonly #ms: number[] = [];

  get median(): number {
    return this.#ms.toSorted((a, b) => a - b)[this.#ms.length >> 1] ?? 0;
  }

  search(search: () => SearchResult): void {
    const start = performance.now();
    this.found.push(search().labels);
    this.#ms.push(performance.now() - start);
  }
}

function recall(exact: readonly Float64Array[], walked: readonly Float64Array[]): number {
  let found = 0;
  let all = 0;
  for (const [q, labels] of exact.entries()) {
    all += labels.length;
    for (const label of labels) if (walked[q]?.includes(label)) found++;
  }
  return all === 0 ? 1 : found / all;
}
