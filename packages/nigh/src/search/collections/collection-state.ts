import { readGraphFile, writeGraphFile } from "#store/graph-file";
import type { GraphSnapshot } from "../../indexes/graph-snapshot.js";
import type { CollectionRow } from "../../store/collection-row.js";
import type { Connection } from "../../store/database.js";
import { CHANGES, changesSince, type JournalEntry } from "../../store/journal.js";
import { RecordReader } from "../../store/record-reader.js";
import type { SavedGraph } from "../../store/saved-graph.js";
import { tablesOf } from "../../store/schema.js";
import type { Condition } from "../../store/where/condition.js";
import type { FullConfiguration } from "./configuration.js";
import { FilterCache, type Passing } from "./filter-cache.js";
import { GraphBuilder } from "./graph-builder.js";
import { LiveIndex } from "./live-index.js";

/** What a client keeps in memory of one collection: made from the database, and following it. */
export class CollectionState {
  /** Where the graph is saved; undefined for a database in memory. */
  readonly #folder: string | undefined;
  readonly #filters = new FilterCache();
  #live: LiveIndex | undefined;
  #builder: GraphBuilder | undefined;
  /** Changes up to here are followed. */
  #position = 0;
  #saving: Promise<void> = Promise.resolve();
  /** Files that are being written. */
  #files = 0;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  get live(): LiveIndex | undefined {
    return this.#live;
  }

  /** Follows what was committed since the last call, by this process or another; in a transaction of the caller's. */
  follow(db: Connection, row: CollectionRow): void {
    const { dimension, logPosition } = row;
    if (logPosition === this.#position && (this.#live !== undefined || dimension === null)) return;
    const reader = new RecordReader(db, row);
    const entries = followable(db, row, this.#position);
    if (dimension !== null && (entries === undefined || this.#live?.d !== dimension)) {
      this.#load(db, row, reader, dimension);
    } else if (entries !== undefined) {
      this.#live?.apply(reader, entries);
    }
    if (entries === undefined) this.#filters.clear();
    else this.#filters.apply(reader, entries);
    this.#position = logPosition;
    this.#builder?.wake();
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
    if (this.#builder === undefined) return true;
    this.#builder.beginSaving();
    return !this.#builder.isWorking && this.#files === 0;
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
    await this.#saving;
  }

  /** Forgets everything: it is read again when it is next needed. */
  forget(): void {
    this.#builder?.stop();
    this.#builder = undefined;
    this.#live = undefined;
    this.#filters.clear();
  }

  #load(db: Connection, row: CollectionRow, reader: RecordReader, dimension: number): void {
    const { hnsw } = JSON.parse(row.configuration) as FullConfiguration;
    // Where reading fails, nothing must be left that looks complete.
    this.forget();
    const live = new LiveIndex(hnsw.space, dimension);
    const folder = this.#folder;
    const save = (snapshot: GraphSnapshot) => this.#save(folder as string, row.id, snapshot);
    const builder = new GraphBuilder(live, hnsw, folder === undefined ? undefined : save);
    const saved = this.#savedGraph(row, live);
    const since = saved && followable(db, row, saved.position);
    if (saved === undefined || since === undefined) {
      live.rebuild(reader);
    } else {
      live.restore(saved, reader);
      builder.restored();
      live.apply(
        reader,
        since.filter(({ change }) => change === CHANGES.vector),
      );
    }
    this.#live = live;
    this.#builder = builder;
  }

  /** The graph as it was saved, where it is one of such a collection. */
  #savedGraph(row: CollectionRow, { d, metric }: LiveIndex): SavedGraph | undefined {
    if (this.#folder === undefined) return undefined;
    const saved = readGraphFile(this.#folder, row.id);
    if (typeof saved === "string") return undefined;
    const { hnsw } = JSON.parse(row.configuration) as FullConfiguration;
    const fits =
      saved.d === d &&
      saved.metric === metric &&
      saved.M === hnsw.max_neighbors &&
      saved.efConstruction === hnsw.ef_construction;
    return fits ? saved : undefined;
  }

  /** A cache: where it cannot be written, opening the collection takes longer, and that is all. */
  #save(folder: string, collection: string, snapshot: GraphSnapshot): void {
    const graph = { ...snapshot, collection, position: this.#position };
    this.#files += 1;
    this.#saving = this.#saving
      .then(() => writeGraphFile(folder, graph))
      .catch(() => undefined)
      .finally(() => {
        this.#files -= 1;
      });
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
