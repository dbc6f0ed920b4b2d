import { migrate, needsMigration } from "../schema.js";
import { databaseError, openSqlite, type Sqlite } from "../sqlite.js";

/** Its place below the database's name. */
export const DATABASE_FILE = "nigh.sqlite3";

export const PAGE_BYTES = 16384;

/** Browsers have no folders to make. */
export function makeFolder(_folder: string): void {}

/**
 * Opens a database file, brings its schema up to date, and makes it where there is none.
 *
 * @throws NighError `ERR_DATABASE`, `ERR_DISK_FULL`.
 */
export function openDatabaseFile(path: string, _busyMs: number): Sqlite {
  let db: Sqlite | undefined;
  try {
    db = openSqlite(path);
    if (needsMigration(db, path)) {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
      db.exec("BEGIN IMMEDIATE");
      migrate(db, path);
      db.exec("COMMIT");
    }
    db.exec("PRAGMA synchronous = FULL");
    return db;
  } catch (error) {
    db?.close();
    throw databaseError(error, path);
  }
}
