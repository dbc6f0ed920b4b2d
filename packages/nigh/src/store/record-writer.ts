import { quote } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { type CollectionRow, type EmbedderIdentity, fixVectors } from "./collection-row.js";
import type { Connection } from "./database.js";
import { CHANGES, JournalWriter } from "./journal.js";
import { decodeMetadata, encodeMetadata, type Metadata, type MetadataChanges } from "./metadata.js";
import { metadataEntries, putEntries } from "./metadata-entries.js";
import { type CollectionTables, tablesOf } from "./schema.js";
import { bound } from "./where/sql.js";
import { indexedText } from "./words/words-of.js";

/** What is given of one record; what is undefined stays as it is. */
export interface RecordChanges {
  readonly id: string;
  readonly embedding?: Float32Array | undefined;
  readonly document?: string | null | undefined;
  readonly metadata?: MetadataChanges | undefined;
  readonly uri?: string | null | undefined;
  /** Which text and embedder the embedding is from; null for one that was given. */
  readonly hash?: Uint8Array | null | undefined;
}

export interface NewRecord extends RecordChanges {
  readonly embedding: Float32Array;
}

/** After so many records others have a turn. */
export const RECORDS_A_TURN = 256;

/**
 * Writes records of one collection, in a transaction of the caller's, which ends with {@link finish}. The methods yield where
 * others may have a turn.
 */
export class RecordWriter {
  readonly #db: Connection;
  readonly #collection: CollectionRow;
  readonly #tables: CollectionTables;
  readonly #inserts: ReturnType<typeof insertsInto>;
  readonly #journal = new JournalWriter();
  readonly #embedder: EmbedderIdentity | null;
  #dimension: number | null;
  #nextKey: number;
  #hasNextVectors: boolean | undefined;

  /** @param embedder what the vectors are from; null when they are given. */
  constructor(db: Connection, collection: CollectionRow, embedder: EmbedderIdentity | null = null) {
    this.#db = db;
    this.#collection = collection;
    this.#tables = tablesOf(collection.number);
    this.#inserts = insertsInto(this.#tables);
    this.#embedder = embedder;
    this.#dimension = collection.dimension;
    const row = db.get("SELECT next_key FROM collections WHERE number = ?", collection.number);
    this.#nextKey = Number(row?.next_key);
  }

  /** Adds records whose ids are new; gives the ids that were there already, which stay as they are. */
  *add(records: readonly NewRecord[]): Generator<void, string[]> {
    const skipped: string[] = [];
    for (const [i, record] of records.entries()) {
      if (i > 0 && i % RECORDS_A_TURN === 0) yield;
      if (!this.#insert(record)) skipped.push(record.id);
    }
    return skipped;
  }

  /** Changes records; gives the ids that are not there. */
  *update(records: readonly RecordChanges[]): Generator<void, string[]> {
    const unknown: string[] = [];
    for (const [i, record] of records.entries()) {
      if (i > 0 && i % RECORDS_A_TURN === 0) yield;
      if (!this.#change(record)) unknown.push(record.id);
    }
    return unknown;
  }

  /** Adds records, or changes those that are there; gives how many were added. */
  *upsert(records: readonly NewRecord[]): Generator<void, number> {
    let added = 0;
    for (const [i, record] of records.entries()) {
      if (i > 0 && i % RECORDS_A_TURN === 0) yield;
      if (this.#change(record)) continue;
      this.#insert(record);
      added++;
    }
    return added;
  }

  *delete(keys: readonly number[]): Generator<void, void> {
    const { records, vectors, words } = this.#tables;
    for (const [i, key] of keys.entries()) {
      if (i > 0 && i % RECORDS_A_TURN === 0) yield;
      const row = this.#db.get(`SELECT metadata FROM ${records} WHERE key = ?`, key);
      if (row === undefined) continue;
      this.#deleteEntries(key, metadataOf(row.metadata));
      this.#db.run(`DELETE FROM ${records} WHERE key = ?`, key);
      this.#db.run(`DELETE FROM ${vectors} WHERE key = ?`, key);
      this.#db.run(`DELETE FROM ${words} WHERE rowid = ?`, key);
      this.#dropNextVector(key);
      this.#journal.note(CHANGES.removed, key);
    }
  }

  /** Notes that all vectors were replaced; the catalogue is told by who replaced them. */
  reembedded(): void {
    this.#journal.note(CHANGES.reembedded, 0);
  }

  /** Writes the journal and what the catalogue says of the collection. */
  finish(): void {
    const { number, logPosition } = this.#collection;
    const position = this.#journal.write(this.#db, this.#tables, logPosition);
    this.#db.run(
      "UPDATE collections SET next_key = ?, log_position = ? WHERE number = ?",
      this.#nextKey,
      position,
      number,
    );
    const { dimension, embedder } = this.#collection;
    const learned = this.#dimension !== dimension || (embedder === null && this.#embedder !== null);
    if (this.#dimension !== null && learned) {
      const own = this.#embedder && { ...this.#embedder, dimension: this.#dimension };
      fixVectors(this.#db, this.#collection, this.#dimension, embedder ?? own);
    }
  }

  #insert({
    id,
    embedding,
    document = null,
    metadata,
    uri = null,
    hash = null,
  }: NewRecord): boolean {
    const inserts = this.#inserts;
    const key = this.#nextKey;
    const given = withoutNulls(metadata);
    this.#checkDimension(id, embedding);
    const inserted = this.#db.run(
      inserts.record,
      key,
      id,
      document,
      uri,
      given && encodeMetadata(given),
      hash,
    );
    if (inserted === 0) return false;
    this.#nextKey += 1;
    this.#db.run(inserts.vector, key, bytesOf(embedding));
    putEntries(this.#db, this.#tables.metadata, key, given);
    if (document !== null) this.#db.run(inserts.words, key, indexedText(document));
    this.#journal.note(CHANGES.added, key);
    return true;
  }

  #change({ id, embedding, document, metadata, uri, hash }: RecordChanges): boolean {
    const { records, vectors, words } = this.#tables;
    const row = this.#db.get(`SELECT key, document, metadata FROM ${records} WHERE id = ?`, id);
    if (row === undefined) return false;
    const key = Number(row.key);
    if (document !== undefined && document !== row.document) {
      this.#db.run(`UPDATE ${records} SET document = ? WHERE key = ?`, document, key);
      this.#db.run(`DELETE FROM ${words} WHERE rowid = ?`, key);
      if (document !== null) this.#db.run(this.#inserts.words, key, indexedText(document));
      this.#dropNextVector(key);
    }
    if (uri !== undefined) this.#db.run(`UPDATE ${records} SET uri = ? WHERE key = ?`, uri, key);
    if (metadata !== undefined) this.#changeMetadata(key, metadataOf(row.metadata), metadata);
    if (embedding !== undefined) {
      this.#checkDimension(id, embedding);
      this.#db.run(`UPDATE ${vectors} SET vector = ? WHERE key = ?`, bytesOf(embedding), key);
      this.#db.run(`UPDATE ${records} SET hash = ? WHERE key = ?`, hash ?? null, key);
      this.#dropNextVector(key);
    }
    this.#journal.note(embedding === undefined ? CHANGES.content : CHANGES.vector, key);
    return true;
  }

