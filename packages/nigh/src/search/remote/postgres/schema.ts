import { quoteName } from "./sql.js";

/**
 * The tables, in the schema "nigh" of the database:
 *
 *     nigh.collections      the catalogue, a row for each collection
 *       number      bigserial    its records are in nigh.records_<number>
 *       id          uuid
 *       tenant, database, name   text, unique together
 *       metadata    jsonb        null for none; integers without a point, floats with one
 *       space       text         'cosine', 'l2' or 'ip'
 *       configuration, embedder  json   as in a folder's database; embedder is null before the first text
 *       dimension   integer      null before the first vector
 *
 *     nigh.records_<number>
 *       key         bigserial    primary key: the order in which records were added
 *       id          text         unique
 *       document, uri   text     null for none
 *       metadata    jsonb        null for none
 *       embedding   vector(n)    n is the collection's dimension
 *
 * From `sync_threshold` records on a collection has an HNSW index of pgvector's. Cosine indexes leave vectors without a length out:
 * those have a small index of their own.
 */
export const CATALOGUE = `
  CREATE SCHEMA IF NOT EXISTS nigh;
  CREATE TABLE IF NOT EXISTS nigh.collections (
    number bigserial PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    tenant text NOT NULL,
    database text NOT NULL,
    name text NOT NULL,
    metadata jsonb,
    space text NOT NULL,
    configuration json NOT NULL,
    embedder json,
    dimension integer,
    UNIQUE (tenant, database, name)
  )`;

/** Any number: programs that make the tables at once take turns. */
export const SETUP_LOCK = 7_117_019;

export function recordsTable(number: number): string {
  return `nigh.${quoteName(`records_${number}`)}`;
}

export function createRecords(number: number): string {
  return `CREATE TABLE ${recordsTable(number)} (
    key bigserial PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    document text,
    metadata jsonb,
    uri text,
    embedding vector NOT NULL
  )`;
}

/** Gives the vectors of an empty table their length. */
export function fixDimension(number: number, dimension: number): string {
  return `ALTER TABLE ${recordsTable(number)} ALTER COLUMN embedding TYPE vector(${dimension})`;
}
