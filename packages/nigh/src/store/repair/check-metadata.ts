import type { CollectionRow } from "../collection-row.js";
import type { Connection } from "../database.js";
import { putEntries } from "../metadata-entries.js";
import { tablesOf } from "../schema.js";
import { metadataOf } from "./check-records.js";
import type { Report } from "./examine.js";

/** What filters read is what the records say. */
export function checkMetadata(db: Connection, row: CollectionRow, report: Report): void {
  const { metadata } = tablesOf(row.number);
  db.exec(`CREATE TEMP TABLE expected_entries (
    name TEXT NOT NULL, kind INTEGER NOT NULL, value ANY NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (name, kind, value, key)
  ) STRICT, WITHOUT ROWID`);
  try {
    writeEntries(db, row, "temp.expected_entries");
    const without = (a: string, b: string) =>
      Number(
        db.getOnce(`SELECT count(*) AS n FROM (SELECT * FROM ${a} EXCEPT SELECT * FROM ${b})`)?.n,
      );
    const missing = without("temp.expected_entries", metadata);
    const stray = without(metadata, "temp.expected_entries");
    if (missing + stray > 0) {
      const message = `What filters read lacks ${missing} values of records, and has ${stray} that no record has.`;
      report({ part: "metadata", message, remedy: "repair" });
    }
  } finally {
    db.exec("DROP TABLE temp.expected_entries");
  }
}

/** Fills a table of metadata with what the records say. */
export function writeEntries(db: Connection, { number }: CollectionRow, table: string): void {
  const { records } = tablesOf(number);
  const rows = db.iterate(`SELECT key, metadata FROM ${records} WHERE metadata IS NOT NULL`);
  for (const { key, metadata } of rows) {
    putEntries(db, table, Number(key), metadataOf(metadata) ?? null);
  }
}
