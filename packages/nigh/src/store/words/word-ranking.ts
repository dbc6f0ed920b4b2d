import type { CollectionRow } from "../collection-row.js";
import type { Connection } from "../database.js";
import { hasBit } from "../key-bits.js";
import { tablesOf } from "../schema.js";
import { indexedText, wordsOf } from "./words-of.js";

/** Records by how well their documents fit the words of a query. */
export interface WordRanking {
  /** The best first, ties in the order in which records were added. */
  readonly keys: readonly number[];
  /** BM25 of each. */
  readonly scores: readonly number[];
  /** The words of the query that were looked for. */
  readonly words: readonly string[];
}

/** A word as FTS5 looks for it, and in how many documents it stands. */
interface CountedWord {
  readonly text: string;
  readonly phrase: string;
  readonly count: number;
}

/** Among so many every word counts: it takes no time, and half of the documents are soon reached. */
const FEW_DOCUMENTS = 1000;
/** Over 50,000 abstracts, 4,570 words took 12 s, the 100 rarest of them 0.5 s. */
const MOST_WORDS = 100;

/** FTS5 has no lower weights for words. */
const LOWEST_FTS5_IDF = 1e-6;

/**
 * The `k` records whose documents fit the words of a query best, by BM25 (k1 = 1.2, b = 0.75, words stemmed by Porter's rules);
 * one of the words is enough. The weight of a word is Lucene's, ln(1 + (N - n + 0.5) / (n + 0.5)) where n of N documents have it:
 * FTS5's own is next to nothing for words of half of the documents, which in a small collection are most.
 *
 * Among more than 1,000 documents, words of more than half of them tell little and take longest: they are left out, unless the query
 * has no others. Of a query that is a long text the 100 rarest words count. The query is text, never FTS5's syntax.
 *
 * @param filter a bit for each key that may be found; all when undefined.
 */
export function rankByWords(
  db: Connection,
  { number }: CollectionRow,
  query: string,
  k: number,
  filter: Uint8Array | undefined,
): WordRanking {
  const { words: table } = tablesOf(number);
  const total = Number(db.get(`SELECT count(*) AS n FROM ${table}_docsize`)?.n);
  const words = tellingWords(countedWords(db, table, query), total);
  const best = highest(scoresByWords(db, table, words, total, filter), k);
  return {
    keys: best.map(([key]) => key),
    scores: best.map(([, score]) => score),
    words: words.map(({ text }) => text),
  };
}

function tellingWords(words: readonly CountedWord[], total: number): readonly CountedWord[] {
  const rare = words.filter(({ count }) => 2 * count <= total);
  const telling = total <= FEW_DOCUMENTS || rare.length === 0 ? words : rare;
  if (telling.length <= MOST_WORDS) return telling;
  return [...telling].sort((a, b) => a.count - b.count).slice(0, MOST_WORDS);
}

/** Whether any record has a document. */
export function hasWords(db: Connection, { number }: CollectionRow): boolean {
  return db.get(`SELECT 1 FROM ${tablesOf(number).words}_docsize LIMIT 1`) !== undefined;
}

/** The words of a query that documents have, each once. */
function countedWords(db: Connection, table: string, query: string): CountedWord[] {
  const byPhrase = new Map<string, string>();
  for (const { text } of wordsOf(query)) {
    const phrase = `"${indexedText(text).toLowerCase()}"`;
    if (!byPhrase.has(phrase)) byPhrase.set(phrase, text);
  }
  const counted: CountedWord[] = [];
  for (const [phrase, text] of byPhrase) {
    const row = db.get(`SELECT count(*) AS n FROM ${table} WHERE ${table} MATCH ?`, phrase);
    const count = Number(row?.n);
    if (count > 0) counted.push({ text, phrase, count });
  }
  return counted;
}

/**
 * BM25 is a sum over words: asked word by word, FTS5 takes time in proportion to the words, and not to their product with the
 * documents, as for one expression of them all (4,570 words over 5,000 abstracts: 27 s).
 */
function scoresByWords(
  db: Connection,
  table: string,
  words: readonly CountedWord[],
  total: number,
  filter: Uint8Array | undefined,
): Map<number, number> {
  const scores = new Map<number, number>();
  for (const { phrase, count } of words) {
    const odds = (total - count + 0.5) / (count + 0.5);
    const weight = Math.log(1 + odds) / Math.max(Math.log(odds), LOWEST_FTS5_IDF);
    // The limit keeps SQLite from flattening the inner query: bm25 does not work in one that aggregates.
    const row = db.get(
      `SELECT json_group_array(key) AS keys, json_group_array(score) AS scores FROM (
         SELECT rowid AS key, bm25(${table}) AS score FROM ${table} WHERE ${table} MATCH ? LIMIT -1)`,
      phrase,
    );
    const keys = JSON.parse(row?.keys as string) as number[];
    const own = JSON.parse(row?.scores as string) as number[];
    for (const [i, key] of keys.entries()) {
      if (filter !== undefined && !hasBit(filter, key)) continue;
      // FTS5's scores are negative.
      scores.set(key, (scores.get(key) ?? 0) - (own[i] as number) * weight);
    }
  }
  return scores;
}

/** The `k` highest scores, the highest first, ties by the lower key. */
function highest(scores: ReadonlyMap<number, number>, k: number): [number, number][] {
  let candidates = [...scores];
  if (candidates.length > k) {
    const sorted = Float64Array.from(scores.values()).sort();
    const lowest = sorted[sorted.length - k] as number;
    candidates = candidates.filter(([, score]) => score >= lowest);
  }
  return candidates.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, k);
}
