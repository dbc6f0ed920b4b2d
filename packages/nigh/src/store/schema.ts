import { NighError } from "../shared/errors.js";
import type { Sqlite } from "./sqlite.js";

/** "nigh" in ASCII: SQLite's application id, by which a database is known as one of nigh's. */
export const APPLICATION_ID = 0x6e696768;

/** One a version of the schema, in order: the first makes version 1 out of an empty file. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE tenants (
     name TEXT PRIMARY KEY,
     resource_name TEXT
   ) STRICT;
   CREATE TABLE databases (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     tenant TEXT NOT NULL,
     name TEXT NOT NULL,
     UNIQUE (tenant, name)
   ) STRICT;
   CREATE TABLE collections (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     database INTEGER NOT NULL REFERENCES databases (number),
     name TEXT NOT NULL,
     metadata TEXT,
     configuration TEXT NOT NULL,
     dimension INTEGER,
     embedder TEXT,
     next_embedder TEXT,
     next_key INTEGER NOT NULL DEFAULT 0,
     log_position INTEGER NOT NULL DEFAULT 0,
     version INTEGER NOT NULL DEFAULT 0,
     UNIQUE (database, name)
   ) STRICT;
   INSERT INTO tenants (name) VALUES ('default_tenant');
   INSERT INTO databases (id, tenant, name)
     VALUES ('00000000-0000-0000-0000-000000000000', 'default_tenant', 'default_database');`,
];

/** The schema that this version of nigh writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** What a file says of itself. */
interface Identity {
  readonly application: number;
  readonly version: number;
  /** Whether it has no tables at all. */
  readonly isEmpty: boolean;
}

function identityOf(db: Sqlite): Identity {
  const row = db
    .prepare(
      `SELECT (SELECT application_id FROM pragma_application_id) AS application,
            (SELECT user_version FROM pragma_user_version) AS version,
            NOT EXISTS (SELECT 1 FROM sqlite_schema) AS is_empty`,
    )
    .get();
  return {
    application: Number(row?.application),
    version: Number(row?.version),
    isEmpty: row?.is_empty === 1,
  };
}

/**
 * Whether the schema has to be made or brought up to date; changes nothing.
 *
 * @throws NighError `ERR_DATABASE` for a file that is not nigh's, or of a newer version.
 */
export function needsMigration(db: Sqlite, path: string): boolean {
  const { application, version, isEmpty } = identityOf(db);
  if (application !== APPLICATION_ID && !(isEmpty && application === 0)) {
    throw new NighError(
      "ERR_DATABASE",
      `${path} is an SQLite database, but none of nigh's (application id ${application}, expected ${APPLICATION_ID}): use another folder. Nothing was changed.`,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new NighError(
      "ERR_DATABASE",
      `${path} was written by a newer version of nigh: its schema is version ${version}, this nigh knows versions up to ${SCHEMA_VERSION}. Update nigh. Nothing was changed.`,
    );
  }
  return version < SCHEMA_VERSION;
}

/** Brings the schema up to date, forward only; in a transaction of the caller's. */
export function migrate(db: Sqlite, path: string): void {
  if (!needsMigration(db, path)) return;
  const { version } = identityOf(db);
  for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** Vectors and hashes of another embedder, on their way to replace those of a collection that is being re-embedded. */
export function createNextVectors(tables: CollectionTables): string {
  return `CREATE TABLE ${tables.nextVectors} (key INTEGER PRIMARY KEY, vector BLOB NOT NULL, hash BLOB) STRICT`;
}

/** How FTS5 makes words of documents: without accents and capitals, stemmed by Porter's rules for English. */
export const TOKENIZER = "porter unicode61 remove_diacritics 2";

/** Names of the tables of one collection. */
export interface CollectionTables {
  readonly records: string;
  readonly vectors: string;
  readonly metadata: string;
  readonly words: string;
  readonly journal: string;
  /** Vectors of another embedder, on their way to replace `vectors`; only there while a collection is re-embedded. */
  readonly nextVectors: string;
}

export function tablesOf(collection: number): CollectionTables {
  return {
    records: `records_${collection}`,
    vectors: `vectors_${collection}`,
    metadata: `metadata_${collection}`,
    words: `words_${collection}`,
    journal: `journal_${collection}`,
    nextVectors: `next_vectors_${collection}`,
  };
}

/**
 * The tables of a new collection:
 *
 * - records: in the order of their keys, which are never used twice; the keys once more in an index of their own, which filters that
 *   leave some out read instead of the documents. `hash` tells which text and embedder the vector is from,
 *   NULL for a vector that was given.
 * - vectors: float32, little-endian.
 * - metadata: every value once more, for filters; kind 0 boolean, 1 number, 2 string, and 10 more for an element of a list.
 * - words: the full-text index of the documents, as `indexedText` gives them, without the documents.
 * - journal: what changed, by keys from `first` to `last`, so that indexes in memory and in files can catch up.
 */
export function createCollectionTables(tables: CollectionTables): string {
  return `
   CREATE TABLE ${tables.records} (
     key INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     document TEXT,
     uri TEXT,
     metadata TEXT,
     hash BLOB
   ) STRICT;
   CREATE INDEX ${tables.records}_keys ON ${tables.records} (key);
   CREATE INDEX ${tables.records}_hash ON ${tables.records} (hash) WHERE hash IS NOT NULL;
   CREATE TABLE ${tables.vectors} (key INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
   ${createMetadata(tables.metadata)}
   ${createWords(tables.words)}
   ${createJournal(tables.journal)}`;
}

export function createMetadata(table: string): string {
  return `CREATE TABLE ${table} (
     name TEXT NOT NULL,
     kind INTEGER NOT NULL,
     value ANY NOT NULL,
     key INTEGER NOT NULL,
     PRIMARY KEY (name, kind, value, key)
   ) STRICT, WITHOUT ROWID;`;
}

export function createWords(table: string): string {
  return `CREATE VIRTUAL TABLE ${table} USING fts5(
     document, content = '', contentless_delete = 1, tokenize = '${TOKENIZER}'
   );`;
}

export function createJournal(table: string): string {
  return `CREATE TABLE ${table} (
     position INTEGER PRIMARY KEY,
     change INTEGER NOT NULL,
     first INTEGER NOT NULL,
     last INTEGER NOT NULL
   ) STRICT;`;
}

export function dropCollectionTables(tables: CollectionTables): string {
  return Object.values(tables)
    .map((table) => `DROP TABLE IF EXISTS ${table};`)
    .join("\n");
}
