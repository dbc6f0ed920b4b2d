import { randomUUID } from "node:crypto";
import { messageOf, NighError } from "../../../shared/errors.js";
import type { CatalogueBackend, CollectionToMake, RecordBackend } from "../record-backend.js";
import { COLUMNS, rowOf } from "./catalogue-row.js";
import { jsonbOf } from "./metadata-json.js";
import { type PoolSettings, PostgresPool, type Row, type Transaction } from "./postgres-pool.js";
import { PostgresRecords } from "./postgres-records.js";
import { CATALOGUE, createRecords, recordsTable, SETUP_LOCK } from "./schema.js";

interface Settings extends PoolSettings {
  readonly tenant: string;
  readonly database: string;
}

/**
 * Collections in a database of Postgres with pgvector; tables are made where there are none.
 *
 * @throws NighError `ERR_CONNECTION`; `ERR_SERVER` where pgvector is not installed.
 */
export async function openPostgres(url: string, settings: Settings): Promise<CatalogueBackend> {
  const pool = await PostgresPool.open(url, settings);
  try {
    const version = await prepare(pool);
    return new PostgresCatalogue(pool, version, settings);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** @returns the version of pgvector. */
async function prepare(pool: PostgresPool): Promise<string> {
  const look = async (transaction: Transaction) => {
    const [row] = await transaction.run(
      `SELECT (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS version,
        to_regclass('nigh.collections') IS NOT NULL AS ready`,
    );
    return row as { version: string | null; ready: boolean };
  };
  const found = await pool.read(look);
  if (found.version !== null && found.ready) return found.version;
  return pool.write(async (transaction) => {
    await transaction.run(`SELECT pg_advisory_xact_lock(${SETUP_LOCK})`);
    if (found.version === null) await createExtension(transaction, pool.place);
    await transaction.run(CATALOGUE);
    return (await look(transaction)).version as string;
  });
}

async function createExtension(transaction: Transaction, place: string): Promise<void> {
  try {
    await transaction.run("CREATE EXTENSION IF NOT EXISTS vector");
  } catch (cause) {
    throw new NighError(
      "ERR_SERVER",
      `The database at ${place} has no pgvector, and it could not be made: ${messageOf(cause)}. Install pgvector at the server, and run CREATE EXTENSION vector as a user who may.`,
      { cause },
    );
  }
}

/** The collections of one tenant's database, as rows of the catalogue. */
class PostgresCatalogue implements CatalogueBackend {
  readonly #pool: PostgresPool;
  readonly #version: string;
  readonly #tenant: string;
  readonly #database: string;

  constructor(pool: PostgresPool, version: string, { tenant, database }: Settings) {
    this.#pool = pool;
    this.#version = version;
    this.#tenant = tenant;
    this.#database = database;
  }

  async create(fresh: CollectionToMake, orGet: boolean): Promise<RecordBackend> {
    const { name, metadata, configuration, embedder } = fresh;
    const row = await this.#pool.write(async (transaction) => {
      const [made] = await transaction.run({
        text: `INSERT INTO nigh.collections (id, tenant, database, name, metadata, space, configuration, embedder)
          VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::json, $8::json)
          ON CONFLICT (tenant, database, name) DO NOTHING RETURNING number`,
        values: [
          randomUUID(),
          this.#tenant,
          this.#database,
          name,
          metadata && jsonbOf(metadata),
          configuration.hnsw.space,
          JSON.stringify(configuration),
          embedder ? JSON.stringify(embedder.bound.identity) : null,
        ],
      });
      if (made !== undefined) await transaction.run(createRecords(Number(made.number)));
      else if (!orGet) {
        throw new NighError(
          "ERR_EXISTS",
          `A collection "${name}" is there already: use getOrCreateCollection, or another name.`,
        );
      }
      return this.#find(transaction, name);
    });
    return this.#records(row);
  }

  async find(name: string): Promise<RecordBackend> {
    return this.#records(await this.#pool.read((transaction) => this.#find(transaction, name)));
  }

  async list(limit: number, offset: number): Promise<RecordBackend[]> {
    const rows = await this.#pool.read((transaction) =>
      transaction.run({
        text: `SELECT ${COLUMNS} FROM nigh.collections WHERE tenant = $1 AND database = $2
          ORDER BY number LIMIT $3 OFFSET $4`,
        values: [this.#tenant, this.#database, limit < 0 ? null : limit, offset],
      }),
    );
    return rows.map((row) => this.#records(row));
  }

  async count(): Promise<number> {
    const [row] = await this.#pool.read((transaction) =>
      transaction.run({
        text: "SELECT count(*) AS n FROM nigh.collections WHERE tenant = $1 AND database = $2",
        values: [this.#tenant, this.#database],
      }),
    );
    return Number(row?.n);
  }

  async delete(name: string): Promise<void> {
    await this.#pool.write(async (transaction) => {
      const { number } = await this.#find(transaction, name, true);
      await transaction.run({
        text: "DELETE FROM nigh.collections WHERE number = $1",
        values: [number],
      });
      await transaction.run(`DROP TABLE ${recordsTable(Number(number))}`);
    });
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #find(transaction: Transaction, name: string, lock = false): Promise<Row> {
    const [row] = await transaction.run({
      text: `SELECT ${COLUMNS} FROM nigh.collections WHERE tenant = $1 AND database = $2 AND name = $3${lock ? " FOR UPDATE" : ""}`,
      values: [this.#tenant, this.#database, name],
    });
    if (row !== undefined) return row;
    throw new NighError(
      "ERR_NOT_FOUND",
      `There is no collection "${name}" in the database "${this.#database}" of the tenant "${this.#tenant}" at ${this.#pool.place}.`,
    );
  }

  #records(row: Row): RecordBackend {
    return new PostgresRecords(this.#pool, this.#version, rowOf(row));
  }
}
