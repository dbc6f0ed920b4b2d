import type { Pool, PoolClient } from "pg";
import { NighError } from "../../../shared/errors.js";
import { postgresError } from "./postgres-error.js";
import type { Query } from "./sql.js";

export type Row = Readonly<Record<string, unknown>>;

/** A transaction. */
export interface Transaction {
  run(query: Query | string): Promise<readonly Row[]>;
}

export interface PoolSettings {
  readonly timeoutMs: number;
  readonly waitMs: number;
}

/** A pool of connections; every piece of work is one transaction. */
export class PostgresPool {
  /** Host and database, without a password, for messages. */
  readonly place: string;
  readonly #pool: Pool;
  readonly #waitMs: number;
  #isClosed = false;

  private constructor(pool: Pool, place: string, waitMs: number) {
    this.#pool = pool;
    this.place = place;
    this.#waitMs = waitMs;
    // A connection that is lost while it is idle is replaced by the next call.
    pool.on("error", () => undefined);
  }

  /** Loads pg when it is first needed. Connections are made when they are. */
  static async open(url: string, { timeoutMs, waitMs }: PoolSettings): Promise<PostgresPool> {
    const { default: pg } = await import("pg");
    const place = placeOf(url);
    const pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      application_name: "nigh",
      allowExitOnIdle: true,
    });
    return new PostgresPool(pool, place, waitMs);
  }

  /** Reads one state of the database. */
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work);
  }

  /** Writes, all or nothing. */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transaction("BEGIN ISOLATION LEVEL READ COMMITTED", async (transaction) => {
      await transaction.run(`SET LOCAL lock_timeout = ${this.#waitMs === 0 ? 1 : this.#waitMs}`);
      return work(transaction);
    });
  }

  /** Waits for what has begun. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pool.end();
  }

  async #transaction<T>(begin: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new NighError("ERR_CLOSED", "The client was closed.");
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw postgresError(error, this.place);
    }
    let isBroken = false;
    // Without a listener the loss of a connection would end the program; the query that runs fails with it.
    const onLoss = () => {
      isBroken = true;
    };
    client.on("error", onLoss);
    try {
      await client.query(begin);
      const result = await work({
        run: async (query) => {
          const { rows } = await (typeof query === "string"
            ? client.query(query)
            : client.query(query.text, [...query.values]));
          return rows as Row[];
        },
      });
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {
        isBroken = true;
      });
      throw postgresError(error, this.place);
    } finally {
      client.off("error", onLoss);
      client.release(isBroken);
    }
  }
}

/** @throws NighError `ERR_INVALID_ARGUMENT`; the URL, which may hold a password, is not in the message. */
function placeOf(address: string): string {
  try {
    const url = new URL(address);
    return `${url.protocol}//${url.host}${url.pathname}`;
  } catch {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      'connect: the address is no URL: expected "postgres://user:password@host:5432/database", with special characters of the password percent-encoded.',
    );
  }
}
