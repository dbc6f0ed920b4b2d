import type { CollectionRow, StoredEmbedder } from "../collection-row.js";
import type { Connection } from "../database.js";
import { tablesOf } from "../schema.js";
import type { Row } from "../sqlite.js";
import { metadataOf } from "./check-records.js";
import { attempt } from "./salvage.js";

/** A collection as far as the catalogue can be read. */
export interface DamagedCollection
  extends Omit<CollectionRow, "id" | "nextEmbedder" | "logPosition" | "version"> {
  readonly id: string | undefined;
  /** What could not be read. */
  readonly unknown: readonly string[];
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;

/**
 * Collections by their tables, with what the catalogue says of them.
 *
 * @param configuration for collections whose own cannot be read.
 */
export function readCatalogue(db: Connection, configuration: string): DamagedCollection[] {
  const names = db.all("SELECT name FROM sqlite_schema WHERE type = 'table'");
  const numbers = names.flatMap(({ name }) => /^records_(\d+)$/u.exec(String(name))?.[1] ?? []);
  const rows = numbers.map(Number).map((number) => ({ number, row: entryOf(db, number) }));
  // Tables of a collection that is not in a catalogue that can be read are of one that was deleted.
  const isWhole = attempt(() => db.all("SELECT * FROM collections")) !== undefined;
  return rows
    .filter(({ row }) => row !== undefined || !isWhole)
    .map(({ number, row = {} }) => collectionOf(db, number, row, configuration))
    .sort((a, b) => a.number - b.number);
}

function entryOf(db: Connection, number: number): Row | undefined {
  return attempt(() => db.get("SELECT * FROM collections NOT INDEXED WHERE number = ?", number));
}

function collectionOf(
  db: Connection,
  number: number,
  row: Row,
  configuration: string,
): DamagedCollection {
  const unknown: string[] = [];
  const known = <T>(what: string, value: T | undefined, otherwise: T): T => {
    if (value === undefined) unknown.push(what);
    return value ?? otherwise;
  };
  const place = attempt(() =>
    db.get("SELECT tenant, name FROM databases NOT INDEXED WHERE number = ?", row.database ?? -1),
  );
  const object = (column: unknown) => (column === null ? null : metadataOf(column));
  const json = (column: unknown) => (column === null ? null : objectOf(column));
  const first = attempt(() => db.get(`SELECT vector FROM ${tablesOf(number).vectors} LIMIT 1`));
  const measured = first?.vector instanceof Uint8Array ? first.vector.byteLength / 4 : null;
  return {
    number,
    id: known("id", UUID.test(String(row.id)) ? String(row.id) : undefined, undefined),
    name: known("name", textOf(row.name), `recovered-${number}`),
    tenant: known("tenant", textOf(place?.tenant), "default_tenant"),
    database: known("database", textOf(place?.name), "default_database"),
    metadata: known("metadata", object(row.metadata), null),
    configuration: known(
      "configuration (the space is taken to be cosine)",
      json(row.configuration) ? String(row.configuration) : undefined,
      configuration,
    ),
    dimension: typeof row.dimension === "number" ? row.dimension : measured,
    embedder: known("embedder", json(row.embedder), null) as StoredEmbedder | null,
    unknown,
  };
}

function objectOf(column: unknown): object | undefined {
  try {
    const object: unknown = JSON.parse(String(column));
    return object !== null && typeof object === "object" ? object : undefined;
  } catch {
    return undefined;
  }
}

function textOf(column: unknown): string | undefined {
  return typeof column === "string" && column !== "" ? column : undefined;
}
