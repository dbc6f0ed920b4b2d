import type { CollectionRow, StoredEmbedder } from "./collection-row.js";
import type { Connection } from "./database.js";
import { RecordWriter } from "./record-writer.js";
import { createNextVectors, tablesOf } from "./schema.js";

/** A record whose document has to be embedded. */
export interface Waiting {
  readonly key: number;
  readonly id: string;
  readonly document: string | null;
}

/** Starts moving a collection to another embedder, or goes on where an earlier move to the same one stopped. */
export function beginNextVectors(db: Connection, row: CollectionRow, next: StoredEmbedder): void {
  const tables = tablesOf(row.number);
  if (row.nextEmbedder?.fingerprint === next.fingerprint) return;
  db.exec(`DROP TABLE IF EXISTS ${tables.nextVectors}`);
  db.exec(createNextVectors(tables));
  db.run(
    "UPDATE collections SET next_embedder = ? WHERE number = ?",
    JSON.stringify(next),
    row.number,
  );
}

/** Ids of records that no embedder can embed. */
export function idsWithoutDocument(
  db: Connection,
  { number }: CollectionRow,
  limit: number,
): string[] {
  const { records } = tablesOf(number);
  const rows = db.allOnce(`SELECT id FROM ${records} WHERE document IS NULL LIMIT ?`, limit);
  return rows.map(({ id }) => id as string);
}

/** Records that have no vector of the next embedder yet. */
export function waitingRecords(
  db: Connection,
  { number }: CollectionRow,
  limit: number,
): Waiting[] {
  const { records, nextVectors } = tablesOf(number);
  const rows = db.allOnce(
    `SELECT key, id, document FROM ${records} r
     WHERE NOT EXISTS (SELECT 1 FROM ${nextVectors} n WHERE n.key = r.key) ORDER BY key LIMIT ?`,
    limit,
  );
  return rows.map(({ key, id, document }) => ({
    key: Number(key),
    id: id as string,
    document: document as string | null,
  }));
}

export function countWaiting(db: Connection, { number }: CollectionRow): number {
  const { records, nextVectors } = tablesOf(number);
  const row = db.getOnce(
    `SELECT (SELECT count(*) FROM ${records}) - (SELECT count(*) FROM ${nextVectors}) AS n`,
  );
  return Number(row?.n);
}

/** Keeps a vector of the next embedder, when the record's document is still the one that was embedded. */
export function keepNextVector(
  db: Connection,
  { number }: CollectionRow,
  { key, document }: Waiting,
  vector: Float32Array,
  hash: Uint8Array,
): void {
  const { records, nextVectors } = tablesOf(number);
  db.run(
    `INSERT OR REPLACE INTO ${nextVectors} (key, vector, hash)
     SELECT key, ?, ? FROM ${records} WHERE key = ? AND document = ?`,
    new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
    hash,
    key,
    document,
  );
}

/** Records that are moved between two turns of others. */
const PART = 2000;

/** Puts the next vectors in the place of the collection's; no record is waiting. */
export function* takeNextVectors(
  db: Connection,
  row: CollectionRow,
  next: StoredEmbedder,
): Generator<void, void> {
  const { records, vectors, nextVectors } = tablesOf(row.number);
  const last = Number(db.getOnce(`SELECT coalesce(max(key), -1) AS n FROM ${nextVectors}`)?.n);
  for (let first = 0; first <= last; first += PART) {
    const range = [first, first + PART - 1];
    db.run(
      `INSERT OR REPLACE INTO ${vectors} SELECT key, vector FROM ${nextVectors} WHERE key BETWEEN ? AND ?`,
      ...range,
    );
    db.run(
      `UPDATE ${records} SET hash = n.hash FROM ${nextVectors} n
       WHERE n.key = ${records}.key AND ${records}.key BETWEEN ? AND ?`,
      ...range,
    );
    yield;
  }
  const writer = new RecordWriter(db, row);
  writer.reembedded();
  writer.finish();
  db.run(
    "UPDATE collections SET embedder = ?, next_embedder = NULL, dimension = ? WHERE number = ?",
    JSON.stringify(next),
    next.dimension,
    row.number,
  );
  db.exec(`DROP TABLE ${nextVectors}`);
}
