import { Matrix } from "../shared/matrix.js";
import type { CollectionRow } from "./collection-row.js";
import { Damage } from "./damage.js";
import type { Connection } from "./database.js";
import { type DecodeOptions, decodeMetadata } from "./metadata.js";
import type { StoredRecord } from "./record.js";
import { type CollectionTables, tablesOf } from "./schema.js";
import type { SqlValue } from "./sqlite.js";
import type { Condition } from "./where/condition.js";
import { selectKeys, toSql } from "./where/to-sql.js";

/** Columns of a record to read besides its id. */
export type Columns = Readonly<
  Partial<Record<"document" | "metadata" | "uri" | "embedding", boolean>>
> &
  /** Of metadata. */
  DecodeOptions;

export type PartialRecord = Pick<StoredRecord, "id"> & Partial<StoredRecord>;

/** Vectors of records, in the order of their keys: [keys, dimension]. */
export interface VectorBlock {
  readonly keys: readonly number[];
  readonly vectors: Matrix;
}

/** Vectors that {@link RecordReader.vectorBlocks} reads at a time. */
const BLOCK = 128;

/** Which records. */
export interface Selection {
  readonly ids?: readonly string[] | undefined;
  readonly condition?: Condition | undefined;
  /** Default: all. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** Reads records of one collection, in a transaction of the caller's. */
export class RecordReader {
  readonly #db: Connection;
  readonly #tables: CollectionTables;
  readonly #dimension: number | null;

  constructor(db: Connection, { number, dimension }: CollectionRow) {
    this.#dimension = dimension;
    this.#db = db;
    this.#tables = tablesOf(number);
  }

  count(): number {
    return Number(this.#db.get(`SELECT count(*) AS n FROM ${this.#tables.records}`)?.n);
  }

  /** Keys of the records selected, in the order in which they were added. */
  keys(selection: Selection): number[] {
    const { limit = -1, offset = 0 } = selection;
    const { sql, parameters } = this.#where(selection);
    const row = this.#db.getOnce(
      `SELECT json_group_array(key) AS keys FROM (
         SELECT key FROM ${this.#tables.records} WHERE ${sql} ORDER BY key LIMIT ? OFFSET ?)`,
      ...parameters,
      limit,
      offset,
    );
    return JSON.parse(row?.keys as string) as number[];
  }

  /** Keys of all records that match a condition, in no order: faster than {@link keys}. */
  matchingKeys(condition: Condition): number[] {
    const { sql, parameters } = selectKeys(condition, this.#tables);
    const row = this.#db.getOnce(
      `SELECT json_group_array(key) AS keys FROM (${sql})`,
      ...parameters,
    );
    return JSON.parse(row?.keys as string) as number[];
  }

  /** The key of an id. */
  keyOf(id: string): number | undefined {
    const row = this.#db.get(`SELECT key FROM ${this.#tables.records} WHERE id = ?`, id);
    return row && Number(row.key);
  }

  /** The record of a key, with the columns asked for; undefined when there is none. */
  record(key: number, columns: Columns): PartialRecord | undefined {
    const { records } = this.#tables;
    const row = this.#db.get(
      `SELECT id${columns.document ? ", document" : ""}${columns.metadata ? ", metadata" : ""}${columns.uri ? ", uri" : ""}
       FROM ${records} WHERE key = ?`,
      key,
    );
    if (row === undefined) return undefined;
    const { id, document, metadata, uri } = row as Record<string, string | null>;
    return {
      id: id as string,
      ...(columns.document ? { document: document as string | null } : {}),
      ...(columns.uri ? { uri: uri as string | null } : {}),
      ...(columns.metadata
        ? { metadata: metadata == null ? null : decodeMetadata(metadata, columns) }
        : {}),
      ...(columns.embedding ? { embedding: this.vector(key) } : {}),
    };
  }

