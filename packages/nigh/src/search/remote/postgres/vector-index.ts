import type { CatalogueRow } from "./catalogue-row.js";
import type { Transaction } from "./postgres-pool.js";
import { recordsTable } from "./schema.js";
import { MOST_INDEXED_DIMENSIONS, SPACE_SQL } from "./spaces.js";
import { quoteName } from "./sql.js";

const MOST_LINKS = 100;
const MOST_EF_CONSTRUCTION = 1000;

/** Whether a collection is to get an index: it has many records and none yet, and pgvector can make one. */
export async function needsIndex(
  transaction: Transaction,
  { number, isIndexed, dimension, configuration }: CatalogueRow,
): Promise<boolean> {
  if (isIndexed || dimension === null || dimension > MOST_INDEXED_DIMENSIONS) return false;
  const threshold = configuration.hnsw.sync_threshold;
  const [row] = await transaction.run(
    `SELECT count(*) AS n FROM (SELECT 1 FROM ${recordsTable(number)} LIMIT ${threshold}) AS first`,
  );
  return Number(row?.n) >= threshold;
}

/** Others may read meanwhile, not write. */
export async function createIndex(
  transaction: Transaction,
  { number, space, configuration }: CatalogueRow,
): Promise<void> {
  const { max_neighbors, ef_construction } = configuration.hnsw;
  const links = Math.min(max_neighbors, MOST_LINKS);
  const ef = Math.min(Math.max(ef_construction, 2 * links, 4), MOST_EF_CONSTRUCTION);
  const table = recordsTable(number);
  await transaction.run(
    `CREATE INDEX IF NOT EXISTS ${quoteName(`records_${number}_embedding`)} ON ${table}
       USING hnsw (embedding ${SPACE_SQL[space].operatorClass}) WITH (m = ${links}, ef_construction = ${ef})`,
  );
  if (space !== "cosine") return;
  await transaction.run(
    `CREATE INDEX IF NOT EXISTS ${quoteName(`records_${number}_zero`)} ON ${table} (key) WHERE vector_norm(embedding) = 0`,
  );
}
