import { NighError } from "../shared/errors.js";
import { deleteCollection, listCollections } from "./collection-row.js";
import type { Connection } from "./database.js";

export const DEFAULT_TENANT = "default_tenant";
export const DEFAULT_DATABASE = "default_database";
/** Of the default database, as in Chroma. */
const NIL_UUID = "00000000-0000-0000-0000-000000000000";

export interface TenantRow {
  readonly name: string;
  /** What a service calls it; null as long as nobody said. */
  readonly resourceName: string | null;
}

/** A database of a tenant's: a space of names for collections. */
export interface DatabaseRow {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
}

/** @throws NighError `ERR_EXISTS`. */
export function createTenant(db: Connection, name: string): void {
  if (db.run("INSERT INTO tenants (name) VALUES (?) ON CONFLICT DO NOTHING", name) === 1) return;
  throw new NighError("ERR_EXISTS", `A tenant "${name}" is there already.`);
}

/** @throws NighError `ERR_NOT_FOUND`. */
export function getTenant(db: Connection, name: string): TenantRow {
  const row = db.get("SELECT name, resource_name FROM tenants WHERE name = ?", name);
  if (row !== undefined) {
    return { name: row.name as string, resourceName: row.resource_name as string | null };
  }
  throw new NighError("ERR_NOT_FOUND", `There is no tenant "${name}": make it with createTenant.`);
}

/** As in Chroma, the tenant need not be there. @throws NighError `ERR_EXISTS`. */
export function createDatabase(
  db: Connection,
  tenant: string,
  name: string,
  id: string = crypto.randomUUID(),
): void {
  const made = db.run(
    "INSERT INTO databases (id, tenant, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    id,
    tenant,
    name,
  );
  if (made === 1) return;
  throw new NighError("ERR_EXISTS", `The tenant "${tenant}" has a database "${name}" already.`);
}

/** @throws NighError `ERR_NOT_FOUND`. */
export function getDatabase(db: Connection, tenant: string, name: string): DatabaseRow {
  const row = db.get(
    "SELECT id, name, tenant FROM databases WHERE tenant = ? AND name = ?",
    tenant,
    name,
  );
  if (row !== undefined) return { ...row } as unknown as DatabaseRow;
  throw new NighError(
    "ERR_NOT_FOUND",
    `The tenant "${tenant}" has no database "${name}": make it with createDatabase.`,
  );
}

/** In the order in which they were made. */
export function listDatabases(
  db: Connection,
  tenant: string,
  limit: number,
  offset: number,
): DatabaseRow[] {
  const rows = db.all(
    "SELECT id, name, tenant FROM databases WHERE tenant = ? ORDER BY number LIMIT ? OFFSET ?",
    tenant,
    limit,
    offset,
  );
  return rows.map((row) => ({ ...row }) as unknown as DatabaseRow);
}

/** With its collections; gives their ids. @throws NighError `ERR_NOT_FOUND`. */
export function deleteDatabase(db: Connection, tenant: string, name: string): string[] {
  getDatabase(db, tenant, name);
  const collections = listCollections(db, { tenant, database: name }, -1, 0);
  for (const row of collections) deleteCollection(db, row);
  db.run("DELETE FROM databases WHERE tenant = ? AND name = ?", tenant, name);
  return collections.map(({ id }) => id);
}

/** All tenants and databases with their collections, then makes the default ones; gives the ids of the collections. */
export function deleteEverything(db: Connection): string[] {
  const places = db.all("SELECT tenant, name FROM databases");
  const ids = places.flatMap(({ tenant, name }) =>
    deleteDatabase(db, tenant as string, name as string),
  );
  db.run("DELETE FROM tenants");
  createTenant(db, DEFAULT_TENANT);
  createDatabase(db, DEFAULT_TENANT, DEFAULT_DATABASE, NIL_UUID);
  return ids;
}

/** @throws NighError `ERR_NOT_FOUND`. */
export function nameResource(db: Connection, tenant: string, resourceName: string): void {
  if (db.run("UPDATE tenants SET resource_name = ? WHERE name = ?", resourceName, tenant) === 0) {
    getTenant(db, tenant);
  }
}
