import { NighError } from "../../shared/errors.js";
import { type CollectionRow, findCollectionById } from "../../store/collection-row.js";
import type { Connection, Database } from "../../store/database.js";
import { RecordReader } from "../../store/record-reader.js";
import { RecordWriter } from "../../store/record-writer.js";
import { type BoundEmbedder, checkEmbedder, noEmbeddingFunction } from "./bound-embedder.js";
import type { CollectionState } from "./collection-state.js";

/** What a collection is given by its client. */
export interface CollectionContext {
  readonly database: Database;
  /** What this process keeps in memory of a collection. */
  state(id: string): CollectionState;
  forget(id: string): void;
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

  /** @throws NighError `ERR_NOT_FOUND` when the collection was deleted. */
  read<T>(work: (reading: Reading) => T): T {
    return this.database.read((db) => {
      const row = this.find(db);
      const state = this.#context.state(this.id);
      return work({ db, row, reader: new RecordReader(db, row), state });
    });
  }

  /** Writes records, all or nothing. @param embedder what the new vectors are from; undefined when they are given. */
  async write<T>(
    embedder: Pick<BoundEmbedder, "identity"> | undefined,
    work: (writer: RecordWriter, reader: RecordReader) => Generator<void, T>,
  ): Promise<T> {
    const find = (db: Connection) => this.find(db);
    const result = await this.database.write(function* (db) {
      const row = find(db);
      if (embedder !== undefined) checkEmbedder(row, embedder);
      const writer = new RecordWriter(db, row, embedder?.identity);
      const value = yield* work(writer, new RecordReader(db, row));
      writer.finish();
      return value;
    });
    // Where vectors are in memory already they follow at once: the next query need not wait for it.
    this.read(({ state, db, row }) => {
      if (state.live !== undefined) state.follow(db, row);
    });
    return result;
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
      this.#context.forget(this.id);
      throw new NighError("ERR_NOT_FOUND", `The collection "${this.#row.name}" was deleted.`);
    }
    this.#row = row;
    return row;
  }
}
