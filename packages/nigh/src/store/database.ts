import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { messageOf, NighError } from "../shared/errors.js";
import { refuseEmptied } from "./emptied-file.js";
import { migrate, needsMigration } from "./schema.js";
import {
  databaseError,
  openSqlite,
  RESULT,
  type Row,
  resultCode,
  type Sqlite,
  type SqlValue,
  type Statement,
} from "./sqlite.js";
import { registerRegex } from "./where/regex.js";

/** Its place in the database's folder. */
export const DATABASE_FILE = "nigh.sqlite3";

export const PAGE_BYTES = 16384;
/**
 * SQLite's caches of pages, in KiB. What they do not hold is read from the system's cache, which costs little: larger ones
 * made nothing faster, up to 200,000 records. Less for the writer slows down deleting many records.
 */
const READER_CACHE = 4096;
const WRITER_CACHE = 8192;
/** How long a writer waits between two looks whether another process is done. */
const RETRY_MS = 5;

/** Statements, prepared once. */
export class Connection {
  readonly #db: Sqlite;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Sqlite) {
    this.#db = db;
    registerRegex(db);
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  run(sql: string, ...parameters: SqlValue[]): number {
    return Number(this.#prepared(sql).run(...parameters).changes);
  }

  get(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.#prepared(sql).get(...parameters);
  }

  all(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.#prepared(sql).all(...parameters);
  }

  /** Rows one by one. To be read to the end, or left by `break`, before the statement is used again. */
  iterate(sql: string, ...parameters: SqlValue[]): IterableIterator<Row> {
    return this.#prepared(sql).iterate(...parameters);
  }

  /** Like {@link get}, of SQL that is not worth keeping. */
  getOnce(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.#db.prepare(sql).get(...parameters);
  }

  allOnce(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.#db.prepare(sql).all(...parameters);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Work in a transaction; it yields where others may have a turn. */
export type Work<T> = (connection: Connection) => Generator<void, T>;

/**
 * A database file, or one in memory. Reading and writing have a connection each, so that what is being written is not seen
 * before it is committed. Writers of all processes take turns.
 */
export class Database {
  /** For messages. */
  readonly path: string;
  /** Undefined for a database in memory. */
  readonly folder: string | undefined;
  readonly #waitMs: number;
  #reader: Connection | undefined;
  #writer: Connection | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, folder: string | undefined, waitMs: number) {
    this.path = path;
    this.folder = folder;
    this.#waitMs = waitMs;
  }

  static inMemory(): Database {
    const database = new Database("in memory", undefined, 0);
    const db = openSqlite(":memory:");
    migrate(db, database.path);
    database.#reader = new Connection(db);
    database.#writer = database.#reader;
    return database;
  }

  /**
   * Opens the database of a folder, and makes both where they are missing.
   *
   * @param waitMs how long a write waits for another process's.
   * @throws NighError `ERR_DATABASE` for a damaged file, one of another program, or of a newer version of nigh; `ERR_READ_ONLY`.
   */
  static open(folder: string, waitMs: number): Database {
    const path = join(folder, DATABASE_FILE);
    const database = new Database(path, folder, waitMs);
    try {
      makeFolder(folder);
      refuseEmptied(path);
      database.#writer = new Connection(openFile(path, waitMs, WRITER_CACHE));
      // It waits by itself, without blocking the program: see #begin.
      database.#writer.exec("PRAGMA busy_timeout = 0");
      database.#reader = new Connection(openFile(path, waitMs, READER_CACHE));
    } catch (error) {
      database.#writer?.close();
      if (resultCode(error) === RESULT.cannotOpen && !mayWrite(folder)) {
        throw new NighError(
          "ERR_READ_ONLY",
          `The database ${path} cannot be opened: this user may not write to its folder. Give this user the right to write there, or choose another folder.`,
          { cause: error },
        );
      }
      throw databaseError(error, path);
    }
    return database;
  }

  /** Whether a folder holds a database. */
  static existsIn(folder: string): boolean {
    return existsSync(join(folder, DATABASE_FILE));
  }

  get isClosed(): boolean {
    return this.#reader === undefined;
  }

  /** Reads one state of the database, whatever others write meanwhile. */
  read<T>(work: (connection: Connection) => T): T {
    const reader = this.#open(this.#reader);
    // In memory, or inside of another read: the state is one already.
    if (this.folder === undefined || reader.inTransaction) return this.#named(() => work(reader));
    return this.#named(() => {
      reader.exec("BEGIN");
      try {
        return work(reader);
      } finally {
        if (reader.inTransaction) reader.exec("COMMIT");
      }
    });
  }

