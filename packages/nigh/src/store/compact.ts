import { sweepGraphFiles } from "#store/graph-file";
import type { Database } from "./database.js";
import { tablesOf } from "./schema.js";

/**
 * Gives the room of deleted and replaced records back to the disk. Needs as much free disk as the database's live bytes while it
 * runs, and takes about a second for 500 MB; other writers wait.
 */
export function compact(database: Database): Promise<void> {
  return database.exclusive((db) => {
    const collections = db.all("SELECT id, number FROM collections");
    if (database.folder !== undefined) {
      sweepGraphFiles(database.folder, new Set(collections.map(({ id }) => id as string)));
    }
    for (const { number } of collections) {
      const { words } = tablesOf(Number(number));
      db.run(`INSERT INTO ${words} (${words}) VALUES ('optimize')`);
    }
    db.exec("VACUUM");
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  });
}
