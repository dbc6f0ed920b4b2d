import { existsSync } from "node:fs";
import { join } from "node:path";
import { NighError } from "../../shared/errors.js";
import { Connection } from "../database.js";
import { DATABASE_FILE } from "../node/database-file.js";
import { refuseEmptied } from "../node/emptied-file.js";
import { needsMigration } from "../schema.js";
import { databaseError, openSqlite, RESULT, resultCode } from "../sqlite.js";

/** @throws NighError `ERR_NOT_FOUND` when the folder holds no database. */
export function databaseFile(folder: string): string {
  const path = join(folder, DATABASE_FILE);
  if (existsSync(path)) return path;
  throw new NighError(
    "ERR_NOT_FOUND",
    `There is no database in ${folder}: expected a folder with a file ${DATABASE_FILE}.`,
  );
}

/**
 * Opens a database that may be damaged, to read one state of it. Nothing is written to it: neither a migration nor what is in its log.
 *
 * @throws NighError `ERR_DATABASE` for a file of another program, of a newer nigh, or one that SQLite cannot read at all.
 */
export function openDamaged(path: string): Connection {
  let db: Connection | undefined;
  try {
    refuseEmptied(path);
    const file = openSqlite(path, { readOnly: true });
    db = new Connection(file);
    db.exec("PRAGMA busy_timeout = 5000");
    needsMigration(file, path);
    db.exec("BEGIN");
    return db;
  } catch (error) {
    if (db) closeDamaged(db);
    throw databaseError(error, path);
  }
}

/** Ends the transaction, too: Node 20's SQLite keeps a connection, and with it the locks, until its statements are collected. */
export function closeDamaged(db: Connection): void {
  if (db.inTransaction) db.exec("ROLLBACK");
  db.close();
}

/** nigh's own SQL is wrong only where the list of tables is damaged. */
const DAMAGE: readonly (number | undefined)[] = [
  RESULT.corrupt,
  RESULT.notADatabase,
  RESULT.ioError,
  RESULT.error,
];

/** Whether an error says that the file is damaged. */
export function isDamage(error: unknown): boolean {
  const cause = error instanceof NighError ? error.cause : error;
  const code = resultCode(cause) ?? resultCode(error);
  return DAMAGE.includes(code);
}
