import type {
  Database,
  PreparedStatement,
  Sqlite3Static,
  WasmPointer,
} from "@sqlite.org/sqlite-wasm";
import { NighError } from "../../shared/errors.js";
import { utf8Bytes, utf8Text } from "../../shared/utf8.js";
import type { Row, Sqlite, SqlValue, Statement } from "../sqlite-types.js";
import { wasFull } from "./room.js";

const FULL = 13;

/**
 * SQLite's WebAssembly build by the interface of node:sqlite. Values go by the C functions and not by the build's own classes, which
 * bind 1.0 as an integer.
 */
export class WasmDatabase implements Sqlite {
  readonly #sqlite: Sqlite3Static;
  readonly #db: Database;
  /** What a function of SQL threw last. */
  #thrown: { error: unknown } | undefined;

  constructor(sqlite: Sqlite3Static, db: Database) {
    this.#sqlite = sqlite;
    this.#db = db;
  }

  get isTransaction(): boolean {
    return this.#sqlite.capi.sqlite3_get_autocommit(this.#pointer) === 0;
  }

  exec(sql: string): void {
    this.check(this.#sqlite.capi.sqlite3_exec(this.#pointer, sql, 0, 0, 0));
  }

  prepare(sql: string): Statement {
    try {
      return new WasmStatement(this.#sqlite, this, this.#db.prepare(sql));
    } catch (error) {
      const { resultCode } = error as { resultCode?: number };
      throw resultCode === undefined ? error : this.#errorOf(resultCode);
    }
  }

  function(
    name: string,
    options: { readonly deterministic?: boolean },
    implementation: (...values: never[]) => unknown,
  ): void {
    const call = (_context: number, ...values: unknown[]): unknown => {
      try {
        return implementation(...(values as never[]));
      } catch (error) {
        this.#thrown = { error };
        throw error;
      }
    };
    const { deterministic = false } = options;
    this.#db.createFunction(name, call as never, { arity: implementation.length, deterministic });
  }

  close(): void {
    // Finalizes its statements as well.
    this.#db.close();
  }

  /** @throws what went wrong, as node:sqlite says it. */
  check(result: number): void {
    if (result !== this.#sqlite.capi.SQLITE_OK) throw this.#errorOf(result);
  }

  changes(): { changes: number | bigint; lastInsertRowid: number | bigint } {
    const { capi } = this.#sqlite;
    return {
      changes: capi.sqlite3_changes(this.#pointer),
      lastInsertRowid: capi.sqlite3_last_insert_rowid(this.#pointer),
    };
  }

  #errorOf(result: number): unknown {
    const { capi } = this.#sqlite;
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown !== undefined) return thrown.error;
    if ((result & 0xff) === capi.SQLITE_NOMEM) {
      return new NighError(
        "ERR_OUT_OF_MEMORY",
        "SQLite has no memory left in this tab: close what is not needed, or do it in smaller parts.",
      );
    }
    if ((result & 0xff) === capi.SQLITE_IOERR && wasFull()) {
      const message = "database or disk is full";
      return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode: FULL });
    }
    const message = capi.sqlite3_errmsg(this.#pointer);
    return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode: result });
  }

  get #pointer(): WasmPointer {
    const { pointer } = this.#db;
    if (pointer === undefined) throw new TypeError("the database is closed");
    return pointer;
  }
}

class WasmStatement implements Statement {
  readonly #sqlite: Sqlite3Static;
  readonly #db: WasmDatabase;
  readonly #statement: PreparedStatement;
  #columns: readonly string[] | undefined;

  constructor(sqlite: Sqlite3Static, db: WasmDatabase, statement: PreparedStatement) {
    this.#sqlite = sqlite;
    this.#db = db;
    this.#statement = statement;
    lost.register(this, statement);
  }