  /** The record of a key that was found in this transaction. @throws Damage where it is missing. */
  recordThere(key: number, columns: Columns): PartialRecord {
    const record = this.record(key, columns);
    if (record !== undefined) return record;
    throw new Damage(`The record with key ${key} is missing`);
  }

  vector(key: number): Float32Array {
    const row = this.#db.get(`SELECT vector FROM ${this.#tables.vectors} WHERE key = ?`, key);
    return vectorOf(row?.vector, this.#dimension);
  }

  /** Keys and vectors of records with keys from `first` to `last`, both included, by ascending key. */
  *vectors(
    first = 0,
    last = Number.MAX_SAFE_INTEGER,
  ): Generator<{ key: number; vector: Float32Array }> {
    const rows = this.#db.iterate(
      `SELECT key, vector FROM ${this.#tables.vectors} WHERE key BETWEEN ? AND ? ORDER BY key`,
      first,
      last,
    );
    for (const row of rows)
      yield { key: Number(row.key), vector: vectorOf(row.vector, this.#dimension) };
  }

  /**
   * The same, many at a time, in a third of the time: SQLite joins the vectors as if they were texts. It leaves their bytes alone where
   * texts are UTF-8, as they are in the databases that nigh makes; elsewhere, and where a vector is damaged, they are read one by one.
   */
  *vectorBlocks(first = 0, last = Number.MAX_SAFE_INTEGER): Generator<VectorBlock> {
    const d = this.#dimension;
    if (d === null) return;
    const sql = `SELECT json_group_array(key) AS keys, CAST(group_concat(vector, '') AS BLOB) AS vectors,
        sum(length(vector) IS NOT ?) = 0 AND hex(CAST('a' AS BLOB)) = '61' AS joined
      FROM (SELECT key, vector FROM ${this.#tables.vectors} WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?)`;
    for (let next = first; ; ) {
      const row = this.#db.get(sql, 4 * d, next, last, BLOCK);
      const keys = JSON.parse(row?.keys as string) as number[];
      if (keys.length === 0) return;
      const vectors =
        row?.joined === 1
          ? new Matrix(vectorOf(row.vectors, keys.length * d), keys.length, d)
          : Matrix.from(keys.map((key) => this.vector(key)));
      yield { keys, vectors };
      next = (keys.at(-1) as number) + 1;
    }
  }

  /** The vector that was made of a text before, by the hash of text and embedder. */
  vectorOfHash(hash: Uint8Array): Float32Array | undefined {
    const row = this.#db.get(
      `SELECT v.vector FROM ${this.#tables.records} r JOIN ${this.#tables.vectors} v ON v.key = r.key
       WHERE r.hash = ? LIMIT 1`,
      hash,
    );
    return row && vectorOf(row.vector, this.#dimension);
  }

  #where({ ids, condition }: Selection): { sql: string; parameters: SqlValue[] } {
    const parts: string[] = [];
    const parameters: SqlValue[] = [];
    if (ids !== undefined) {
      parts.push("id IN (SELECT value FROM json_each(?))");
      parameters.push(JSON.stringify(ids));
    }
    if (condition !== undefined) {
      const part = toSql(condition, this.#tables);
      parts.push(`(${part.sql})`);
      parameters.push(...part.parameters);
    }
    return { sql: parts.length === 0 ? "true" : parts.join(" AND "), parameters };
  }
}

/** @param dimension null before a first write has ended. @throws Damage */
function vectorOf(bytes: SqlValue | undefined, dimension: number | null): Float32Array {
  if (!(bytes instanceof Uint8Array)) throw new Damage("A record has no vector");
  if (bytes.byteLength !== 4 * (dimension ?? bytes.byteLength / 4)) {
    throw new Damage(`A vector of ${dimension} dimensions has ${bytes.byteLength} bytes`);
  }
  // SQLite's blobs are copies of their own, but not always aligned.
  return bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : new Float32Array(bytes.slice().buffer);
}
