import { NighError } from "../shared/errors.js";
import { Damage, undamaged } from "./damage.js";
import type { Connection } from "./database.js";
import { decodeMetadata, encodeMetadata, type Metadata } from "./metadata.js";
import { createCollectionTables, dropCollectionTables, tablesOf } from "./schema.js";
import type { Row } from "./sqlite.js";

/** By what embedders are told apart. */
export interface EmbedderIdentity {
  readonly name: string;
  /** Equal fingerprints mean equal vectors. */
  readonly fingerprint: string;
  /** Undefined as long as it is not known. */
  readonly dimension?: number | undefined;
  /** Precision of the first vectors, where the embedder has a choice. */
  readonly dtype?: string;
  /** "chunk" where long texts were read in windows. */
  readonly longText?: string;
}

/** The embedder that a collection's vectors are from. */
export interface StoredEmbedder extends EmbedderIdentity {
  readonly dimension: number;
}

/** A collection as the catalogue has it. */
export interface CollectionRow {
  readonly number: number;
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly database: string;
  readonly metadata: Metadata | null;
  /** JSON. */
  readonly configuration: string;
  /** Of its vectors; null before the first. */
  readonly dimension: number | null;
  readonly embedder: StoredEmbedder | null;
  /** The embedder that the collection is on its way to, while it is being re-embedded. */
  readonly nextEmbedder: StoredEmbedder | null;
  /** Counts changes of records. */
  readonly logPosition: number;
  /** Counts changes of name, metadata and configuration. */
  readonly version: number;
}

const COLUMNS = `c.number, c.id, c.name, d.tenant, d.name AS database, c.metadata, c.configuration, c.dimension,
  c.embedder, c.next_embedder, c.log_position, c.version`;
const JOINED = "collections c JOIN databases d ON d.number = c.database";

/** Where collections live. */
export interface Place {
  readonly tenant: string;
  readonly database: string;
}

export function findCollection(
  db: Connection,
  { tenant, database }: Place,
  name: string,
): CollectionRow | undefined {
  const row = db.get(
    `SELECT ${COLUMNS} FROM ${JOINED} WHERE d.tenant = ? AND d.name = ? AND c.name = ?`,
    tenant,
    database,
    name,
  );
  return row && fromRow(row);
}

export function findCollectionById(db: Connection, id: string): CollectionRow | undefined {
  const row = db.get(`SELECT ${COLUMNS} FROM ${JOINED} WHERE c.id = ?`, id);
  return row && fromRow(row);
}

/** In the order in which they were made. */
export function listCollections(
  db: Connection,
  { tenant, database }: Place,
  limit: number,
  offset: number,
): CollectionRow[] {
  const rows = db.all(
    `SELECT ${COLUMNS} FROM ${JOINED} WHERE d.tenant = ? AND d.name = ? ORDER BY c.number LIMIT ? OFFSET ?`,
    tenant,
    database,
    limit,
    offset,
  );
  return rows.map(fromRow);
}

export function countCollections(db: Connection, { tenant, database }: Place): number {
  const row = db.get(
    `SELECT count(*) AS n FROM ${JOINED} WHERE d.tenant = ? AND d.name = ?`,
    tenant,
    database,
  );
  return Number(row?.n);
}

export interface NewCollection {
  readonly name: string;
  readonly metadata: Metadata | null;
  readonly configuration: string;
  readonly embedder: StoredEmbedder | null;
}

/** @throws NighError `ERR_EXISTS`; `ERR_NOT_FOUND` for a database that is not there. */
export function insertCollection(
  db: Connection,
  place: Place,
  fresh: NewCollection,
): CollectionRow {
  const database = db.get(
    "SELECT number FROM databases WHERE tenant = ? AND name = ?",
    place.tenant,
    place.database,
  );
  if (database === undefined) {
    throw new NighError(
      "ERR_NOT_FOUND",
      `There is no database "${place.database}" of the tenant "${place.tenant}": make it with the client's createDatabase.`,
    );
  }
  if (findCollection(db, place, fresh.name))
    throw nameTaken(fresh.name, "use getOrCreateCollection, or another name");
  const id = crypto.randomUUID();
  db.run(
    "INSERT INTO collections (id, database, name, metadata, configuration, embedder) VALUES (?, ?, ?, ?, ?, ?)",
    id,
    Number(database.number),
    fresh.name,
    fresh.metadata && encodeMetadata(fresh.metadata),
    fresh.configuration,
    fresh.embedder && JSON.stringify(fresh.embedder),
  );
  const row = findCollectionById(db, id) as CollectionRow;
  db.exec(createCollectionTables(tablesOf(row.number)));
  return row;
}

function nameTaken(name: string, advice: string): NighError {
  return new NighError("ERR_EXISTS", `A collection "${name}" is there already: ${advice}.`);
}

/** Changes of a collection that leave its records as they are. */
export interface CollectionChanges {
  readonly name?: string | undefined;
  readonly metadata?: Metadata | undefined;
  readonly configuration?: string | undefined;
}

/** @throws NighError `ERR_EXISTS` when another collection has the new name. */
export function changeCollection(
  db: Connection,
  row: CollectionRow,
  changes: CollectionChanges,
): CollectionRow {
  const { name = row.name, configuration = row.configuration } = changes;
  const metadata = changes.metadata ?? exactMetadata(db, row);
  if (name !== row.name && findCollection(db, row, name))
    throw nameTaken(name, "choose another name");
  db.run(
    "UPDATE collections SET name = ?, metadata = ?, configuration = ?, version = version + 1 WHERE number = ?",
    name,
    metadata && encodeMetadata(metadata),
    configuration,
    row.number,
  );
  return findCollectionById(db, row.id) as CollectionRow;
}

/** A collection's metadata, floats without a fraction as `Float`s. */
export function exactMetadata(db: Connection, { number }: CollectionRow): Metadata | null {
  const row = db.get("SELECT metadata FROM collections WHERE number = ?", number);
  return row?.metadata == null ? null : decodeMetadata(row.metadata as string, { floats: true });
}

/** What the first vectors of a collection decide. */
export function fixVectors(
  db: Connection,
  { number }: CollectionRow,
  dimension: number,
  embedder: StoredEmbedder | null,
): void {
  db.run(
    "UPDATE collections SET dimension = ?, embedder = ? WHERE number = ?",
    dimension,
    embedder && JSON.stringify(embedder),
    number,
  );
}

export function deleteCollection(db: Connection, { number }: CollectionRow): void {
  db.exec(dropCollectionTables(tablesOf(number)));
  db.run("DELETE FROM collections WHERE number = ?", number);
}

function fromRow(row: Row): CollectionRow {
  return {
    number: Number(row.number),
    id: row.id as string,
    name: row.name as string,
    tenant: row.tenant as string,
    database: row.database as string,
    metadata: row.metadata === null ? null : decodeMetadata(row.metadata as string),
    configuration: jsonOf("The configuration of a collection", row.configuration),
    dimension: row.dimension === null ? null : Number(row.dimension),
    embedder: embedderOf(row.embedder),
    nextEmbedder: embedderOf(row.next_embedder),
    logPosition: Number(row.log_position),
    version: Number(row.version),
  };
}

function embedderOf(column: unknown): StoredEmbedder | null {
  if (column === null) return null;
  return JSON.parse(jsonOf("The embedder of a collection", column)) as StoredEmbedder;
}

/** @throws Damage where a column is no JSON object. */
function jsonOf(what: string, column: unknown): string {
  const object: unknown = undamaged(what, () => JSON.parse(column as string));
  if (object === null || typeof object !== "object") throw new Damage(`${what} is no object`);
  return column as string;
}
