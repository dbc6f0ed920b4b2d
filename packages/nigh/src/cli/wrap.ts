import type { Span } from "../index.js";
import { printable } from "./print.js";

/** A part of a line; strong ones are of what is highlighted. */
export interface Part {
  text: string;
  readonly strong: boolean;
}

/** Characters that take two columns of a terminal. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * A text in lines of at most `width` columns, control characters left out. Lines break between words, and
 * within a word where it is wider than a line, as in Chinese and Japanese, which write no spaces.
 */
export function wrap(text: string, spans: readonly Span[], width: number): Part[][] {
  const lines: Part[][] = [];
  let used = width;
  const add = (piece: string, at: number, space: boolean) => {
    const columns = columnsOf(piece);
    const strong = spans.some(({ start, end }) => at < end && at + piece.length > start);
    let line = lines.at(-1);
    let shown = space ? ` ${piece}` : piece;
    if (line === undefined || used + (space ? 1 : 0) + columns > width) {
      line = [];
      lines.push(line);
      used = 0;
      shown = piece;
    }
    used += columns + (shown === piece ? 0 : 1);
    const last = line.at(-1);
    if (last?.strong === strong) last.text += shown;
    else line.push({ text: shown, strong });
  };
  for (const { 0: word, index } of text.matchAll(/\S+/gu)) {
    if (columnsOf(word) <= width) {
      const shown = printable(word);
      if (shown !== "") add(shown, index, true);
      continue;
    }
    let space = true;
    for (const { segment, index: within } of graphemes.segment(word)) {
      const shown = printable(segment);
      if (shown === "") continue;
      add(shown, index + within, space);
      space = false;
    }
  }
  return lines;
}

function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}
