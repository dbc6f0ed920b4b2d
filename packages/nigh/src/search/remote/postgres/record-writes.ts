import { quote } from "../../../shared/describe.js";
import { NighError } from "../../../shared/errors.js";
import { embeddingJson } from "../../../store/exchange/embedding-json.js";
import type { RecordChanges } from "../../../store/record-writer.js";
import { checkEmbedder } from "../../collections/bound-embedder.js";
import type { NamedEmbedder } from "../record-backend.js";
import type { CatalogueRow } from "./catalogue-row.js";
import { droppedKeys, keptJson } from "./metadata-json.js";
import type { Transaction } from "./postgres-pool.js";
import { fixDimension, recordsTable } from "./schema.js";
import { MOST_DIMENSIONS } from "./spaces.js";

/** Records of one statement. */
const BATCH_SIZE = 500;

/**
 * Holds vectors and embedder to those of the collection; the first ones decide.
 *
 * @throws NighError `ERR_DIMENSION`, `ERR_EMBEDDER`.
 */
export async function fixVectors(
  transaction: Transaction,
  row: CatalogueRow,
  records: readonly RecordChanges[],
  embedder: NamedEmbedder | undefined,
): Promise<void> {
  if (embedder !== undefined) checkEmbedder(row, embedder.bound);
  const first = records.find(({ embedding }) => embedding !== undefined)?.embedding;
  if (first === undefined) return;
  const dimension = row.dimension ?? first.length;
  for (const { id, embedding } of records) {
    if (embedding === undefined || embedding.length === dimension) continue;
    throw new NighError(
      "ERR_DIMENSION",
      `The embedding of ${quote(id)} has ${embedding.length} dimensions; the collection "${row.name}" holds vectors of ${dimension}. Nothing was written.`,
    );
  }
  if (row.dimension === null)
    await transaction.run(fixDimension(row.number, checkLength(dimension)));
  const identity = row.embedder ?? embedder?.bound.identity ?? null;
  if (row.dimension !== null && (row.embedder !== null || identity === null)) return;
  await transaction.run({
    text: "UPDATE nigh.collections SET dimension = $2, embedder = $3::json WHERE number = $1",
    values: [row.number, dimension, identity && JSON.stringify(identity)],
  });
}

function checkLength(dimension: number): number {
  if (dimension <= MOST_DIMENSIONS) return dimension;
  throw new NighError(
    "ERR_DIMENSION",
    `pgvector holds vectors of at most ${MOST_DIMENSIONS} dimensions; these have ${dimension}.`,
  );
}

/** Adds records whose ids are new, in their order. @returns the ids of those that were added. */
export async function insertRecords(
  transaction: Transaction,
  { number }: CatalogueRow,
  records: readonly RecordChanges[],
): Promise<Set<string>> {
  const added = new Set<string>();
  for (const batch of batchesOf(records)) {
    const rows = await transaction.run({
      text: `INSERT INTO ${recordsTable(number)} (id, document, metadata, uri, embedding)
        SELECT id, document, metadata, uri, embedding::vector
        FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::text[])
          WITH ORDINALITY AS given (id, document, metadata, uri, embedding, place)
        ORDER BY place
        ON CONFLICT (id) DO NOTHING RETURNING id`,
      values: [
        batch.map(({ id }) => id),
        batch.map(({ document }) => document ?? null),
        batch.map(({ metadata }) => keptJson(metadata)),
        batch.map(({ uri }) => uri ?? null),
        batch.map(({ embedding }) => embedding && embeddingJson(embedding)),
      ],
    });
    for (const { id } of rows) added.add(id as string);
  }
  return added;
}

/** Changes records that are there: what is not given stays. @returns their ids. */
export async function changeRecords(
  transaction: Transaction,
  { number }: CatalogueRow,
  records: readonly RecordChanges[],
): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const batch of batchesOf(records)) {
    const rows = await transaction.run({
      text: `UPDATE ${recordsTable(number)} AS r SET
          document = coalesce(given.document, r.document),
          uri = coalesce(given.uri, r.uri),
          embedding = coalesce(given.embedding::vector, r.embedding),
          metadata = nullif(
            (coalesce(r.metadata, '{}') || coalesce(given.kept, '{}'))
              - ARRAY(SELECT jsonb_array_elements_text(given.dropped)),
            '{}')
        FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::jsonb[], $5::text[], $6::text[])
          AS given (id, document, kept, dropped, uri, embedding)
        WHERE r.id = given.id RETURNING r.id`,
      values: [
        batch.map(({ id }) => id),
        batch.map(({ document }) => document ?? null),
        batch.map(({ metadata }) => keptJson(metadata)),
        batch.map(({ metadata }) => JSON.stringify(droppedKeys(metadata))),
        batch.map(({ uri }) => uri ?? null),
        batch.map(({ embedding }) => (embedding ? embeddingJson(embedding) : null)),
      ],
    });
    for (const { id } of rows) changed.add(id as string);
  }
  return changed;
}

function* batchesOf(records: readonly RecordChanges[]): Generator<readonly RecordChanges[]> {
  for (let i = 0; i < records.length; i += BATCH_SIZE) yield records.slice(i, i + BATCH_SIZE);
}
