import { throwIfAborted } from "../../../shared/abort.js";
import { NighError } from "../../../shared/errors.js";
import type { Matrix } from "../../../shared/matrix.js";
import type { StoredRecord } from "../../../store/record.js";
import type { Columns, PartialRecord, Selection } from "../../../store/record-reader.js";
import type { NewRecord, RecordChanges } from "../../../store/record-writer.js";
import { checkEmbedder } from "../../collections/bound-embedder.js";
import type { RecordPage } from "../../collections/collections-client.js";
import { interpretConfiguration } from "../../collections/configuration.js";
import type { RecordFilter } from "../../collections/nearest-records.js";
import type { Found } from "../../collections/results.js";
import type {
  ChangesToMake,
  CollectionInfo,
  NamedEmbedder,
  RecordBackend,
  RemoteWriteOptions,
} from "../record-backend.js";
import { type CatalogueRow, currentRow } from "./catalogue-row.js";
import { jsonbOf } from "./metadata-json.js";
import { nearest, prepareIndexScan } from "./nearest.js";
import type { PostgresPool, Transaction } from "./postgres-pool.js";
import { changeRecords, fixVectors, insertRecords } from "./record-writes.js";
import { recordsTable } from "./schema.js";
import { columnsSql, recordOf, selectionSql } from "./selection.js";
import { Parameters } from "./sql.js";
import { createIndex, needsIndex } from "./vector-index.js";

const ALL = { document: true, metadata: true, uri: true, embedding: true, floats: true } as const;

/** Records of a collection in Postgres. Every call is one transaction; writers of one collection take turns. */
export class PostgresRecords implements RecordBackend {
  readonly #pool: PostgresPool;
  /** Of pgvector. */
  readonly #version: string;
  #row: CatalogueRow;

  constructor(pool: PostgresPool, version: string, row: CatalogueRow) {
    this.#pool = pool;
    this.#version = version;
    this.#row = row;
  }

  get info(): CollectionInfo {
    return this.#row;
  }

  async checkEmbedder({ bound }: NamedEmbedder): Promise<void> {
    checkEmbedder(await this.#read(async (_, row) => row), bound);
  }

  async idsThere(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>> {
    throwIfAborted(signal);
    const found = await this.get({ ids }, {});
    return new Set(found.map(({ id }) => id));
  }

  async add(
    records: readonly NewRecord[],
    options: RemoteWriteOptions,
  ): Promise<ReadonlySet<string>> {
    const added = await this.#writeRecords(records, options, insertRecords);
    return new Set(records.map(({ id }) => id).filter((id) => !added.has(id)));
  }

  async upsert(records: readonly NewRecord[], options: RemoteWriteOptions): Promise<number> {
    const added = await this.#writeRecords(records, options, async (transaction, row) => {
      const changed = await changeRecords(transaction, row, records);
      const fresh = records.filter(({ id }) => !changed.has(id));
      return insertRecords(transaction, row, fresh);
    });
    return added.size;
  }

  async update(
    records: readonly RecordChanges[],
    options: RemoteWriteOptions,
  ): Promise<ReadonlySet<string>> {
    const changed = await this.#writeRecords(records, options, changeRecords);
    return new Set(records.map(({ id }) => id).filter((id) => !changed.has(id)));
  }

