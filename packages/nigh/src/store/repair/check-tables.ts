import type { Connection } from "../database.js";
import { type CollectionTables, tablesOf } from "../schema.js";
import type { Report } from "./examine.js";

const OF_COLLECTION = /^(?:records|vectors|metadata|words|journal|next_vectors)_(\d+)$/u;

/** Numbers of collections that are gone, but whose tables are there. */
export function orphans(db: Connection): number[] {
  const there = new Set(
    db.all("SELECT number FROM collections").map(({ number }) => Number(number)),
  );
  const names = db.all("SELECT name FROM sqlite_schema WHERE type = 'table'");
  const numbers = names.flatMap(({ name }) => {
    const match = OF_COLLECTION.exec(String(name));
    return match ? [Number(match[1])] : [];
  });
  return [...new Set(numbers)].filter((number) => !there.has(number));
}

/** No tables of collections that are not there. */
export function checkTables(db: Connection, report: Report): void {
  for (const number of orphans(db)) {
    const own = Object.values(tablesOf(number) satisfies CollectionTables);
    const message = `There are tables of a collection that was deleted: ${own[0]} and others.`;
    report({ part: "tables", message, remedy: "repair" });
  }
}
