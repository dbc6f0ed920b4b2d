/** ASCII alone: which other characters are letters depends on SQLite's version of Unicode. */
const WHOLE = /(?<=[\0-\x7f])(?<![0-9A-Za-z])[0-9A-Za-z]+(?=[\0-\x7f])(?![0-9A-Za-z])/gu;
/** More of them hardly narrow a search down. */
const MOST_WORDS = 4;

/**
 * A query of the full-text index that every document with this text in it matches; undefined where there is none. What stands between
 * two other characters in the text stands there in the document as well, so it is a word of its own. A word at an end of the text may be part of a
 * longer one, of which stems tell nothing.
 */
export function wholeWordsQuery(text: string): string | undefined {
  const words = [...new Set(text.match(WHOLE))].sort((a, b) => b.length - a.length);
  if (words.length === 0) return undefined;
  return words
    .slice(0, MOST_WORDS)
    .map((word) => `"${word}"`)
    .join(" AND ");
}
