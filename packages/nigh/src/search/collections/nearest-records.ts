import { NighError } from "../../shared/errors.js";
import type { Matrix } from "../../shared/matrix.js";
import { bitsOf, hasBit } from "../../store/key-bits.js";
import type { RecordReader } from "../../store/record-reader.js";
import type { Condition } from "../../store/where/condition.js";
import type { CollectionState } from "./collection-state.js";
import type { Neighbours } from "./live-index.js";
import type { Reading } from "./open-collection.js";

/** Which records may be found. */
export interface RecordFilter {
  readonly condition: Condition | undefined;
  /** Only these; all when undefined. */
  readonly ids: readonly string[] | undefined;
}

/**
 * The keys of the `k` records nearest to each query among those that pass a filter; in a transaction of the caller's.
 *
 * @throws NighError `ERR_DIMENSION`.
 */
export function nearestRecords(
  { db, row, reader, state }: Reading,
  queries: Matrix,
  k: number,
  filter: RecordFilter,
): Neighbours[] {
  state.follow(db, row);
  const { live } = state;
  if (live === undefined || live.size === 0) {
    return Array.from(queries, () => ({ keys: [], distances: [] }));
  }
  const [count, dimension] = queries.shape;
  if (count > 0 && dimension !== live.d) {
    const from = row.embedder ? `, those of "${row.embedder.name}"` : "";
    throw new NighError(
      "ERR_DIMENSION",
      `The collection "${row.name}" holds vectors of ${live.d} dimensions${from}; the query has ${dimension}.`,
    );
  }
  const { condition, ids } = filter;
  const passing =
    condition && ids === undefined
      ? state.passing(condition, reader).filter
      : passingBits(reader, state, filter);
  return live.search(queries, k, passing);
}

/** A bit for each key that passes; undefined when all do. @param filters which follow the database. */
export function passingBits(
  reader: RecordReader,
  filters: Pick<CollectionState, "passing">,
  { condition, ids }: RecordFilter,
): Uint8Array | undefined {
  const bits = condition && filters.passing(condition, reader).bits;
  if (ids === undefined) return bits;
  const keys = ids.map((id) => reader.keyOf(id)).filter((key) => key !== undefined);
  return bitsOf(keys.filter((key) => bits === undefined || hasBit(bits, key)));
}
