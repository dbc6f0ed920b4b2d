/** Letters of scripts that are written without spaces between words, or, as Korean, with endings joined to them. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const UNSPACED_RUN = new RegExp(`${UNSPACED.source}+`, "gu");
const UNSPACED_LETTER = new RegExp(`(?=\\p{L})${UNSPACED.source}\\p{M}*`, "gu");
/** What FTS5's unicode61 takes into words, and marks, which it leaves out. */
const RUN = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;

/** A word of a text, and where it stands, in UTF-16 code units. */
export interface Word {
  readonly text: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * A text as the full-text index is given it: letters of other forms (full width, ligatures) are the plain ones, and those of
 * scripts without spaces stand alone, so that what is between two spaces may be searched for, whatever stands beside it.
 */
export function indexedText(text: string): string {
  if (/^[\0-\x7f]*$/u.test(text)) return text;
  return text.replace(RUN, (run) => run.normalize("NFKC").replace(UNSPACED_LETTER, " $& "));
}

export interface WordOptions {
  /** Single letters of scripts without spaces as well as pairs. Default false. */
  readonly letters?: boolean;
}

/** The words of a text; of scripts without spaces, every two neighbours, as Lucene's CJKAnalyzer has them, or a letter alone. */
export function wordsOf(text: string, { letters = false }: WordOptions = {}): Word[] {
  const words: Word[] = [];
  const add = (word: string, start: number) =>
    words.push({ text: word, start, end: start + word.length });
  for (const { 0: run, index } of text.matchAll(RUN)) {
    let rest = 0;
    for (const { 0: unspaced, index: at } of run.matchAll(UNSPACED_RUN)) {
      if (at > rest) add(run.slice(rest, at), index + rest);
      addPairs(unspaced, index + at, letters, add);
      rest = at + unspaced.length;
    }
    if (rest < run.length) add(run.slice(rest), index + rest);
  }
  return words;
}

function addPairs(
  run: string,
  start: number,
  withLetters: boolean,
  add: (word: string, start: number) => unknown,
): void {
  const letters = [...run.matchAll(UNSPACED_LETTER)];
  for (const [i, { 0: letter, index }] of letters.entries()) {
    const next = letters[i + 1];
    if (withLetters || letters.length === 1) add(letter, start + index);
    if (next) add(run.slice(index, next.index + next[0].length), start + index);
  }
}
