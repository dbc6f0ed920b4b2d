/** The records of the collections that are measured, and the filters that keep some of them. */
import type { VectorFile } from "../indexes/vector-file.js";

export type RecordMetadata = {
  readonly n: number;
  readonly tenth: string;
  readonly half: number;
};

/** As Chroma writes filters. */
export type Where = Partial<RecordMetadata>;

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
  /** The filter of a query: another one from query to query, so that none is remembered for all of them. */
  readonly where: (query: number) => Where | undefined;
}

export const FILTERS: readonly Filter[] = [
  { name: "none", where: () => undefined },
  { name: "keeps 50%", where: (query) => ({ half: query % 2 }) },
  { name: "keeps 10%", where: (query) => ({ tenth: `cat${query % 10}` }) },
  { name: "keeps 1%", where: (query) => ({ n: query % 100 }) },
];

export function matches(metadata: RecordMetadata, where: Where | undefined): boolean {
  if (where === undefined) return true;
  return Object.entries(where).every(
    ([key, value]) => metadata[key as keyof RecordMetadata] === value,
  );
}