  async delete(selection: Selection): Promise<number> {
    return this.#write(async (transaction, { number }) => {
      const parameters = new Parameters();
      const keys = await this.#select(transaction, number, selection, "key", parameters);
      const [row] = await transaction.run({
        text: `WITH gone AS (DELETE FROM ${recordsTable(number)} WHERE key IN (${keys}) RETURNING 1) SELECT count(*) AS n FROM gone`,
        values: parameters.values,
      });
      return Number(row?.n);
    });
  }

  async get(selection: Selection, columns: Columns): Promise<PartialRecord[]> {
    return this.#read(async (transaction, { number }) => {
      const parameters = new Parameters();
      const columnList = columnsSql(columns);
      const text = await this.#select(transaction, number, selection, columnList, parameters);
      const rows = await transaction.run({ text, values: parameters.values });
      return rows.map((row) => recordOf(row, columns));
    });
  }

  async query(
    queries: Matrix,
    k: number,
    filter: RecordFilter,
    columns: Columns,
  ): Promise<Found[][]> {
    return this.#read(async (transaction, row) => {
      if (row.dimension === null) return Array.from(queries, () => []);
      const [count, dimension] = queries.shape;
      if (count > 0 && dimension !== row.dimension) {
        throw new NighError(
          "ERR_DIMENSION",
          `The collection "${row.name}" holds vectors of ${row.dimension} dimensions; the query has ${dimension}.`,
        );
      }
      if (row.isIndexed) await prepareIndexScan(transaction, row, k, this.#version);
      const found: Found[][] = [];
      for (const query of queries) {
        found.push(await nearest(transaction, { row, query, k, filter, columns }));
      }
      return found;
    });
  }

  async count(): Promise<number> {
    return this.#read(async (transaction, { number }) => {
      const [row] = await transaction.run(`SELECT count(*) AS n FROM ${recordsTable(number)}`);
      return Number(row?.n);
    });
  }

  async modify({ name, metadata, configuration }: ChangesToMake): Promise<void> {
    await this.#write(async (transaction, row) => {
      const full =
        configuration === undefined
          ? row.configuration
          : interpretConfiguration("modify", configuration, row.configuration);
      if (name !== undefined) await checkIsFree(transaction, row, name);
      await transaction.run({
        text: "UPDATE nigh.collections SET name = $2, metadata = $3::jsonb, configuration = $4::json WHERE number = $1",
        values: [
          row.number,
          name ?? row.name,
          metadata === undefined ? row.metadata && jsonbOf(row.metadata) : jsonbOf(metadata),
          JSON.stringify(full),
        ],
      });
    });
    await this.#read(async () => undefined);
  }

  async readPage(after: number, limit: number): Promise<RecordPage> {
    return this.#read(async (transaction, { number }) => {
      const rows = await transaction.run({
        text: `SELECT key, ${columnsSql(ALL)} FROM ${recordsTable(number)} WHERE key > $1 ORDER BY key LIMIT $2`,
        values: [after, limit],
      });
      const records = rows.map((row) => recordOf(row, ALL) as StoredRecord);
      return { records, next: rows.length < limit ? undefined : Number(rows.at(-1)?.key) };
    });
  }

  async #select(
    transaction: Transaction,
    number: number,
    selection: Selection,
    columns: string,
    parameters: Parameters,
  ): Promise<string> {
    const { limit = -1, offset = 0 } = selection;
    const condition = await selectionSql(transaction, number, selection, parameters);
    const most = limit < 0 ? "" : ` LIMIT ${parameters.add(limit, "bigint")}`;
    const skipped = offset === 0 ? "" : ` OFFSET ${parameters.add(offset, "bigint")}`;
    return `SELECT ${columns} FROM ${recordsTable(number)} WHERE ${condition} ORDER BY key${most}${skipped}`;
  }

  /** Writes records; when there are many now, they get an index before the call ends. */
  async #writeRecords(
    records: readonly RecordChanges[],
    { embedder, signal }: RemoteWriteOptions,
    work: (
      transaction: Transaction,
      row: CatalogueRow,
      records: readonly RecordChanges[],
    ) => Promise<Set<string>>,
  ): Promise<Set<string>> {
    throwIfAborted(signal);
    if (records.length === 0) return new Set();
    const ids = await this.#write(async (transaction, row) => {
      await fixVectors(transaction, row, records, embedder);
      const written = await work(transaction, row, records);
      throwIfAborted(signal);
      return written;
    });
    if (await this.#read(needsIndex)) await this.#write(createIndex);
    return ids;
  }

  #read<T>(work: (transaction: Transaction, row: CatalogueRow) => Promise<T>): Promise<T> {
    return this.#pool.read(async (transaction) => {
      this.#row = await currentRow(transaction, this.#row, false);
      return work(transaction, this.#row);
    });
  }

  #write<T>(work: (transaction: Transaction, row: CatalogueRow) => Promise<T>): Promise<T> {
    return this.#pool.write(async (transaction) =>
      work(transaction, await currentRow(transaction, this.#row, true)),
    );
  }
}

/** @throws NighError `ERR_EXISTS` when another collection has a name. */
async function checkIsFree(
  transaction: Transaction,
  { number, tenant, database }: CatalogueRow,
  name: string,
): Promise<void> {
  const [other] = await transaction.run({
    text: "SELECT 1 FROM nigh.collections WHERE tenant = $1 AND database = $2 AND name = $3 AND number <> $4",
    values: [tenant, database, name, number],
  });
  if (other === undefined) return;
  throw new NighError(
    "ERR_EXISTS",
    `A collection "${name}" is there already: choose another name.`,
  );
}
