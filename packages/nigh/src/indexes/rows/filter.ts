import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import type { Filter } from "../vector-index.js";
import type { RowIds } from "./row-ids.js";

/** The rows that a filter lets through: one bit for each ordinal, and how many are set. */
export interface Allowed {
  readonly bits: Uint8Array;
  readonly count: number;
}

/**
 * A filter for many searches, of one index or several: it is asked once for all vectors of an index, and again only after vectors were
 * added or removed. A bitmap must not change meanwhile, nor what a function answers.
 */
export class PreparedFilter {
  readonly #filter: Uint8Array | ((id: number) => boolean);
  readonly #rows = new WeakMap<RowIds, { readonly version: number; readonly allowed: Allowed }>();

  /** @throws NighError `ERR_INVALID_ARGUMENT` when the filter is neither a bitmap nor a function. */
  constructor(filter: Uint8Array | ((id: number) => boolean)) {
    this.#filter = checkFilter("PreparedFilter", filter);
  }

  /** The rows that it lets through now. @internal */
  rowsOf(ids: RowIds): Allowed {
    const known = this.#rows.get(ids);
    if (known?.version === ids.version) return known.allowed;
    const allowed = askedFor(this.#filter, ids);
    this.#rows.set(ids, { version: ids.version, allowed });
    return allowed;
  }
}

/**
 * Asks a filter for every row once.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when it is no filter.
 */
export function allowedRows(where: string, filter: Filter, ids: RowIds): Allowed {
  if (filter instanceof PreparedFilter) return filter.rowsOf(ids);
  return askedFor(checkFilter(where, filter), ids);
}

function checkFilter<F extends Exclude<Filter, PreparedFilter>>(where: string, filter: F): F {
  if (typeof filter === "function" || filter instanceof Uint8Array) return filter;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "filter" must be a Uint8Array with a bit for each id, or a function of an id; found ${describe(filter)}.`,
  );
}

function askedFor(filter: Exclude<Filter, PreparedFilter>, ids: RowIds): Allowed {
  if (typeof filter === "function") return rowsThat(filter, ids);
  if (ids.areOrdinals) return firstBits(filter, ids.top);
  const { places } = ids.ordinals();
  return places ? rowsOfBits(filter, places, ids.top) : rowsOfBitmap(filter, ids.table());
}

/** How many bits of a byte are set. */
const ONES = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll("0", "").length,
);

/** A bitmap of ordinals as it is, cut at `top`. */
function firstBits(bitmap: Uint8Array, top: number): Allowed {
  const bits = new Uint8Array(Math.ceil(top / 8));
  bits.set(bitmap.subarray(0, bits.length));
  if (top % 8 !== 0) bits[top >> 3] = (bits[top >> 3] as number) & ((1 << (top & 7)) - 1);
  let count = 0;
  for (const byte of bits) count += ONES[byte] as number;
  return { bits, count };
}

/** Bit by bit: a filter may keep few of many ids. @param places ordinals by id, negative where there is none. */
function rowsOfBits(bitmap: Uint8Array, places: Int32Array, top: number): Allowed {
  const bits = new Uint8Array(Math.ceil(top / 8));
  const end = Math.min(bitmap.length, Math.ceil(places.length / 8));
  let count = 0;
  for (let at = 0; at < end; at++) {
    for (let left = bitmap[at] as number; left !== 0; left &= left - 1) {
      const ordinal = places[8 * at + 31 - Math.clz32(left & -left)] ?? -1;
      if (ordinal < 0) continue;
      bits[ordinal >> 3] = (bits[ordinal >> 3] as number) | (1 << (ordinal & 7));
      count++;
    }
  }
  return { bits, count };
}

/** Id by id. @param table ids by ordinal, negative where there is none. */
function rowsOfBitmap(bitmap: Uint8Array, table: Float64Array): Allowed {
  const bits = new Uint8Array(Math.ceil(table.length / 8));
  const most = bitmap.length * 8;
  let count = 0;
  for (let ordinal = 0; ordinal < table.length; ordinal++) {
    const id = table[ordinal] as number;
    if (id < 0 || id >= most) continue;
    if (((bitmap[Math.floor(id / 8)] as number) & (1 << (id & 7))) === 0) continue;
    bits[ordinal >> 3] = (bits[ordinal >> 3] as number) | (1 << (ordinal & 7));
    count++;
  }
  return { bits, count };
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
