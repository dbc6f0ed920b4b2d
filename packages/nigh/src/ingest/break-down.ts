import type { Section } from "./document.js";
import { sentenceStarts } from "./sentence-starts.js";
import { isSpace, TextScale, textSize } from "./text-size.js";

/** A part of a text that is not taken apart further. */
export interface Unit {
  start: number;
  end: number;
  /** In quarters of a word. */
  size: number;
}

type FindStarts = (text: string, start: number, end: number, maxSize: number) => number[];

/** From coarse to fine: each level is asked only for what is too large on the one before. */
const LEVELS: readonly FindStarts[] = [
  (text, start, end) => startsAfter(/\n[^\S\n]*\n\s*/g, text, start, end),
  (text, start, end) =>
    startsAfter(/\n(?=[ \t]{0,40}(?:[-*+•]|\d{1,3}[.)])[ \t])/g, text, start, end),
  sentenceStarts,
  (text, start, end) => startsAfter(/\n/g, text, start, end),
  wordCuts,
];

/** How many levels it takes to get to sentences: paragraphs, list items, sentences. */
export const SENTENCE_LEVEL = 3;

/**
 * Takes a section apart into units of at most `maxSize`: whole paragraphs where they fit, else list
 * items, sentences, lines, words, characters. The units join to the section without a gap.
 *
 * @param minLevel how many levels to go down even where a part fits.
 */
export function breakDown(
  text: string,
  section: Pick<Section, "start"> & { end: number },
  maxSize: number,
  minLevel: number,
): Unit[] {
  const units: Unit[] = [];
  const visit = (start: number, end: number, level: number): void => {
    const size = textSize(text, start, end);
    const findStarts = LEVELS[level];
    if (!findStarts || (size <= maxSize && level >= minLevel)) {
      units.push({ start, end, size });
      return;
    }
    const starts = findStarts(text, start, end, maxSize);
    for (const [i, partStart] of starts.entries())
      visit(partStart, starts[i + 1] ?? end, level + 1);
  };
  visit(section.start, section.end, 0);
  return units;
}

function startsAfter(border: RegExp, text: string, start: number, end: number): number[] {
  const part = text.slice(start, end);
  const starts = [start];
  for (const match of part.matchAll(border)) {
    const at = start + match.index + match[0].length;
    if (at < end) starts.push(at);
  }
  return starts;
}

/** Cuts evenly rather than full: at spaces, or between characters where there is none in reach. */
function wordCuts(text: string, start: number, end: number, maxSize: number): number[] {
  const total = textSize(text, start, end);
  const even = total / Math.ceil(total / maxSize);
  const starts = [start];
  let scale = new TextScale();
  let size = 0;
  let pieceStart = start;
  let space = start;
  const cut = (at: number): void => {
    starts.push(at);
    pieceStart = at;
    space = at;
    size = 0;
    scale = new TextScale();
  };
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    size += scale.weigh(c);
    if (size > maxSize && i > pieceStart) {
      // Back to the last space, and weigh anew from there: at most maxSize again.
      cut(space > pieceStart ? space : characterStart(text, i, pieceStart));
      i = pieceStart - 1;
    } else if (isSpace(c) && i + 1 < end) {
      if (size >= even) cut(i + 1);
      else space = i + 1;
    }
  }
  return starts;
}

/** Backs up to where no character is torn: not inside of a surrogate pair, nor before a combining mark. */
function characterStart(text: string, at: number, pieceStart: number): number {
  for (let i = at; i > Math.max(pieceStart, at - 32); i--) {
    const code = text.codePointAt(i) ?? 0;
    const inPair = code >= 0xdc00 && code <= 0xdfff;
    const joins =
      text.charCodeAt(i - 1) === 0x200d || /^[\p{M}\u200d]/u.test(String.fromCodePoint(code));
    if (!inPair && !joins) return i;
  }
  return at;
}
