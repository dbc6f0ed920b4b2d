import { checkInteger, checkKeys } from "../shared/options.js";
import { breakDown, SENTENCE_LEVEL, type Unit } from "./break-down.js";
import type { Document, Metadata } from "./document.js";
import { WORD } from "./text-size.js";

/** A part of a document that is short enough for an embedder to read whole. */
export interface Passage {
  /** `${documentId}#${position}` */
  id: string;
  documentId: string;
  /** A stretch of the document's text, without the white space at its ends. */
  text: string;
  /** The document's, and as `section` the heading that it stands under, where there is one. */
  metadata: Metadata;
  /** Counted from 0 within the document. */
  position: number;
}

export interface SplitPassagesOptions {
  /**
   * The most words in a passage, at least 1; default 120, about 160 tokens of English. Long runs
   * without spaces count as several words, two ideographs as one.
   */
  maxWords?: number | undefined;
  /** How many sentences of a passage its successor repeats, where there is room; default 0. */
  overlapSentences?: number | undefined;
}

const WHERE = "splitPassages";

/**
 * Splits a document into passages that end, where they can, with a paragraph, a list item or a
 * sentence, and never reach into another section. Without overlap the passages hold every
 * non-space character of the text once, in order. Takes time linear in the text.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export function splitPassages(
  document: Pick<Document, "id" | "text" | "metadata" | "sections">,
  options: SplitPassagesOptions = {},
): Passage[] {
  const { maxSize, overlap } = interpret(options);
  const { id, text, metadata } = document;
  const passages: Passage[] = [];
  for (const section of sectionsOf(document)) {
    const units = breakDown(text, section, maxSize, overlap > 0 ? SENTENCE_LEVEL : 0);
    for (const { start, end } of pack(units, maxSize, overlap)) {
      const passage = text.slice(start, end).trim();
      if (passage === "") continue;
      const position = passages.length;
      passages.push({
        id: `${id}#${position}`,
        documentId: id,
        text: passage,
        metadata: section.title === "" ? { ...metadata } : { ...metadata, section: section.title },
        position,
      });
    }
  }
  return passages;
}

function interpret(options: SplitPassagesOptions): { maxSize: number; overlap: number } {
  checkKeys(WHERE, options, ["maxWords", "overlapSentences"]);
  const { maxWords = 120, overlapSentences = 0 } = options;
  return {
    maxSize: checkInteger(WHERE, "maxWords", maxWords, 1) * WORD,
    overlap: checkInteger(WHERE, "overlapSentences", overlapSentences, 0),
  };
}

function sectionsOf({
  text,
  sections = [],
}: Pick<Document, "text" | "sections">): { title: string; start: number; end: number }[] {
  const all = sections[0]?.start === 0 ? sections : [{ title: "", start: 0 }, ...sections];
  return all.map(({ title, start }, i) => ({
    title,
    start,
    end: all[i + 1]?.start ?? text.length,
  }));
}

/** Units `from` to `to`, `to` excluded, and their size. */
interface Run {
  from: number;
  to: number;
  size: number;
}

/** Fills passages one after the other. */
function pack(
  units: readonly Unit[],
  maxSize: number,
  overlap: number,
): { start: number; end: number }[] {
  const runs: Run[] = [];
  let run: Run = { from: 0, to: 0, size: 0 };
  for (const [i, unit] of units.entries()) {
    if (run.size > 0 && run.size + unit.size > maxSize) {
      runs.push(run);
      run = repeatEnd(run, units, overlap, maxSize - unit.size);
    }
    run.to = i + 1;
    run.size += unit.size;
  }
  runs.push(run);
  if (overlap === 0) lengthenTail(runs, units, maxSize);
  return runs.map(({ from, to }) => ({
    start: units[from]?.start ?? 0,
    end: units[to - 1]?.end ?? 0,
  }));
}

/** A new run of the last `count` units of `run`, or of as many as fit into `room`. */
function repeatEnd(run: Run, units: readonly Unit[], count: number, room: number): Run {
  let from = run.to;
  let size = 0;
  while (from > run.from && run.to - from < count) {
    const before = units[from - 1]?.size ?? 0;
    if (size + before > room) break;
    size += before;
    from -= 1;
  }
  return { from, to: run.to, size };
}

/**
 * A last passage of less than a third of the limit takes over sentences from the one before it: a
 * few words without context match everything and nothing.
 */
function lengthenTail(runs: Run[], units: readonly Unit[], maxSize: number): void {
  const [before, tail] = runs.slice(-2);
  if (!before || !tail) return;
  while (before.to - before.from > 1 && tail.size * 3 < maxSize) {
    const moved = units[before.to - 1]?.size ?? 0;
    if (tail.size + moved > before.size - moved) return;
    before.to -= 1;
    before.size -= moved;
    tail.from -= 1;
    tail.size += moved;
  }
}
