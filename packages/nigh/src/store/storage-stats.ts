import { existsSync, statSync } from "node:fs";
import type { CollectionRow } from "./collection-row.js";
import type { Connection } from "./database.js";
import { tablesOf } from "./schema.js";

/** Bytes of a collection's tables in the database file. */
export interface TableBytes {
  /** Ids, documents, uris, metadata as it was given. */
  readonly records: number;
  readonly vectors: number;
  /** What filters read. */
  readonly metadata: number;
  /** What keyword search reads. */
  readonly words: number;
}

export function tableBytes(db: Connection, { number }: CollectionRow): TableBytes {
  const tables = tablesOf(number);
  const bytes = (pattern: string) =>
    Number(
      db.get(
        "SELECT coalesce(sum(pgsize), 0) AS n FROM dbstat WHERE aggregate = TRUE AND name GLOB ?",
        pattern,
      )?.n,
    );
  return {
    records:
      bytes(tables.records) +
      bytes(`${tables.records}_*`) +
      bytes(`sqlite_autoindex_${tables.records}_1`),
    vectors: bytes(tables.vectors),
    metadata: bytes(tables.metadata),
    words: bytes(`${tables.words}_*`),
  };
}

/** What a database takes on disk. */
export interface FileBytes {
  /** The database file. */
  readonly file: number;
  /** What was committed and is not yet in the database file. */
  readonly log: number;
  /** Room of what was deleted or replaced, within `file`: `compact()` gives it back. */
  readonly dead: number;
}

export function fileBytes(db: Connection, path: string): FileBytes {
  const number = (pragma: string) => Number(Object.values(db.get(`PRAGMA ${pragma}`) ?? {})[0]);
  const free = number("freelist_count") * number("page_size");
  const unused = Number(
    db.get("SELECT sum(unused) AS n FROM dbstat WHERE aggregate = TRUE")?.n ?? 0,
  );
  const log = `${path}-wal`;
  return {
    file: number("page_count") * number("page_size"),
    log: existsSync(log) ? statSync(log).size : 0,
    dead: free + unused,
  };
}
