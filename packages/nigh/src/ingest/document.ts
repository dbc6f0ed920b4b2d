/** What can stand beside a document: the scalars that a collection can filter by. */
export type Metadata = Record<string, string | number | boolean>;

/** A part of a document under one heading; it ends where the next one starts. */
export interface Section {
  /** The heading's text; empty for what stands before the first heading. */
  title: string;
  /** Where the section starts in the document's text, in UTF-16 code units; it begins with its heading. */
  start: number;
}

/** One text to search in, as read from a file. */
export interface Document {
  type: "document";
  id: string;
  text: string;
  metadata: Metadata;
  /** The file, with `:line` for a line of JSONL. */
  source: string;
  /** In rising order of `start`; only where the format has headings. */
  sections?: readonly Section[];
}

export const PROBLEM_KINDS = ["skipped", "bad"] as const;

/** Something that could not be read, while the rest was. */
export interface InputProblem {
  type: "problem";
  /** `skipped`: not for us (an unknown type, an empty file). `bad`: meant for us, but broken. */
  kind: (typeof PROBLEM_KINDS)[number];
  /** The file or folder. */
  source: string;
  /** Counted from 1. */
  line?: number;
  /** What was found and, where it helps, what was expected. */
  reason: string;
}

export function skipped(source: string, reason: string): InputProblem {
  return { type: "problem", kind: "skipped", source, reason };
}

/** @param line counted from 1; left out where the whole file is meant. */
export function bad(source: string, reason: string, line?: number): InputProblem {
  return { type: "problem", kind: "bad", source, ...(line === undefined ? {} : { line }), reason };
}

/** 64 MB: the most that is held in memory for one document, as one file or one line of JSONL. */
export const MAX_DOCUMENT_BYTES = 64 * 2 ** 20;

/** The limit as messages name it: `64 MB`, or bytes where it is not a whole number of MB. */
export function showBytes(bytes: number): string {
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MB` : `${bytes} bytes`;
}
