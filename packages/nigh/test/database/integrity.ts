import { join } from "node:path";
import { expect } from "vitest";
import { openSqlite } from "../../src/store/sqlite.js";

/** SQLite's own check of a database's folder. */
export function expectIntegrity(folder: string): void {
  const db = openSqlite(join(folder, "nigh.sqlite3"), { readOnly: true });
  try {
    expect(db.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  } finally {
    db.close();
  }
}
