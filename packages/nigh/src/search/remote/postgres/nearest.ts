import { embeddingJson } from "../../../store/exchange/embedding-json.js";
import type { Columns } from "../../../store/record-reader.js";
import type { RecordFilter } from "../../collections/nearest-records.js";
import type { Found } from "../../collections/results.js";
import type { CatalogueRow } from "./catalogue-row.js";
import type { Row, Transaction } from "./postgres-pool.js";
import { recordsTable } from "./schema.js";
import { columnsSql, recordOf, selectionSql } from "./selection.js";
import { SPACE_SQL } from "./spaces.js";
import { Parameters } from "./sql.js";

const MOST_EF_SEARCH = 1000;

interface Nearest {
  readonly row: CatalogueRow;
  readonly query: Float32Array;
  readonly k: number;
  readonly filter: RecordFilter;
  readonly columns: Columns;
}

/**
 * The nearest records: by the index where there is one. An index ends its walk where it thinks it has seen enough; when that gives fewer
 * than `k` records all are compared, so there are `k` whenever `k` match.
 */
export async function nearest(transaction: Transaction, search: Nearest): Promise<Found[]> {
  const { row, query, k, columns } = search;
  // Of a vector without a length all cosines are the same.
  const isIndexed = row.isIndexed && query.some((value) => value !== 0);
  let rows = isIndexed ? await byIndex(transaction, search) : await byScan(transaction, search);
  if (isIndexed && rows.length < k) rows = await byScan(transaction, search);
  return rows.map((found) => ({
    record: recordOf(found, columns),
    distance: Number(found.distance),
  }));
}

/** How a walk through an index is to be; for the rest of the transaction. @param version of pgvector: "0.8.1". */
export async function prepareIndexScan(
  transaction: Transaction,
  { configuration }: CatalogueRow,
  k: number,
  version: string,
): Promise<void> {
  const ef = Math.min(MOST_EF_SEARCH, Math.max(configuration.hnsw.ef_search, k));
  await transaction.run(`SET LOCAL hnsw.ef_search = ${ef}`);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // Before 0.8 a walk ends after ef_search vectors, whether they pass the filter or not.
  if (major > 0 || minor >= 8)
    await transaction.run("SET LOCAL hnsw.iterative_scan = strict_order");
}

async function byScan(transaction: Transaction, search: Nearest): Promise<readonly Row[]> {
  const { row, query, k, filter, columns } = search;
  const { operator, distance } = SPACE_SQL[row.space];
  const parameters = new Parameters();
  const given = `embedding ${operator} ${parameters.add(embeddingJson(query), "vector")}`;
  const condition = await selectionSql(transaction, row.number, filter, parameters);
  return transaction.run({
    text: `SELECT ${columnsSql(columns)}, ${distance(given)} AS distance FROM ${recordsTable(row.number)}
      WHERE ${condition} ORDER BY distance, key LIMIT ${parameters.add(k, "bigint")}`,
    values: parameters.values,
  });
}

async function byIndex(transaction: Transaction, search: Nearest): Promise<readonly Row[]> {
  const { row, query, k, filter, columns } = search;
  const { operator, distance } = SPACE_SQL[row.space];
  const parameters = new Parameters();
  const given = `embedding ${operator} ${parameters.add(embeddingJson(query), "vector")}`;
  const condition = await selectionSql(transaction, row.number, filter, parameters);
  const limit = parameters.add(k, "bigint");
  const table = recordsTable(row.number);
  const walk = (more: string) =>
    `(SELECT key, ${given} AS given FROM ${table} WHERE ${condition}${more} ORDER BY ${given} LIMIT ${limit})`;
  const walks =
    row.space === "cosine"
      ? `${walk(" AND vector_norm(embedding) <> 0")} UNION ALL
         (SELECT key, 'NaN'::float8 FROM ${table} WHERE ${condition} AND vector_norm(embedding) = 0 ORDER BY key LIMIT ${limit})`
      : walk("");
  return transaction.run({
    text: `SELECT ${columnsSql(columns)}, near.distance
      FROM (SELECT key, ${distance("given")} AS distance FROM (${walks}) AS walked ORDER BY distance, key LIMIT ${limit}) AS near
      JOIN ${table} USING (key) ORDER BY near.distance, key`,
    values: parameters.values,
  });
}
