import { statSync } from "node:fs";
import { messageOf } from "../../shared/errors.js";
import { type CollectionRow, findCollectionById } from "../collection-row.js";
import type { Connection } from "../database.js";
import { tablesOf } from "../schema.js";
import { checkGraphFiles } from "./check-graph-files.js";
import { checkJournal } from "./check-journal.js";
import { checkMetadata } from "./check-metadata.js";
import { checkRecords } from "./check-records.js";
import { checkTables } from "./check-tables.js";
import { checkWords } from "./check-words.js";
import { closeDamaged, databaseFile, isDamage, openDamaged } from "./damaged-database.js";
import type { Examination, ExaminedCollection, Problem } from "./report.js";

/** Told what is wrong. */
export type Report = (problem: Problem) => void;

/**
 * Looks at everything that can be known to be wrong, and changes nothing. SQLite's pages have no checksums: a bit that flipped inside
 * of a text or a number is not seen.
 *
 * @throws NighError `ERR_NOT_FOUND`, and `ERR_DATABASE` for a file of another program or of a newer nigh.
 */
export function examine(folder: string): Examination {
  const path = databaseFile(folder);
  const problems: Problem[] = [];
  const report = (problem: Problem) => problems.push(problem);
  let collections: ExaminedCollection[] = [];
  try {
    const db = openDamaged(path);
    try {
      collections = examineDatabase(db, folder, report);
    } finally {
      closeDamaged(db);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    const message =
      statSync(path).size === 0
        ? `${path} is empty: nothing was ever written to it, or all of it is lost.`
        : messageOf(error);
    report({ part: "file", message, remedy: "saveTo" });
  }
  return { path, collections, problems };
}

/** @param folder undefined to leave out what lies beside the database's file. */
export function examineDatabase(
  db: Connection,
  folder: string | undefined,
  report: Report,
): ExaminedCollection[] {
  try {
    checkFile(db, report);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const message = `SQLite's integrity check: ${messageOf(error)}.`;
    report({ part: "file", message, remedy: "saveTo" });
  }
  const collections: ExaminedCollection[] = [];
  const ids = new Set<string>();
  for (const { id } of db.all("SELECT id FROM collections ORDER BY number")) {
    ids.add(id as string);
    const examined = examineCollection(db, id as string, report);
    if (examined) collections.push(examined);
  }
  checkTables(db, report);
  if (folder !== undefined) checkGraphFiles(folder, ids, report);
  return collections;
}

/** What SQLite itself sees: pages, indexes against their tables, the insides of full-text indexes. */
function checkFile(db: Connection, report: Report): void {
  const rows = db.all("PRAGMA integrity_check(100)").map((row) => String(Object.values(row)[0]));
  if (rows.length === 1 && rows[0] === "ok") return;
  for (const message of rows) {
    const words = /fts5.* table (?:main\.|")words_(\d+)/iu.exec(message)?.[1];
    const row = words && db.get("SELECT id, name FROM collections WHERE number = ?", Number(words));
    const isDerived =
      words !== undefined ||
      /^(row \d+ missing from index|wrong # of entries in index)/u.test(message);
    report({
      part: words ? "words" : "file",
      ...(row ? { collection: String(row.name), collectionId: String(row.id) } : {}),
      message: `SQLite's integrity check: ${message}.`,
      remedy: isDerived ? "repair" : "saveTo",
    });
  }
}

function examineCollection(
  db: Connection,
  id: string,
  report: Report,
): ExaminedCollection | undefined {
  let row: CollectionRow | undefined;
  try {
    row = findCollectionById(db, id);
    JSON.parse(row?.configuration ?? "");
  } catch (error) {
    if (isDamage(error)) throw error;
    row = undefined;
  }
  if (row === undefined) {
    const message = `The catalogue's entry of the collection ${id} cannot be read.`;
    report({ part: "catalogue", message, remedy: "saveTo" });
    return undefined;
  }
  const { name, tenant, database, dimension } = row;
  const { records, vectors } = tablesOf(row.number);
  const own: Report = (problem) => report({ collection: name, collectionId: id, ...problem });
  let count = 0;
  // A table that cannot be read or is not there leaves the others to be looked at.
  const attempt = (part: Problem["part"], remedy: Problem["remedy"], check: () => void) => {
    try {
      check();
    } catch (error) {
      own({ part, message: `It cannot be read: ${messageOf(error)}.`, remedy });
    }
  };
  attempt("records", "saveTo", () => {
    count = Number(db.getOnce(`SELECT count(*) AS n FROM ${records}`)?.n);
    db.getOnce(`SELECT 1 FROM ${vectors} LIMIT 1`);
    checkRecords(db, row, own);
  });
  attempt("metadata", "repair", () => checkMetadata(db, row, own));
  attempt("words", "repair", () => checkWords(db, row, own));
  attempt("journal", "repair", () => checkJournal(db, row, own));
  return { name, tenant, database, records: count, dimension };
}
