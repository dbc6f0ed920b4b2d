/** What is asked, in this order: every filter while nothing changes, then again while records change. */
import { DIFFERENT_RANGES, FILTERS, type Filter } from "./records.js";

export interface QueryCase {
  readonly filter: Filter;
  readonly writes: boolean;
}

export const CASES: readonly QueryCase[] = [false, true].flatMap((writes) =>
  FILTERS.map((filter) => ({ filter, writes })),
);

/** The number by which a query of a case chooses its filter: filters that are always new are so from case to case too. */
export function filterNumber({ writes }: QueryCase, query: number): number {
  return writes ? query + DIFFERENT_RANGES / 2 : query;
}

/** Queries from one upsert to the next. */
const WRITE_EVERY = 10;

/** A record that changes before a query is asked. */
export interface Change {
  /** The record. */
  readonly row: number;
  /** The query whose vector it gets: one that comes later, and must find it. */
  readonly vectorOf: number;
  /** The row whose metadata it gets. */
  readonly metadataOf: number;
}

/** @param rows records of the collection. */
export function changeBefore(caseNumber: number, query: number, rows: number): Change | undefined {
  if (CASES[caseNumber]?.writes !== true || query % WRITE_EVERY !== 0) return undefined;
  // A prime: other rows for each case and query.
  const row = ((caseNumber * 1000 + query) * 7919) % rows;
  return { row, vectorOf: query + WRITE_EVERY / 2, metadataOf: row + query / WRITE_EVERY };
}