  #changeMetadata(key: number, old: Metadata | null, changes: MetadataChanges): void {
    const merged = withoutNulls({ ...old, ...changes });
    const touched = Object.keys(changes);
    this.#deleteEntries(key, old && pick(old, touched));
    putEntries(this.#db, this.#tables.metadata, key, merged && pick(merged, touched));
    this.#db.run(
      `UPDATE ${this.#tables.records} SET metadata = ? WHERE key = ?`,
      merged && encodeMetadata(merged),
      key,
    );
  }

  #deleteEntries(key: number, metadata: Metadata | null): void {
    for (const { name, kind, value } of metadataEntries(metadata)) {
      const { sql, parameters } = bound(value);
      this.#db.run(
        `DELETE FROM ${this.#tables.metadata} WHERE name = ? AND kind = ? AND value = ${sql} AND key = ?`,
        name,
        kind,
        ...parameters,
        key,
      );
    }
  }

  /** A collection that is being re-embedded has to embed this record again. */
  #dropNextVector(key: number): void {
    const { nextVectors } = this.#tables;
    this.#hasNextVectors ??=
      this.#db.get("SELECT 1 FROM sqlite_schema WHERE name = ?", nextVectors) !== undefined;
    if (this.#hasNextVectors) this.#db.run(`DELETE FROM ${nextVectors} WHERE key = ?`, key);
  }

  #checkDimension(id: string, embedding: Float32Array): void {
    this.#dimension ??= embedding.length;
    if (embedding.length === this.#dimension) return;
    const { name, embedder } = this.#collection;
    const from = embedder ? `, those of "${embedder.name}"` : "";
    throw new NighError(
      "ERR_DIMENSION",
      `The collection "${name}" holds vectors of ${this.#dimension} dimensions${from}; the embedding of ${quote(id)} has ${embedding.length}. Nothing was written.`,
    );
  }
}

/** The SQL that inserts a record, made once: for each record it would be much of the work. */
function insertsInto({ records, vectors, words }: CollectionTables) {
  return {
    record: `INSERT INTO ${records} (key, id, document, uri, metadata, hash) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO NOTHING`,
    vector: `INSERT INTO ${vectors} VALUES (?, ?)`,
    words: `INSERT INTO ${words} (rowid, document) VALUES (?, ?)`,
  };
}

function metadataOf(column: unknown): Metadata | null {
  return column === null ? null : decodeMetadata(column as string, { floats: true });
}

/** Metadata without the keys to take away; null when no key is left. */
function withoutNulls(changes: MetadataChanges | undefined): Metadata | null {
  const entries = Object.entries(changes ?? {});
  const kept = entries.filter(([, value]) => value !== null);
  if (kept.length > 0 && kept.length === entries.length) return changes as Metadata;
  return kept.length === 0 ? null : (Object.fromEntries(kept) as Metadata);
}

function pick(metadata: Metadata, keys: readonly string[]): Metadata {
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(metadata, key)).map((key) => [key, metadata[key]]),
  ) as Metadata;
}

/** The bytes of a vector: little-endian float32, as on every machine that Node runs on. */
function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
