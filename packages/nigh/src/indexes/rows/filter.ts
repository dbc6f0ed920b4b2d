import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import type { Filter } from "../vector-index.js";
import type { RowIds } from "./row-ids.js";

/** The rows that a filter lets through: one bit for each ordinal, and how many are set. */
export interface Allowed {
  readonly bits: Uint8Array;
  readonly count: number;
}

/** All rows in use. */
export function usedRows(ids: RowIds): Allowed {
  return rowsThat(() => true, ids);
}

/**
 * Asks a filter for every row once.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when it is neither a bitmap nor a function.
 */
export function allowedRows(where: string, filter: Filter, ids: RowIds): Allowed {
  if (typeof filter !== "function" && !(filter instanceof Uint8Array)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "filter" must be a Uint8Array with a bit for each id, or a function of an id; found ${describe(filter)}.`,
    );
  }
  const passes =
    typeof filter === "function"
      ? filter
      : (id: number) => ((filter[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0;
  return rowsThat(passes, ids);
}

function rowsThat(passes: (id: number) => boolean, ids: RowIds): Allowed {
  const bits = new Uint8Array(Math.ceil(ids.top / 8));
  let count = 0;
  for (let ordinal = 0; ordinal < ids.top; ordinal++) {
    if (!ids.isUsed(ordinal) || !passes(ids.idOf(ordinal))) continue;
    bits[ordinal >> 3] = (bits[ordinal >> 3] as number) | (1 << (ordinal & 7));
    count++;
  }
  return { bits, count };
}
