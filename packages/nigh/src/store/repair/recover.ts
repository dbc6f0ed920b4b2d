import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NighError } from "../../shared/errors.js";
import { type CollectionRow, findCollection, insertCollection } from "../collection-row.js";
import { type Connection, Database } from "../database.js";
import { toLine } from "../exchange/record-line.js";
import { type NewRecord, RecordWriter } from "../record-writer.js";
import { tablesOf } from "../schema.js";
import { databaseError } from "../sqlite.js";
import { createDatabase, createTenant } from "../tenants.js";
import { type DamagedCollection, readCatalogue } from "./damaged-catalogue.js";
import { closeDamaged, databaseFile, isDamage, openDamaged } from "./damaged-database.js";
import { type DamagedRecord, RAW_COLUMNS, readRecord } from "./read-damaged-record.js";
import { copyReadable, hasOddHeader, removeCopy } from "./readable-copy.js";
import type { Recovery, SavedCollection } from "./report.js";
import { attempt, readable, salvage } from "./salvage.js";

/** More keys than that are not believed where nothing but the catalogue speaks of them. */
const MOST_KEYS = 1e9;

/**
 * Saves every collection and record that can be read of a damaged database into a new one, and leaves the damaged one as it is. Ids
 * of collections, their names, and the order of records stay. What is derived is made anew.
 *
 * @param configuration in JSON, for collections whose own cannot be read.
 * @throws NighError `ERR_EXISTS` when the target holds a database; `ERR_DATABASE` when SQLite cannot read even the list of tables.
 */
export async function recover(
  folder: string,
  target: string,
  configuration: string,
): Promise<Recovery> {
  const path = databaseFile(folder);
  if (Database.existsIn(target)) {
    throw new NighError(
      "ERR_EXISTS",
      `There is a database in ${target} already: expected a new folder to save to.`,
    );
  }
  mkdirSync(target, { recursive: true });
  const copy = join(target, "damaged-copy.sqlite3");
  let source: Connection | undefined;
  try {
    source = openReadable(path, copy);
    return await saveAll(source, target, configuration);
  } catch (error) {
    throw databaseError(error, path);
  } finally {
    if (source) closeDamaged(source);
    removeCopy(copy);
  }
}

/** The database itself, or a copy with another header where SQLite cannot read even the list of collections. */
function openReadable(path: string, copy: string): Connection {
  try {
    const db = openListed(path);
    if (!hasOddHeader(path)) return db;
    closeDamaged(db);
    copyReadable(path, copy);
    return openListed(copy);
  } catch (error) {
    if (!isDamage(error) && !isForeign(error)) throw error;
    copyReadable(path, copy);
    try {
      return openListed(copy);
    } catch (second) {
      if (!isDamage(second)) throw second;
      throw error;
    }
  }
}

/** @throws NighError when the list of tables cannot be read, or has none of nigh's. */
function openListed(path: string): Connection {
  const db = openDamaged(path);
  try {
    db.all("SELECT name FROM sqlite_schema");
    db.all("SELECT 1 FROM collections LIMIT 0");
    return db;
  } catch (error) {
    closeDamaged(db);
    throw databaseError(error, path);
  }
}

/** Another application id may be a bit that flipped: the tables tell. */
function isForeign(error: unknown): boolean {
  return error instanceof NighError && error.code === "ERR_DATABASE" && error.cause === undefined;
}

async function saveAll(
  source: Connection,
  target: string,
  configuration: string,
): Promise<Recovery> {
  const catalogue = readCatalogue(source, configuration);
  const database = Database.open(target, 5000);
  try {
    await copySpaces(source, database);
    const collections: SavedCollection[] = [];
    const notes: string[] = [];
    for (const damaged of catalogue) {
      if (damaged.unknown.length > 0) {
        notes.push(
          `Of the collection "${damaged.name}" (number ${damaged.number}) these could not be read: ${damaged.unknown.join(", ")}.`,
        );
      }
      collections.push(await saveCollection(source, damaged, database, target));
    }
    return { path: target, collections, notes };
  } finally {
    await database.close();
  }
}

/** Tenants and databases, as far as they can be read. */
function copySpaces(source: Connection, target: Database): Promise<void> {
  const tenants = readable(source, "SELECT name FROM tenants");
  const databases = readable(source, "SELECT id, tenant, name FROM databases");
  return target.writeAtOnce((db) => {
    for (const { name } of tenants) {
      db.run("INSERT INTO tenants (name) VALUES (?) ON CONFLICT DO NOTHING", name as string);
    }
    for (const { id, tenant, name } of databases) {
      db.run(
        "INSERT INTO databases (id, tenant, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        id as string,
        tenant as string,
        name as string,
      );
    }
  });
}

