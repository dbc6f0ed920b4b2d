import { existsSync } from "#shared/files";
import { join, resolve } from "#shared/path";
import { nextTurn } from "#shared/turns";
import { DATABASE_FILE, makeFolder, openDatabaseFile } from "#store/database-file";
import { NighError } from "../shared/errors.js";
import { migrate } from "./schema.js";
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
import { WriterTurns } from "./writer-turns.js";

/**
 * SQLite's caches of pages, in KiB. What they do not hold is read from the system's cache, which costs little: larger ones
 * made nothing faster, up to 200,000 records. Less for the writer slows down deleting many records.
 */
const READER_CACHE = 4096;
const WRITER_CACHE = 8192;
/** How long what is read in turns takes at a time. */
const TURN_MS = 4;
/** So long at least, in milliseconds, opening and reading wait where another process has the file for itself: while it recovers it. */
const LEAST_BUSY_MS = 1000;
/** Each takes about 3 KB, and collections have statements of their own: preparing one anew takes 15 µs. */
const MOST_STATEMENTS = 1000;

/** Statements, prepared once. */
export class Connection {
  readonly #db: Sqlite;
  readonly #busyMs: number;
  readonly #statements = new Map<string, Statement>();

  /** @param busyMs how long a statement waits, blocking the program, where another process has the file for itself for a moment. */
  constructor(db: Sqlite, busyMs = 0) {
    this.#db = db;
    this.#busyMs = busyMs;
    db.exec(`PRAGMA busy_timeout = ${busyMs}`);
    registerRegex(db);
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Begins a transaction that writes, without waiting: false where another process is writing. */
  beginWriting(): boolean {
    this.#db.exec("PRAGMA busy_timeout = 0");
    try {
      return unlessBusy(() => this.#db.exec("BEGIN IMMEDIATE"));
    } finally {
      this.#db.exec(`PRAGMA busy_timeout = ${this.#busyMs}`);
    }
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
      for (const oldest of this.#statements.keys()) {
        if (this.#statements.size <= MOST_STATEMENTS) break;
        this.#statements.delete(oldest);
      }
    }
    return statement;
  }
}

/** Whether work could be done; false where another process is writing. */
function unlessBusy(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (resultCode(error) === RESULT.busy) return false;
    throw error;
  }
}

/** Work in a transaction; it yields where others may have a turn. */
export type Work<T> = (connection: Connection) => Generator<void, T>;

/**
 * A database file, or one in memory. What is written in several turns of the event loop has a connection of its own, so that nobody
 * sees it before it is committed. All else goes by the connection that reads: a connection reads the whole list of tables anew
 * when another one made some, which takes 30 ms where there are 600 collections. Writers of all processes take turns.
 */
export class Database {
  /** For messages. */
  readonly path: string;
  /** Undefined for a database in memory, or of a file alone. */
  readonly folder: string | undefined;
  readonly #waitMs: number;
  readonly #busyMs: number;
  readonly #turns = new WriterTurns();
  #reader: Connection | undefined;
  /** Opened when it is first needed. */
  #writer: Connection | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  /** What is being read in turns. */
  readonly #reading = new Set<Promise<void>>();

