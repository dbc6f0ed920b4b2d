import { existsSync, statSync } from "#shared/files";
import type { CollectionRow } from "./collection-row.js";
import type { Connection, Database } from "./database.js";
import { tablesOf } from "./schema.js";

/** Bytes of the pages of a table or an index. */
interface TreeBytes {
  readonly all: number;
  /** What is free within the pages. */
  readonly unused: number;
}

/** By the names of tables and indexes; of one state of the database. */
export type PageBytes = ReadonlyMap<string, TreeBytes>;

/**
 * Measures the pages of a database. SQLite has to read each of them, 0.1 s for 400 MB: so this is done between other work,
 * and again only when something was written.
 */
export class PageMeter {
  readonly #database: Database;
  #known: { state: string; bytes: Promise<PageBytes> } | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  measure(): Promise<PageBytes> {
    const state = this.#database.read(stateOf);
    if (this.#known?.state !== state) {
      const bytes = this.#database.readInTurns(measurePages);
      const known = { state, bytes };
      this.#known = known;
      // A failure is not kept: the next call tries again.
      bytes.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
    }
    return this.#known.bytes;
  }
}

/** Another text when something was committed: by other connections, or by this one. */
function stateOf(db: Connection): string {
  const row = db.get("SELECT data_version, total_changes() AS own FROM pragma_data_version");
  return `${row?.data_version} ${row?.own}`;
}

function* measurePages(db: Connection): Generator<void, PageBytes> {
  const bytes = new Map<string, { all: number; unused: number }>();
  for (const row of db.iterate("SELECT name, pgsize, unused FROM dbstat")) {
    const name = row.name as string;
    const tree = bytes.get(name) ?? { all: 0, unused: 0 };
    tree.all += Number(row.pgsize);
    tree.unused += Number(row.unused);
    bytes.set(name, tree);
    yield;
  }
  return bytes;
}

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

export function tableBytes(pages: PageBytes, { number }: CollectionRow): TableBytes {
  const tables = tablesOf(number);
  const indexes = ["", "_keys", "_hash"].map((name) => tables.records + name);
  const ofRecords = [...indexes, `sqlite_autoindex_${tables.records}_1`];
  return {
    records: sum(pages, (name) => ofRecords.includes(name)),
    vectors: sum(pages, (name) => name === tables.vectors),
    metadata: sum(pages, (name) => name === tables.metadata),
    words: sum(pages, (name) => name.startsWith(`${tables.words}_`)),
  };
}

function sum(pages: PageBytes, isOne: (name: string) => boolean): number {
  let bytes = 0;
  for (const [name, { all }] of pages) if (isOne(name)) bytes += all;
  return bytes;
}

/** What a database takes on disk. */
export interface FileBytes {
  /** The database file. */
  readonly file: number;
  /** What was committed and is not yet in the database file. */
  readonly log: number;
  /** Whole pages of `file` whose records were deleted or replaced: new ones use them first, and `compact()` gives them back. */
  readonly dead: number;
  /**
   * Room within the other pages: of records that were deleted, for new ones, and at the ends, where no other record fits. `compact()`
   * packs records as tightly as pages allow, and gives back what that saves.
   */
  readonly slack: number;
}

export function fileBytes(db: Connection, path: string, pages: PageBytes): FileBytes {
  const number = (pragma: string) => Number(Object.values(db.get(`PRAGMA ${pragma}`) ?? {})[0]);
  let slack = 0;
  for (const { unused } of pages.values()) slack += unused;
  const log = `${path}-wal`;
  return {
    file: number("page_count") * number("page_size"),
    log: existsSync(log) ? statSync(log).size : 0,
    dead: number("freelist_count") * number("page_size"),
    slack,
  };
}
