import type { CollectionRow } from "../../store/collection-row.js";
import type { Connection } from "../../store/database.js";
import { CHANGES, changesSince } from "../../store/journal.js";
import { RecordReader } from "../../store/record-reader.js";
import { tablesOf } from "../../store/schema.js";
import type { Condition } from "../../store/where/condition.js";
import type { FullConfiguration } from "./configuration.js";
import { FilterCache, type Passing } from "./filter-cache.js";
import { GraphBuilder } from "./graph-builder.js";
import { LiveIndex } from "./live-index.js";

/** What a client keeps in memory of one collection: made from the database, and following it. */
export class CollectionState {
  readonly #filters = new FilterCache();
  #live: LiveIndex | undefined;
  #builder: GraphBuilder | undefined;
  /** Changes up to here are followed. */
  #position = 0;

  get live(): LiveIndex | undefined {
    return this.#live;
  }

  /** Follows what was committed since the last call, by this process or another; in a transaction of the caller's. */
  follow(db: Connection, row: CollectionRow): void {
    const { dimension, logPosition, number } = row;
    if (logPosition === this.#position && (this.#live !== undefined || dimension === null)) return;
    const reader = new RecordReader(db, row);
    const entries = changesSince(db, tablesOf(number), this.#position, logPosition);
    const anew =
      entries === undefined ||
      this.#live?.d !== dimension ||
      entries.some(({ change }) => change === CHANGES.reembedded);
    if (dimension !== null && anew) {
      const { hnsw } = JSON.parse(row.configuration) as FullConfiguration;
      this.#builder?.stop();
      this.#live = new LiveIndex(hnsw.space, dimension);
      this.#live.rebuild(reader);
      this.#builder = new GraphBuilder(this.#live, hnsw, () => undefined);
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

  /** Whether the graph is being built or extended. */
  get isBuilding(): boolean {
    return this.#builder?.isWorking ?? false;
  }

  close(): void {
    this.#builder?.stop();
    this.#live = undefined;
    this.#filters.clear();
  }
}
