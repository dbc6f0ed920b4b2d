import type { CollectionRow } from "../collection-row.js";
import type { Connection } from "../database.js";
import { CHANGES } from "../journal.js";
import { tablesOf } from "../schema.js";
import type { Report } from "./examine.js";

/** The journal ends where the catalogue says, without gaps; it may begin anywhere, and may be empty. */
export function checkJournal(db: Connection, row: CollectionRow, report: Report): void {
  const { journal } = tablesOf(row.number);
  const { count, first, last, wrong } = db.getOnce(
    `SELECT count(*) AS count, min(position) AS first, max(position) AS last,
       total(change NOT BETWEEN ${CHANGES.added} AND ${CHANGES.reembedded} OR first > last OR first < 0) AS wrong
     FROM ${journal}`,
  ) as Record<string, number>;
  const isRun =
    count === 0 || (last === row.logPosition && Number(last) - Number(first) + 1 === count);
  if (isRun && wrong === 0) return;
  report({
    part: "journal",
    message: `The journal has ${count} entries from ${first} to ${last}, expected a run that ends at ${row.logPosition}; ${wrong} of them make no sense.`,
    remedy: "repair",
  });
}
