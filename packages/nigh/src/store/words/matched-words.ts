import { TOKENIZER } from "../schema.js";
import { openSqlite } from "../sqlite.js";
import { indexedText, type Word, wordsOf } from "./words-of.js";

/** A word of a document that a word of the query found. */
export interface MatchedWord extends Word {
  /** The word of the query: the same, or one with the same stem. */
  readonly query: string;
}

/** Of each document the words that words of a query find there, in order. */
export function matchedWords(
  query: readonly string[],
  documents: readonly string[],
): MatchedWord[][] {
  const words = documents.map((document) => wordsOf(document, { letters: true }));
  const stems = stemsOf([...query, ...words.flat().map(({ text }) => text)]);
  const byStem = new Map<string, string>();
  for (const word of query) {
    const stem = stems.get(word);
    if (stem !== undefined && !byStem.has(stem)) byStem.set(stem, word);
  }
  return words.map((list) =>
    list.flatMap((word) => {
      const found = byStem.get(stems.get(word.text) ?? "");
      return found === undefined ? [] : [{ ...word, query: found }];
    }),
  );
}

/** What the full-text index makes of words, asked of SQLite itself: a table in memory, whose vocabulary is read. */
function stemsOf(words: readonly string[]): Map<string, string> {
  const distinct = [...new Set(words)];
  const db = openSqlite(":memory:");
  try {
    db.exec(
      `CREATE VIRTUAL TABLE words USING fts5(word, content = '', tokenize = '${TOKENIZER}');
       CREATE VIRTUAL TABLE stems USING fts5vocab(words, instance);
       BEGIN`,
    );
    const insert = db.prepare("INSERT INTO words (rowid, word) VALUES (?, ?)");
    for (const [i, word] of distinct.entries()) insert.run(i, indexedText(word));
    const stems = new Map<string, string>();
    for (const { term, doc } of db
      .prepare("SELECT term, doc FROM stems ORDER BY doc, offset")
      .all()) {
      const word = distinct[Number(doc)] as string;
      const before = stems.get(word);
      stems.set(word, before === undefined ? String(term) : `${before} ${term}`);
    }
    return stems;
  } finally {
    db.close();
  }
}
