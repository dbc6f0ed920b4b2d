import { NighError } from "../../shared/errors.js";
import { type CollectionRow, findCollectionById } from "../collection-row.js";
import { type Connection, Database } from "../database.js";
import {
  createJournal,
  createMetadata,
  createWords,
  dropCollectionTables,
  tablesOf,
} from "../schema.js";
import { removeBadGraphFiles } from "./check-graph-files.js";
import { writeEntries } from "./check-metadata.js";
import { orphans } from "./check-tables.js";
import { writeWords } from "./check-words.js";
import { databaseFile } from "./damaged-database.js";
import { examine, examineDatabase } from "./examine.js";
import type { Problem } from "./report.js";

/**
 * Makes anew what is derived from records and vectors where it is wrong: what filters and keyword search read, indexes, the journal,
 * tables and files of collections that are gone. In one transaction, which is only committed when nothing is wrong any more
 * but what was not mended before, either.
 *
 * @returns what was mended.
 * @throws NighError `ERR_DATABASE` when mending in place does not help; nothing is changed then.
 */
export async function repair(folder: string, waitMs = 5000): Promise<Problem[]> {
  const path = databaseFile(folder);
  const before = examine(folder).problems;
  // Writing into a damaged file may damage more.
  if (before.some(({ part, remedy }) => part === "file" && remedy === "saveTo")) return [];
  if (!before.some(({ remedy }) => remedy === "repair")) return [];
  const database = Database.open(folder, waitMs);
  try {
    const { mended, ids } = await database.write(function* (db) {
      const wrong: Problem[] = [];
      examineDatabase(db, undefined, (problem) => wrong.push(problem));
      mend(db, wrong);
      const left: Problem[] = [];
      examineDatabase(db, undefined, (problem) => left.push(problem));
      const fresh = left.find((problem) => !isAmong(problem, wrong) || problem.remedy === "repair");
      if (fresh !== undefined) throw noHelp(path, fresh);
      const rows = db.all("SELECT id FROM collections");
      return {
        mended: wrong.filter(({ remedy }) => remedy === "repair"),
        ids: new Set(rows.map(({ id }) => id as string)),
      };
    });
    removeBadGraphFiles(folder, ids);
    return [...mended, ...before.filter(({ part }) => part === "graph")];
  } finally {
    await database.close();
  }
}

function isAmong(problem: Problem, problems: readonly Problem[]): boolean {
  return problems.some(
    ({ part, collectionId, message }) =>
      part === problem.part && collectionId === problem.collectionId && message === problem.message,
  );
}

function noHelp(path: string, problem: Problem): NighError {
  return new NighError(
    "ERR_DATABASE",
    `The database ${path} cannot be mended in place: ${problem.message} Nothing was changed. Save what can be read with doctor({ path, saveTo }) or nigh doctor.`,
  );
}

function mend(db: Connection, problems: readonly Problem[]): void {
  for (const number of orphans(db)) db.exec(dropCollectionTables(tablesOf(number)));
  const ofFile = problems.some(({ part, remedy }) => part === "file" && remedy === "repair");
  if (ofFile) db.exec("REINDEX");
  for (const { id } of db.all("SELECT id FROM collections")) {
    const row = findCollectionById(db, id as string) as CollectionRow;
    const wrong = problems.filter(
      ({ collectionId, remedy }) => remedy === "repair" && collectionId === row.id,
    );
    if (wrong.length > 0) mendCollection(db, row, new Set(wrong.map(({ part }) => part)));
  }
}

function mendCollection(
  db: Connection,
  row: CollectionRow,
  parts: ReadonlySet<Problem["part"]>,
): void {
  const { number } = row;
  const { records, vectors, metadata, words, journal, nextVectors } = tablesOf(number);
  if (parts.has("vectors")) {
    db.exec(`DELETE FROM ${vectors} WHERE key NOT IN (SELECT key FROM ${records});
      DROP TABLE IF EXISTS ${nextVectors}`);
    db.run("UPDATE collections SET next_embedder = NULL WHERE number = ?", number);
  }
  if (parts.has("catalogue")) {
    db.run(
      `UPDATE collections SET next_key = max(next_key, 1 + (SELECT coalesce(max(key), -1) FROM ${records})) WHERE number = ?`,
      number,
    );
  }
  if (parts.has("metadata")) {
    db.exec(`DROP TABLE IF EXISTS ${metadata}; ${createMetadata(metadata)}`);
    writeEntries(db, row, metadata);
  }
  if (parts.has("words")) {
    db.exec(`DROP TABLE IF EXISTS ${words}; ${createWords(words)}`);
    writeWords(db, row, words);
  }
  // Whoever follows the journal misses an entry, and reads everything anew.
  db.exec(`DROP TABLE IF EXISTS ${journal}; ${createJournal(journal)}`);
  db.run("UPDATE collections SET log_position = log_position + 1 WHERE number = ?", number);
}
