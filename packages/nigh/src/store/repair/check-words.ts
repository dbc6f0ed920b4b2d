import type { CollectionRow } from "../collection-row.js";
import type { Connection } from "../database.js";
import { createWords, tablesOf } from "../schema.js";
import { indexedText } from "../words/words-of.js";
import type { Report } from "./examine.js";

/** What keyword search reads is what the documents say: word by word, in how many documents it stands and how often. */
export function checkWords(db: Connection, row: CollectionRow, report: Report): void {
  const { records, words } = tablesOf(row.number);
  const differences = (a: string, b: string) =>
    Number(db.getOnce(`SELECT count(*) AS n FROM (${a} EXCEPT ${b})`)?.n);
  const documents = `SELECT key FROM ${records} WHERE document IS NOT NULL`;
  const indexed = `SELECT id FROM ${words}_docsize`;
  const [missing, stray] = [differences(documents, indexed), differences(indexed, documents)];
  if (missing + stray > 0) {
    const message = `What keyword search reads lacks ${missing} documents, and has ${stray} that are not there.`;
    report({ part: "words", message, remedy: "repair" });
    return;
  }
  db.exec(createWords("temp.expected_words"));
  try {
    writeWords(db, row, "temp.expected_words");
    db.exec(`CREATE VIRTUAL TABLE temp.expected_terms USING fts5vocab(temp, expected_words, row);
      CREATE VIRTUAL TABLE temp.found_terms USING fts5vocab(main, ${words}, row)`);
    const [expected, found] = [
      "SELECT * FROM temp.expected_terms",
      "SELECT * FROM temp.found_terms",
    ];
    const wrong = differences(expected, found) + differences(found, expected);
    if (wrong > 0) {
      const message = "What keyword search reads has other words than the documents.";
      report({ part: "words", message, remedy: "repair" });
    }
  } finally {
    db.exec("DROP TABLE IF EXISTS temp.expected_terms; DROP TABLE IF EXISTS temp.found_terms");
    db.exec("DROP TABLE temp.expected_words");
  }
}

/** Fills a full-text index with the documents. */
export function writeWords(db: Connection, { number }: CollectionRow, table: string): void {
  const { records } = tablesOf(number);
  const rows = db.iterate(`SELECT key, document FROM ${records} WHERE document IS NOT NULL`);
  for (const { key, document } of rows) {
    db.run(
      `INSERT INTO ${table} (rowid, document) VALUES (?, ?)`,
      Number(key),
      indexedText(document as string),
    );
  }
}
