import { NighError } from "../../shared/errors.js";
import { type CollectionRow, findCollectionById } from "../../store/collection-row.js";
import type { Connection, Database } from "../../store/database.js";
import { RecordReader } from "../../store/record-reader.js";
import { RECORDS_A_TURN, RecordWriter } from "../../store/record-writer.js";
import type { PageMeter } from "../../store/storage-stats.js";
import { type BoundEmbedder, checkEmbedder, noEmbeddingFunction } from "./bound-embedder.js";
import type { CollectionState } from "./collection-state.js";
import type { CollectionStates } from "./collection-states.js";

/** What a collection is given by its client. */
export interface CollectionContext {
  readonly database: Database;
  /** How many bytes tables take on disk. */
  readonly pages: PageMeter;
  /** What the client keeps in memory of collections. */
  readonly states: CollectionStates;
  /** Calls that write: the client waits for them before it closes. */
  readonly writes: Set<Promise<unknown>>;
  /** The embedder that a collection was opened with; undefined for none. */
  embedder(): Promise<BoundEmbedder | undefined>;
}

/** What a piece of reading is given: one state of the database. */
export interface Reading {
  readonly db: Connection;
  readonly row: CollectionRow;
  readonly reader: RecordReader;
  /** Follows the database. */
  readonly state: CollectionState;
}

/** A collection as its verbs work on it. */
export class OpenCollection {
  readonly id: string;
  readonly #context: CollectionContext;
  #row: CollectionRow;
  /** Since `reembed`, instead of the one that the collection was opened with. */
  #newEmbedder: BoundEmbedder | undefined;

  constructor(row: CollectionRow, context: CollectionContext) {
    this.id = row.id;
    this.#row = row;
    this.#context = context;
  }

  /** As the catalogue had it when it was last looked at. */
  get row(): CollectionRow {
    return this.#row;
  }

  get database(): Database {
    return this.#context.database;
  }

  get pages(): PageMeter {
    return this.#context.pages;
  }

  /** @throws NighError `ERR_NOT_FOUND` when the collection was deleted. */
  read<T>(work: (reading: Reading) => T): T {
    return this.database.read((db) => {
      const row = this.find(db);
      const reader = new RecordReader(db, row);
      return this.#context.states.use(this.id, (state) => work({ db, row, reader, state }));
    });
  }

  /** Reads with the vectors in memory. They are brought there between other work. */
  async readVectors<T>(work: (reading: Reading) => T): Promise<T> {
    const first = this.read((reading) => {
      const { db, row, state } = reading;
      return state.isLoaded(db, row) ? { value: work(reading) } : { state };
    });
    if (first.state === undefined) return first.value;
    await first.state.load((turn) => this.read(({ db, row }) => turn(db, row)));
    return this.read(work);
  }

  /** A call that writes, from its beginning: the client does not close before its end. */
  async writing<T>(call: () => Promise<T>): Promise<T> {
    const { writes } = this.#context;
    const done = call();
    writes.add(done);
    try {
      return await done;
    } finally {
      writes.delete(done);
    }
  }

  /**
   * Writes records, all or nothing.
   *
   * @param embedder what the new vectors are from; undefined when they are given.
   * @param count of the records that are written, where it is known: few are written at once, many in several turns.
   */
  async write<T>(
    embedder: Pick<BoundEmbedder, "identity"> | undefined,
    work: (writer: RecordWriter, reader: RecordReader) => Generator<void, T>,
    count = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    const find = (db: Connection) => this.find(db);
    const result = await this.database.write(function* (db) {
      const row = find(db);
      if (embedder !== undefined) checkEmbedder(row, embedder);
      const writer = new RecordWriter(db, row, embedder?.identity);
      const value = yield* work(writer, new RecordReader(db, row));
      writer.finish();
      return value;
    }, count <= RECORDS_A_TURN);
    this.#follow();
    return result;
  }

  /**
   * Where vectors are in memory already they follow what was written at once: the next query need not wait for it. What was written
   * is written, whatever happens here: vectors that cannot follow are read anew when they are next needed.
   */
  #follow(): void {
    try {
      this.read(({ state, db, row }) => {
        if (state.live !== undefined) state.follow(db, row);
      });
    } catch {
      this.#context.states.forget(this.id);
    }
  }

  /**
   * The embedder of the collection's texts.
   *
   * @param advice what else to do where there is none.
   * @throws NighError `ERR_INVALID_ARGUMENT` when there is none, `ERR_EMBEDDER` when the vectors are from another.
   */
  async embedder(where: string, advice?: string): Promise<BoundEmbedder> {
    const embedder = this.#newEmbedder ?? (await this.#context.embedder());
    if (embedder === undefined) {
      throw noEmbeddingFunction(where, this.#row.name, advice);
    }
    this.read(({ row }) => checkEmbedder(row, embedder));
    return embedder;
  }

  useEmbedder(embedder: BoundEmbedder): void {
    this.#newEmbedder = embedder;
  }

  /** @throws NighError `ERR_NOT_FOUND` when the collection was deleted. */
  find(db: Connection): CollectionRow {
    const row = findCollectionById(db, this.id);
    if (row === undefined) {
      this.#context.states.delete(this.id);
      throw new NighError("ERR_NOT_FOUND", `The collection "${this.#row.name}" was deleted.`);
    }
    this.#row = row;
    return row;
  }
}