  run(...parameters: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    try {
      this.#bind(parameters);
      while (this.#step());
      return this.#db.changes();
    } finally {
      this.#reset();
    }
  }

  get(...parameters: SqlValue[]): Row | undefined {
    try {
      this.#bind(parameters);
      return this.#step() ? this.#row() : undefined;
    } finally {
      this.#reset();
    }
  }

  all(...parameters: SqlValue[]): Row[] {
    return [...this.iterate(...parameters)];
  }

  *iterate(...parameters: SqlValue[]): IterableIterator<Row> {
    try {
      this.#bind(parameters);
      while (this.#step()) yield this.#row();
    } finally {
      this.#reset();
    }
  }

  get #pointer(): WasmPointer {
    return this.#statement.pointer as WasmPointer;
  }

  /** Whether there is a row. */
  #step(): boolean {
    const { capi } = this.#sqlite;
    const result = capi.sqlite3_step(this.#pointer);
    if (result === capi.SQLITE_ROW) return true;
    if (result !== capi.SQLITE_DONE) this.#db.check(result);
    return false;
  }

  #reset(): void {
    const { capi } = this.#sqlite;
    // Its result is the error of the last step, which was thrown.
    capi.sqlite3_reset(this.#pointer);
    capi.sqlite3_clear_bindings(this.#pointer);
  }

  #row(): Row {
    const { capi } = this.#sqlite;
    this.#columns ??= Array.from({ length: this.#statement.columnCount }, (_, i) =>
      capi.sqlite3_column_name(this.#pointer, i),
    );
    const row: Row = Object.create(null);
    for (const [i, name] of this.#columns.entries()) row[name] = this.#column(i);
    return row;
  }

  #column(i: number): SqlValue {
    const { capi } = this.#sqlite;
    const pointer = this.#pointer;
    switch (capi.sqlite3_column_type(pointer, i)) {
      case capi.SQLITE_INTEGER:
        return safeInteger(capi.sqlite3_column_int64(pointer, i));
      case capi.SQLITE_FLOAT:
        return capi.sqlite3_column_double(pointer, i);
      case capi.SQLITE_TEXT:
        return utf8Text(this.#bytes(i));
      case capi.SQLITE_BLOB:
        return this.#bytes(i).slice();
      default:
        return null;
    }
  }

  /** A view that is valid until SQLite is called again. */
  #bytes(i: number): Uint8Array {
    const { capi, wasm } = this.#sqlite;
    // The order matters: the bytes are counted of what the first call made.
    const address = capi.sqlite3_column_blob(this.#pointer, i);
    const length = capi.sqlite3_column_bytes(this.#pointer, i);
    return wasm.heap8u().subarray(address, address + length);
  }

  #bind(parameters: readonly SqlValue[]): void {
    for (const [i, value] of parameters.entries()) {
      // NULL is what a parameter is before it is bound; the build's function for it says nothing.
      if (value !== null) this.#db.check(this.#bindOne(i + 1, value));
    }
  }

  #bindOne(i: number, value: Exclude<SqlValue, null>): number {
    const { capi } = this.#sqlite;
    const pointer = this.#pointer;
    // As node:sqlite: a number is a float, and becomes an integer where the column is one of integers.
    if (typeof value === "number") return capi.sqlite3_bind_double(pointer, i, value);
    if (typeof value === "bigint") return capi.sqlite3_bind_int64(pointer, i, value);
    const bytes = typeof value === "string" ? utf8Bytes(value) : value;
    const address = this.#copy(bytes);
    return typeof value === "string"
      ? capi.sqlite3_bind_text(pointer, i, address, bytes.length, capi.SQLITE_WASM_DEALLOC)
      : capi.sqlite3_bind_blob(pointer, i, address, bytes.length, capi.SQLITE_WASM_DEALLOC);
  }

  /** In memory that SQLite frees; at least a byte, since an address of 0 would be NULL. */
  #copy(bytes: Uint8Array): WasmPointer {
    const { wasm } = this.#sqlite;
    const address = wasm.alloc(bytes.length || 1);
    wasm.heap8u().set(bytes, address);
    return address;
  }
}

/** Statements that nobody has any more, as node:sqlite does it. */
const lost = new FinalizationRegistry<PreparedStatement>((statement) => statement.finalize());

/** @throws RangeError, as node:sqlite does, where a number would lose digits. */
function safeInteger(value: bigint | number): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`The integer ${value} of the database is beyond 2^53`);
}
