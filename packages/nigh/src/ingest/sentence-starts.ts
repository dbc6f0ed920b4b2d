/**
 * Intl.Segmenter spends time proportional to the whole string on each sentence, so it gets windows
 * of this many characters; a megabyte at once would take minutes.
 */
const WINDOW = 2048;

/** A border this close to a window's end may owe itself to what the window does not show. */
const LOOKAHEAD = 64;

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** After these a full stop rarely ends a sentence. To keep two sentences together does little harm. */
const ABBREVIATION =
  /(?:^|[\s("'“‘[])(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Lt|Rev|Gov|Sen|Rep|vs|cf|al|No|Nos|Fig|Figs|Eq|Sec|Vol|pp|approx|e\.g|i\.e|(?:\p{Lu}\.)*\p{Lu})\.\s*$/u;

/** The number of a list's item or a heading: "1. ", "12) ". */
const LONE_NUMBER = /^\s*\d{1,3}[.)]\s*$/;

/**
 * Where the sentences of `text` between `start` and `end` begin, `start` first. A line feed is
 * taken for a space, since texts are often wrapped at a fixed width.
 */
export function sentenceStarts(text: string, start: number, end: number): number[] {
  const starts = [start];
  for (let at = start; at < end; ) {
    const last = at + WINDOW >= end;
    const window = text
      .slice(at, last ? end : at + WINDOW)
      .replace(/[\n\r\u2028\u2029\u0085]/g, " ");
    const limit = last ? window.length : window.length - LOOKAHEAD;
    let sentence = 0;
    for (const { index } of segmenter.segment(window)) {
      if (index > limit) break;
      if (index === 0 || isFalseBorder(window, sentence, index)) continue;
      starts.push(at + index);
      sentence = index;
    }
    if (last) break;
    // Go on from the last sentence, or, where it fills the window, from inside of it.
    at += sentence > 0 ? sentence : limit;
  }
  return starts;
}

function isFalseBorder(window: string, sentence: number, index: number): boolean {
  if (ABBREVIATION.test(window.slice(Math.max(sentence, index - 16), index))) return true;
  return index - sentence <= 8 && LONE_NUMBER.test(window.slice(sentence, index));
}