  /**
   * Writes all of the work, or nothing. When the promise is fulfilled, the work is on disk.
   *
   * @throws NighError `ERR_BUSY` when another process did not let go in time, `ERR_DISK_FULL`, `ERR_READ_ONLY`, `ERR_DATABASE`.
   */
  write<T>(work: Work<T>): Promise<T> {
    const result = this.#writing.then(() => this.#writeNow(work));
    this.#writing = result.catch(() => undefined);
    return result;
  }

  /** Runs what cannot be part of a transaction, between two writes. */
  exclusive<T>(work: (connection: Connection) => T): Promise<T> {
    const result = this.#writing.then(() => this.#named(() => work(this.#open(this.#writer))));
    this.#writing = result.catch(() => undefined);
    return result;
  }

  /** Waits for writes that have begun, and closes. */
  async close(): Promise<void> {
    await this.#writing;
    const [reader, writer] = [this.#reader, this.#writer];
    this.#reader = undefined;
    this.#writer = undefined;
    if (reader !== writer) reader?.close();
    // Node 20's SQLite keeps a closed connection until its statements are collected, and with it the log: at least it is empty then.
    try {
      if (this.folder !== undefined) writer?.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // What was acknowledged is on disk, in the log: it is read from there when the database is opened again.
    } finally {
      writer?.close();
    }
  }

  async #writeNow<T>(work: Work<T>): Promise<T> {
    const writer = this.#open(this.#writer);
    try {
      await this.#begin(writer);
      const steps = work(writer);
      let step = steps.next();
      while (!step.done) {
        if (this.folder !== undefined) await nextTurn();
        step = steps.next();
      }
      writer.exec("COMMIT");
      return step.value;
    } catch (error) {
      // After some errors SQLite has rolled back by itself.
      if (writer.inTransaction) writer.exec("ROLLBACK");
      throw databaseError(error, this.path);
    }
  }

  async #begin(writer: Connection): Promise<void> {
    const deadline = performance.now() + this.#waitMs;
    for (;;) {
      try {
        writer.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (resultCode(error) !== RESULT.busy) throw error;
        if (performance.now() >= deadline) {
          throw new NighError(
            "ERR_BUSY",
            `The database ${this.path} is being written by another process, which did not let go within ${this.#waitMs / 1000} s: try again when it is done, or wait longer with the client's option "waitMs". Nothing was changed.`,
            { cause: error },
          );
        }
      }
      await wait(RETRY_MS);
    }
  }

  #open(connection: Connection | undefined): Connection {
    if (connection !== undefined) return connection;
    throw new NighError(
      "ERR_CLOSED",
      `The client of the database ${this.path} is closed: make a new one.`,
    );
  }

  #named<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseError(error, this.path);
    }
  }
}

function makeFolder(folder: string): void {
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

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param cache of pages, in KiB. */
function openFile(path: string, waitMs: number, cache: number): Sqlite {
  const db = openSqlite(path);
  try {
    // While another process opens or recovers it.
    db.exec(`PRAGMA busy_timeout = ${Math.max(waitMs, 1000)}`);
    if (needsMigration(db, path)) {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
      db.exec("PRAGMA journal_mode = WAL");
      db.exec("BEGIN IMMEDIATE");
      migrate(db, path);
      db.exec("COMMIT");
    }
    db.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${cache}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
