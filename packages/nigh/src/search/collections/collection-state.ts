import { nextTurn } from "#shared/turns";
import { finish, type Steps, workFor } from "../../shared/steps.js";
import type { CollectionRow } from "../../store/collection-row.js";
import type { Connection } from "../../store/database.js";
import { CHANGES, changesSince, type JournalEntry } from "../../store/journal.js";
import { RecordReader } from "../../store/record-reader.js";
import { tablesOf } from "../../store/schema.js";
import type { Condition } from "../../store/where/condition.js";
import { hnswOf } from "./configuration.js";
import { FilterCache, type Passing } from "./filter-cache.js";
import { GraphBuilder, type GraphKeeper } from "./graph-builder.js";
import type { KeptGraph } from "./kept-graph.js";
import { LiveIndex } from "./live-index.js";

/** How long vectors are loaded at a time. */
const TURN_MS = 4;

/** What a client keeps in memory of one collection: made from the database, and following it. */
export class CollectionState {
  readonly #kept: KeptGraph;
  readonly #filters = new FilterCache();
  #live: LiveIndex | undefined;
  #builder: GraphBuilder | undefined;
  /** Changes up to here are followed. */
  #position = 0;
  #loading: Promise<void> | undefined;
  /** Another one after each {@link forget}: what is being loaded then is not wanted any more. */
  #memory = {};
  /** As the catalogue had it when it was last looked at. */
  #row: CollectionRow | undefined;

  constructor(kept: KeptGraph) {
    this.#kept = kept;
  }

  get live(): LiveIndex | undefined {
    return this.#live;
  }

  /** Follows what was committed since the last call, by this process or another; in a transaction of the caller's. */
  follow(db: Connection, row: CollectionRow): void {
    const { dimension, logPosition, version } = row;
    if (version !== this.#row?.version) this.#builder?.configure(hnswOf(row));
    this.#row = row;
    if (logPosition === this.#position && (this.#live !== undefined || dimension === null)) return;
    const reader = new RecordReader(db, row);
    const entries = followable(db, row, this.#position);
    if (dimension !== null && (entries === undefined || this.#live?.d !== dimension)) {
      // Where reading fails, nothing must be left that looks complete.
      this.forget();
      finish(this.#load(db, row, dimension));
    } else if (entries !== undefined) {
      this.#live?.apply(reader, entries);
    }
    if (entries === undefined) this.#filters.clear();
    else this.#filters.apply(reader, entries);
    this.#position = logPosition;
    this.#builder?.wake();
    if (this.#kept.isFarBehind(logPosition)) this.#builder?.beginSaving();
  }

  /** Whether {@link follow} has the vectors in memory, and is not to read all of them. */
  isLoaded(db: Connection, row: CollectionRow): boolean {
    const { dimension, logPosition } = row;
    if (dimension === null) return true;
    if (this.#live?.d !== dimension) return false;
    return logPosition === this.#position || followable(db, row, this.#position) !== undefined;
  }

  /**
   * Brings the vectors into memory between other work, once for all who wait for it; what was written meanwhile is left to {@link follow}.
   *
   * @param read reads the database; a transaction for each turn.
   */
  load(read: <T>(work: (db: Connection, row: CollectionRow) => T) => T): Promise<void> {
    if (this.#loading === undefined) {
      const loading = this.#loadInTurns(read).finally(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
      this.#loading = loading;
    }
    return this.#loading;
  }

  /** The records that pass a condition; after {@link follow}. */
  passing(condition: Condition, reader: RecordReader): Passing {
    return this.#filters.passing(condition, reader);
  }

  /** Bytes of vectors, graph and filters. */
  get memoryBytes(): number {
    return (this.#live?.memoryBytes ?? 0) + this.#filters.bytes;
  }

  /** Whether nothing would be lost by {@link forget}. Where a graph is to be saved first, this begins it. */
  isSaved(): boolean {
    if (this.#loading !== undefined) return false;
    if (this.#builder === undefined) return true;
    this.#builder.beginSaving();
    return !this.#builder.isWorking && !this.#kept.isBeingWritten;
  }

  /** Whether the graph is being built or extended. */
  get isBuilding(): boolean {
    return this.#builder?.isWorking ?? false;
  }

  /** Saves the graph where enough has changed, and forgets everything. */
  async close(): Promise<void> {
    this.#builder?.stop();
    this.#builder?.saveNow();
    this.forget();
    await this.#kept.written();
  }

  /** Ends when all that was to be kept for the next time is on disk. */
  written(): Promise<void> {
    return this.#kept.written();
  }

  /** Forgets everything: it is read again when it is next needed. */
  forget(): void {
    this.#builder?.stop();
    this.#builder = undefined;
    this.#live = undefined;
    this.#memory = {};
    this.#filters.clear();
  }

  async #loadInTurns(
    read: <T>(work: (db: Connection, row: CollectionRow) => T) => T,
  ): Promise<void> {
    this.forget();
    const memory = this.#memory;
    let steps: Steps<void> | undefined;
    let first: number | null = null;
    const takeTurn = (db: Connection, row: CollectionRow): boolean => {
      const { dimension } = row;
      first ??= dimension;
      // What was loaded is of no use then: whoever waits reads all anew.
      if (dimension === null || dimension !== first || memory !== this.#memory) return true;
      steps ??= this.#load(db, row, dimension);
      return workFor(steps, TURN_MS).done === true;
    };
    while (!read(takeTurn)) await nextTurn();
  }

  /**
   * Brings the vectors into memory, in steps. Others may write between them: what a step reads is what there is by then, and following
   * the journal from where it was at the first step makes it what there is at the end.
   */
  *#load(db: Connection, row: CollectionRow, dimension: number): Steps<void> {
    const reader = new RecordReader(db, row);
    const hnsw = hnswOf(row);
    const live = new LiveIndex(hnsw.space, dimension);
    const builder = new GraphBuilder(
      live,
      hnsw,
      this.#kept.isPossible ? this.#keeper() : undefined,
    );
    const kept = yield* this.#kept.read(row);
    const refused = kept && "refused" in kept ? kept.refused : undefined;
    const saved = kept && "refused" in kept ? undefined : kept;
    const since = saved && followable(db, row, saved.position);
    if (saved === undefined || since === undefined) {
      yield* live.fill(reader);
      if (refused !== undefined) builder.refused(refused);
    } else {
      yield* live.restore(saved, reader);
      builder.restored();
      live.apply(
        reader,
        since.filter(({ change }) => change === CHANGES.vector),
      );
    }
    this.#live = live;
    this.#builder = builder;
    this.#position = row.logPosition;
  }

  #keeper(): GraphKeeper {
    return {
      isFarBehind: () => this.#kept.isFarBehind(this.#position),
      save: (snapshot) => this.#kept.save(snapshot, this.#position),
      refuse: (vectors) => this.#kept.refuse(vectors, this.#row as CollectionRow),
    };
  }
}

/** What happened behind a position; undefined where one has to read everything anew. */
function followable(
  db: Connection,
  { number, logPosition }: CollectionRow,
  position: number,
): JournalEntry[] | undefined {
  const entries = changesSince(db, tablesOf(number), position, logPosition);
  return entries?.some(({ change }) => change === CHANGES.reembedded) ? undefined : entries;
}
