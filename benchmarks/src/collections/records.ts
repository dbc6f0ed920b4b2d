/** The records of the collections that are measured, and the filters that keep some of them. */
import type { Where } from "nigh";
import type { VectorFile } from "../indexes/vector-file.js";

export type RecordMetadata = {
  readonly n: number;
  readonly tenth: string;
  readonly half: number;
};

export interface RecordFile {
  readonly vectors: VectorFile;
  /** A line for each row. */
  readonly documents: string;
}

export function idOf(row: number): string {
  return `r${row}`;
}

export function rowOf(id: string): number {
  return Number(id.slice(1));
}

export function metadataOf(row: number): RecordMetadata {
  return { n: row % 100, tenth: `cat${row % 10}`, half: row % 2 };
}

export interface Filter {
  /** How the tables call it. */
  readonly name: string;
  /** The filter of a query, as Chroma writes it too: another one from query to query, so that none is remembered for all of them. */
  readonly where: (query: number) => Where | undefined;
  /** Whether that keeps a record. */
  readonly keeps: (metadata: RecordMetadata, query: number) => boolean;
}

export const FILTERS: readonly Filter[] = [
  { name: "none", where: () => undefined, keeps: () => true },
  {
    name: "keeps 50%",
    where: (query) => ({ half: query % 2 }),
    keeps: ({ half }, query) => half === query % 2,
  },
  {
    name: "keeps 10%",
    where: (query) => ({ tenth: `cat${query % 10}` }),
    keeps: ({ tenth }, query) => tenth === `cat${query % 10}`,
  },
  {
    name: "keeps 1%",
    where: (query) => ({ n: query % 100 }),
    keeps: ({ n }, query) => n === query % 100,
  },
  {
    name: "keeps about 10%, always new",
    where: (query) => ({ $and: [{ n: { $gte: from(query) } }, { n: { $lt: to(query) } }] }),
    keeps: ({ n }, query) => n >= from(query) && n < to(query),
  },
];

/** As many queries in a row have ranges of their own. */
export const DIFFERENT_RANGES = 540;
const STARTS = 90;
const WIDTHS = [10, 9, 11, 12, 8, 13] as const;

function from(query: number): number {
  return query % STARTS;
}

function to(query: number): number {
  return from(query) + (WIDTHS[Math.floor(query / STARTS) % WIDTHS.length] as number);
}
