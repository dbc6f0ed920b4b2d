import type { Connection } from "./database.js";
import { bindingOf, kindOf, type Metadata, type MetadataScalar } from "./metadata.js";
import { bound } from "./where/sql.js";

/** Added to the kind of a list's elements. */
export const ELEMENT = 10;

/** One row of a collection's metadata table, without the record's key. */
export interface MetadataEntry {
  readonly name: string;
  readonly kind: number;
  readonly value: string | number | bigint;
}

/** What filters find a record by: each value, each element of a list. */
export function metadataEntries(metadata: Metadata | null): MetadataEntry[] {
  const entries: MetadataEntry[] = [];
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const isList = Array.isArray(value);
    for (const scalar of (isList ? value : [value]) as readonly MetadataScalar[]) {
      const kind = (kindOf(scalar) as number) + (isList ? ELEMENT : 0);
      entries.push({ name, kind, value: bindingOf(scalar) });
    }
  }
  return entries;
}

/** Adds what filters find a record by to a collection's metadata table, or one like it. */
export function putEntries(
  db: Connection,
  table: string,
  key: number,
  metadata: Metadata | null,
): void {
  for (const { name, kind, value } of metadataEntries(metadata)) {
    const { sql, parameters } = bound(value);
    db.run(
      `INSERT INTO ${table} VALUES (?, ?, ${sql}, ?) ON CONFLICT DO NOTHING`,
      name,
      kind,
      ...parameters,
      key,
    );
  }
}
