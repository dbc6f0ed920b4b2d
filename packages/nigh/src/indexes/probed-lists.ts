import type { Allowed } from "./rows/filter.js";
import type { RowLists } from "./rows/row-lists.js";

type RowCounter = (list: number) => number;

/** Tells how many rows of a list a search may return. */
export function rowCounter(lists: RowLists, allowed: Allowed | undefined): RowCounter {
  if (allowed === undefined) return (list) => lists.countOf(list);
  const rows = new Uint32Array(lists.listCount);
  for (let ordinal = 0; ordinal < 8 * allowed.bits.length; ordinal++) {
    if (((allowed.bits[ordinal >> 3] as number) & (1 << (ordinal & 7))) === 0) continue;
    const list = lists.listOf(ordinal);
    rows[list] = (rows[list] as number) + 1;
  }
  return (list) => rows[list] as number;
}

/** How many of some lists, from the first on, have `wanted` rows together; undefined when all have fewer. */
export function listsFor(
  wanted: number,
  lists: Float64Array,
  rowsOf: RowCounter,
): number | undefined {
  let rows = 0;
  let count = 0;
  while (rows < wanted) {
    if (count === lists.length) return undefined;
    rows += rowsOf(lists[count] as number);
    count++;
  }
  return count;
}