async function saveCollection(
  source: Connection,
  damaged: DamagedCollection,
  target: Database,
  folder: string,
): Promise<SavedCollection> {
  const { tenant, database, dimension, embedder } = damaged;
  const { id, name } = await target.writeAtOnce((db) => {
    return createCollection(db, damaged);
  });
  let saved = 0;
  const unreadable: number[] = [];
  const partial: SavedCollection["partial"][number][] = [];
  const lines: string[] = [];
  for (const { records, lost } of damagedRecords(source, damaged, dimension)) {
    unreadable.push(...lost);
    const whole = records.filter(({ embedding }) => embedding !== null) as (DamagedRecord &
      NewRecord)[];
    const skipped = await target.write(function* (db) {
      const row = findCollection(db, { tenant, database }, name) as CollectionRow;
      const writer = new RecordWriter(db, row, embedder);
      const there = yield* writer.add(whole);
      writer.finish();
      return there;
    });
    saved += whole.length - skipped.length;
    for (const record of records) {
      partial.push(...record.damaged.map((part) => ({ id: record.id, part })));
      if (record.embedding === null) lines.push(toLine(record));
    }
  }
  const { lost, lostIds } = lostRecords(source, damaged, unreadable);
  const withoutVectors = join(folder, `${id}.without-vectors.jsonl`);
  if (lines.length > 0) writeFileSync(withoutVectors, lines.join(""));
  return {
    name,
    tenant,
    database,
    saved,
    lost,
    lostIds,
    partial,
    ...(lines.length > 0 ? { withoutVectors } : {}),
  };
}

function createCollection(db: Connection, damaged: DamagedCollection): CollectionRow {
  const { tenant, database, id } = damaged;
  const place = { tenant, database };
  // Where the names of collections or of their databases are lost, two may have the same.
  let name = damaged.name;
  for (let n = 2; findCollection(db, place, name) !== undefined; n++) name = `${damaged.name}-${n}`;
  attemptAll(
    () => createTenant(db, tenant),
    () => createDatabase(db, tenant, database),
  );
  const row = insertCollection(db, place, { ...damaged, name });
  if (id === undefined) return row;
  const isFree = db.get("SELECT 1 FROM collections WHERE id = ?", id) === undefined;
  if (isFree) db.run("UPDATE collections SET id = ? WHERE number = ?", id, row.number);
  return isFree ? { ...row, id } : row;
}

/** What is there already is as good as made. */
function attemptAll(...makings: (() => void)[]): void {
  for (const make of makings) {
    try {
      make();
    } catch (error) {
      if (!(error instanceof NighError && error.code === "ERR_EXISTS")) throw error;
    }
  }
}

function* damagedRecords(
  source: Connection,
  { number }: DamagedCollection,
  dimension: number | null,
): Generator<{ records: DamagedRecord[]; lost: number[] }> {
  const { records, vectors } = tablesOf(number);
  const last = lastKey(source, number);
  const parts = salvage(last, (from, to) =>
    source.all(
      `SELECT ${RAW_COLUMNS} FROM ${records} NOT INDEXED WHERE key BETWEEN ? AND ? ORDER BY key`,
      from,
      to,
    ),
  );
  for (const { rows, unreadable } of parts) {
    const lost = [...unreadable];
    const read: DamagedRecord[] = [];
    for (const row of rows) {
      const key = Number(row.key);
      const vector = attempt(() =>
        source.get(`SELECT vector FROM ${vectors} WHERE key = ?`, key),
      )?.vector;
      const record = readRecord(row, vector, dimension);
      if (record === undefined) lost.push(key);
      else read.push(record);
    }
    yield { records: read, lost };
  }
}

/** No record has a higher key. */
function lastKey(source: Connection, number: number): number {
  const { records, vectors } = tablesOf(number);
  const found = [
    `SELECT max(key) AS n FROM ${records} NOT INDEXED`,
    `SELECT max(key) AS n FROM ${records} INDEXED BY ${records}_keys`,
    `SELECT max(key) AS n FROM ${vectors}`,
  ].map((sql) => attempt(() => source.getOnce(sql))?.n);
  const known = found.filter((n) => typeof n === "number") as number[];
  const next = attempt(() =>
    source.get("SELECT next_key AS n FROM collections WHERE number = ?", number),
  )?.n;
  const highest =
    known.length > 0 ? Math.max(...known) : Math.min(Number(next ?? 0) - 1, MOST_KEYS);
  return found.includes(null as never) && known.length === 0 ? -1 : highest;
}

/** Which of the keys that cannot be read are known to be records: by indexes, and by their vectors. */
function lostRecords(
  source: Connection,
  { number }: DamagedCollection,
  unreadable: readonly number[],
): { lost: number; lostIds: string[] } {
  if (unreadable.length === 0) return { lost: 0, lostIds: [] };
  const { records, vectors } = tablesOf(number);
  const wanted = new Set(unreadable);
  const byId = readable(
    source,
    `SELECT id, key FROM ${records} INDEXED BY sqlite_autoindex_${records}_1 ORDER BY id`,
  ).filter(({ key }) => wanted.has(Number(key)));
  const known = [
    ...byId,
    ...readable(source, `SELECT key FROM ${records} INDEXED BY ${records}_keys ORDER BY key`),
    ...readable(source, `SELECT key FROM ${vectors} ORDER BY key`),
  ].map(({ key }) => Number(key));
  return {
    lost: new Set(known.filter((key) => wanted.has(key))).size,
    lostIds: byId.map(({ id }) => String(id)),
  };
}