  private constructor(path: string, folder: string | undefined, waitMs: number) {
    this.path = path;
    this.folder = folder;
    this.#waitMs = waitMs;
    this.#busyMs = Math.max(waitMs, LEAST_BUSY_MS);
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
   * Opens a database file that nobody else has open, and makes it where there is none: for places where a file has one connection, such
   * as a browser. All is read and written by it, so what is written is written in one turn.
   *
   * @throws NighError `ERR_DATABASE`.
   */
  static ofFile(path: string): Database {
    const database = new Database(path, undefined, 0);
    database.#reader = database.#connect(WRITER_CACHE, 0);
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
    // Files are opened later, too, when the program may work in another folder.
    const whole = resolve(folder);
    const database = new Database(join(whole, DATABASE_FILE), whole, waitMs);
    makeFolder(whole);
    database.#reader = database.#connect(READER_CACHE, database.#busyMs);
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
   * Reads one state of the database in several turns, by a connection of its own, for what takes long; in memory in one turn.
   *
   * @throws NighError `ERR_CLOSED` when the database is closed meanwhile.
   */
  readInTurns<T>(work: Work<T>): Promise<T> {
    const result = this.#readInTurns(work);
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.#reading.add(ended);
    ended.then(() => this.#reading.delete(ended));
    return result;
  }

  /**
   * Writes all of the work, or nothing. When the promise is fulfilled, the work is on disk.
   *
   * @param isShort nobody has a turn before all is written.
   * @throws NighError `ERR_BUSY` when another process did not let go in time, `ERR_DISK_FULL`, `ERR_READ_ONLY`, `ERR_DATABASE`.
   */
  write<T>(work: Work<T>, isShort = false): Promise<T> {
    return this.#inOrder(() =>
      this.#transact(isShort ? this.#open(this.#reader) : this.#openWriter(), work),
    );
  }

  /** Like {@link write}, of short work. */
  writeAtOnce<T>(work: (connection: Connection) => T): Promise<T> {
    // biome-ignore lint/correctness/useYield: nobody has a turn
    return this.write(function* (connection) {
      return work(connection);
    }, true);
  }

  /**
   * Runs what cannot be part of a transaction, between two writes of any process; from its beginning when another one is writing.
   *
   * @throws NighError as {@link write}.
   */
  exclusive<T>(work: (connection: Connection) => T): Promise<T> {
    return this.#inOrder(async () => {
      const writer = this.#openWriter();
      let result!: T;
      const run = () => {
        result = work(writer);
      };
      try {
        await this.#takeTurn(() => unlessBusy(run));
        return result;
      } catch (error) {
        throw databaseError(error, this.path);
      } finally {
        this.#turns.end();
      }
    });
  }

  /** Waits for writes that have begun, and closes. */
  async close(): Promise<void> {
    await this.#writing;
    const [reader, writer] = [this.#reader, this.#writer];
    this.#reader = undefined;
    this.#writer = undefined;
    await Promise.all(this.#reading);
    if (writer !== reader) writer?.close();
    // Node 20's SQLite keeps a closed connection until its statements are collected, and with it the log: at least it is empty then.
    try {
      if (this.folder !== undefined) {
        reader?.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
      }
    } catch {
      // What was acknowledged is on disk, in the log: it is read from there when the database is opened again.
    } finally {
      reader?.close();
    }
  }

  async #readInTurns<T>(work: Work<T>): Promise<T> {
    const reader = this.#open(this.#reader);
    const isApart = this.folder !== undefined;
    const connection = isApart ? this.#connect(READER_CACHE, this.#busyMs) : reader;
    try {
      const steps = work(connection);
      let turn = performance.now();
      let step = steps.next();
      while (!step.done) {
        if (isApart && performance.now() - turn > TURN_MS) {
          await nextTurn();
          // Closed meanwhile?
          this.#open(this.#reader);
          turn = performance.now();
        }
        step = steps.next();
      }
      return step.value;
    } catch (error) {
      throw databaseError(error, this.path);
    } finally {
      if (isApart) connection.close();
    }
  }

  /** Writes of this process come one after the other, in the order of their calls. */
  #inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#writing.then(work);
    this.#writing = result.catch(() => undefined);
    return result;
  }

  async #transact<T>(connection: Connection, work: Work<T>): Promise<T> {
    try {
      await this.#takeTurn(() => connection.beginWriting());
      const steps = work(connection);
      let step = steps.next();
      while (!step.done) {
        if (connection !== this.#reader) await nextTurn();
        step = steps.next();
      }
      connection.exec("COMMIT");
      return step.value;
    } catch (error) {
      // After some errors SQLite has rolled back by itself.
      if (connection.inTransaction) connection.exec("ROLLBACK");
      throw databaseError(error, this.path);
    } finally {
      this.#turns.end();
    }
  }

  /** @param begin false where another process is writing. @throws NighError `ERR_BUSY`. */
  async #takeTurn(begin: () => boolean): Promise<void> {
    if (await this.#turns.begin(begin, this.#waitMs)) return;
    throw new NighError(
      "ERR_BUSY",
      `The database ${this.path} is being written by another process, which did not let go within ${this.#waitMs / 1000} s: try again when it is done, or wait longer with the client's option "waitMs". Nothing was changed.`,
    );
  }

  #openWriter(): Connection {
    this.#open(this.#reader);
    this.#writer ??= this.#connect(WRITER_CACHE, 0);
    return this.#writer;
  }

  /** @param cache of pages, in KiB. */
  #connect(cache: number, busyMs: number): Connection {
    const db = openDatabaseFile(this.path, this.#busyMs);
    db.exec(`PRAGMA cache_size = -${cache}`);
    return new Connection(db, busyMs);
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
