import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, NighError } from "../../shared/errors.js";
import { migrate, needsMigration } from "../schema.js";
import { databaseError, openSqlite, RESULT, resultCode, type Sqlite } from "../sqlite.js";
import { refuseEmptied } from "./emptied-file.js";

/** Its place in the database's folder. */
export const DATABASE_FILE = "nigh.sqlite3";

export const PAGE_BYTES = 16384;

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const readOnly = code === "EACCES" || code === "EROFS" || code === "EPERM";
    throw new NighError(
      readOnly ? "ERR_READ_ONLY" : "ERR_DATABASE",
      `The folder ${folder} of the database cannot be made: ${messageOf(error)}. Choose another, or give this user the right to write there.`,
      { cause: error },
    );
  }
}

/**
 * Opens a database file, brings its schema up to date, and makes it where there is none.
 *
 * @param busyMs how long to wait, blocking the program, while another process opens or recovers it.
 * @throws NighError `ERR_DATABASE`, `ERR_READ_ONLY`, `ERR_BUSY`.
 */
export function openDatabaseFile(path: string, busyMs: number): Sqlite {
  let db: Sqlite | undefined;
  try {
    refuseEmptied(path);
    db = openSqlite(path);
    db.exec(`PRAGMA busy_timeout = ${busyMs}`);
    if (needsMigration(db, path)) {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
      db.exec("PRAGMA journal_mode = WAL");
      db.exec("BEGIN IMMEDIATE");
      migrate(db, path);
      db.exec("COMMIT");
    }
    db.exec("PRAGMA synchronous = FULL");
    return db;
  } catch (error) {
    db?.close();
    if (resultCode(error) === RESULT.cannotOpen && !mayWrite(dirname(path))) {
      throw new NighError(
        "ERR_READ_ONLY",
        `The database ${path} cannot be opened: this user may not write to its folder. Give this user the right to write there, or choose another folder.`,
        { cause: error },
      );
    }
    throw databaseError(error, path);
  }
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
