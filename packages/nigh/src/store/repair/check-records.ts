import { isUtf8 } from "node:buffer";
import type { CollectionRow } from "../collection-row.js";
import type { Connection } from "../database.js";
import { decodeMetadata } from "../metadata.js";
import { tablesOf } from "../schema.js";
import type { Report } from "./examine.js";

/** Every record has a vector of the collection's dimension, and what it says of itself can be read. */
export function checkRecords(db: Connection, row: CollectionRow, report: Report): void {
  const { records, vectors, nextVectors } = tablesOf(row.number);
  const count = (sql: string) => Number(db.getOnce(`SELECT count(*) AS n FROM ${sql}`)?.n);
  const bare = count(
    `${records} r WHERE NOT EXISTS (SELECT 1 FROM ${vectors} v WHERE v.key = r.key)`,
  );
  if (bare > 0) {
    report({ part: "vectors", message: `${records_(bare)} no vector.`, remedy: "saveTo" });
  }
  const stray = count(
    `${vectors} v WHERE NOT EXISTS (SELECT 1 FROM ${records} r WHERE r.key = v.key)`,
  );
  if (stray > 0) {
    report({ part: "vectors", message: `${stray} vectors belong to no record.`, remedy: "repair" });
  }
  const wrong = wrongVectors(db, `${vectors} v JOIN ${records} r ON r.key = v.key`, row.dimension);
  if (wrong > 0) {
    const expected = `${row.dimension} finite numbers`;
    report({ part: "vectors", message: `${wrong} vectors are not ${expected}.`, remedy: "saveTo" });
  }
  if (row.nextEmbedder !== null) {
    const next =
      count(`sqlite_schema WHERE name = '${nextVectors}'`) === 1
        ? wrongVectors(db, nextVectors, row.nextEmbedder.dimension)
        : 1;
    if (next > 0) {
      const message = "What was embedded anew so far cannot be used: reembed() has to begin again.";
      report({ part: "vectors", message, remedy: "repair" });
    }
  }
  const unreadable = unreadableRecords(db, records);
  for (const [what, ids] of unreadable) {
    const message = `${records_(ids.length)} a damaged ${what}: ${listed(ids)}.`;
    report({ part: "records", message, remedy: "saveTo" });
  }
  const { highest, next } = db.getOnce(
    `SELECT (SELECT max(key) FROM ${records}) AS highest, next_key AS next FROM collections WHERE number = ?`,
    row.number,
  ) as { highest: number | null; next: number };
  if (Number(next) <= Number(highest ?? -1)) {
    const message = `The next key is ${next}, though ${highest} is taken.`;
    report({ part: "catalogue", message, remedy: "repair" });
  }
}

function records_(count: number): string {
  return count === 1 ? "1 record has" : `${count} records have`;
}

function listed(ids: readonly string[]): string {
  const few = ids
    .slice(0, 10)
    .map((id) => JSON.stringify(id))
    .join(", ");
  return ids.length > 10 ? `${few}, …` : few;
}

function wrongVectors(db: Connection, table: string, dimension: number | null): number {
  let wrong = 0;
  for (const { vector } of db.iterate(`SELECT vector FROM ${table}`)) {
    if (!isVector(vector, dimension)) wrong++;
  }
  return wrong;
}

/** Whether a blob is as many finite float32 numbers. */
export function isVector(blob: unknown, dimension: number | null): blob is Uint8Array {
  if (!(blob instanceof Uint8Array) || blob.byteLength !== 4 * (dimension ?? -1)) return false;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  // An exponent of ones: infinite, or no number.
  for (let at = 2; at < blob.byteLength; at += 4) {
    if ((view.getUint16(at, true) & 0x7f80) === 0x7f80) return false;
  }
  return true;
}

/** Ids of records whose columns hold what nigh never writes. */
function unreadableRecords(db: Connection, records: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const rows = db.iterate(
    `SELECT id, CAST(id AS BLOB) AS raw_id, CAST(document AS BLOB) AS document, CAST(uri AS BLOB) AS uri, metadata FROM ${records}`,
  );
  for (const { id, raw_id, document, uri, metadata } of rows) {
    const bad = damagedColumns({ id: raw_id, document, uri, metadata });
    for (const what of bad) found.set(what, [...(found.get(what) ?? []), String(id)]);
  }
  return found;
}

function damagedColumns(columns: {
  id: unknown;
  document: unknown;
  uri: unknown;
  metadata: unknown;
}): string[] {
  const { id, document, uri, metadata } = columns;
  const bad: string[] = [];
  if (!isText(id) || (id as Uint8Array).byteLength === 0) bad.push("id");
  if (document !== null && !isText(document)) bad.push("document");
  if (uri !== null && !isText(uri)) bad.push("uri");
  if (metadata !== null && metadataOf(metadata) === undefined) bad.push("metadata");
  return bad;
}

/** Whether bytes are a text that nigh would store: UTF-8 without NUL. */
export function isText(bytes: unknown): boolean {
  return bytes instanceof Uint8Array && isUtf8(bytes) && !bytes.includes(0);
}

/** The metadata of a record; undefined for what is none. */
export function metadataOf(column: unknown) {
  try {
    const metadata = decodeMetadata(column as string, { floats: true });
    return metadata !== null && typeof metadata === "object" && !Array.isArray(metadata)
      ? metadata
      : undefined;
  } catch {
    return undefined;
  }
}
