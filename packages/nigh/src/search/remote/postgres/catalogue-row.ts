import { NighError } from "../../../shared/errors.js";
import type { StoredEmbedder } from "../../../store/collection-row.js";
import type { FullConfiguration, Space } from "../../collections/configuration.js";
import type { CollectionInfo } from "../record-backend.js";
import { metadataOfJsonb } from "./metadata-json.js";
import type { Row, Transaction } from "./postgres-pool.js";

/** A collection as the catalogue has it. */
export interface CatalogueRow extends CollectionInfo {
  readonly number: number;
  readonly tenant: string;
  readonly database: string;
  readonly space: Space;
  /** Whether its vectors have an index. */
  readonly isIndexed: boolean;
}

/** The columns of {@link rowOf}. */
export const COLUMNS = `number, id, tenant, database, name, metadata::text AS metadata, space, configuration, embedder, dimension,
  to_regclass('nigh.records_' || number || '_embedding') IS NOT NULL AS indexed`;

export function rowOf(row: Row): CatalogueRow {
  return {
    number: Number(row.number),
    id: row.id as string,
    tenant: row.tenant as string,
    database: row.database as string,
    name: row.name as string,
    metadata: metadataOfJsonb(row.metadata as string | null, true),
    space: row.space as Space,
    configuration: row.configuration as FullConfiguration,
    embedder: row.embedder as StoredEmbedder | null,
    dimension: row.dimension as number | null,
    isIndexed: row.indexed as boolean,
  };
}

/**
 * The row of a collection as it is now.
 *
 * @param lock for a write: writers of one collection take turns.
 * @throws NighError `ERR_NOT_FOUND` when the collection was deleted.
 */
export async function currentRow(
  transaction: Transaction,
  { id, name }: CollectionInfo,
  lock: boolean,
): Promise<CatalogueRow> {
  const [row] = await transaction.run({
    text: `SELECT ${COLUMNS} FROM nigh.collections WHERE id = $1${lock ? " FOR UPDATE" : ""}`,
    values: [id],
  });
  if (row !== undefined) return rowOf(row);
  throw new NighError("ERR_NOT_FOUND", `The collection "${name}" was deleted.`);
}
