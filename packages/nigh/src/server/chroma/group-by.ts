import { z } from "zod";
import { Float, type Metadata, type MetadataValue } from "../../index.js";
import { optional } from "../shapes.js";

const SCORE = "#score";
const best = z.object({ keys: z.array(z.string()).min(1), k: z.int().min(1) });

/** At most k records of each group: the first or last ones by some keys. */
export const groupBy = z.object({
  keys: optional(z.array(z.string()).min(1)),
  aggregate: optional(z.union([z.object({ $min_k: best }), z.object({ $max_k: best })])),
});

/** A record with its score. */
export interface Scored {
  readonly id: string;
  readonly score: number;
  readonly metadata: Metadata | null;
}

/** The records that remain of each group, in the order in which they come. */
export function grouped<T extends Scored>(
  records: readonly T[],
  { keys, aggregate }: z.output<typeof groupBy>,
): readonly T[] {
  if (keys === undefined || aggregate === undefined) return records;
  const isAscending = "$min_k" in aggregate;
  const { keys: order, k } = isAscending ? aggregate.$min_k : aggregate.$max_k;
  const groups = new Map<string, T[]>();
  for (const record of records) {
    const values = keys.map((key) => plain(sortValue(record, key)));
    const group = JSON.stringify(values);
    groups.set(group, [...(groups.get(group) ?? []), record]);
  }
  const kept = new Set<T>();
  for (const group of groups.values()) {
    const sorted = group.toSorted((a, b) => compareBy(order, isAscending, a, b));
    for (const record of sorted.slice(0, k)) kept.add(record);
  }
  return records.filter((record) => kept.has(record));
}

function sortValue(record: Scored, key: string): MetadataValue | undefined {
  return key === SCORE ? record.score : record.metadata?.[key];
}

/** What JSON can tell apart; integers beyond 2^53 as texts of their own kind. */
function plain(value: MetadataValue | undefined): unknown {
  if (value === undefined) return null;
  if (value instanceof Float) return value.value;
  return typeof value === "bigint" ? { integer: String(value) } : value;
}

/** Records without a value come last. */
function compareBy(keys: readonly string[], isAscending: boolean, a: Scored, b: Scored): number {
  for (const key of keys) {
    const [left, right] = [sortValue(a, key), sortValue(b, key)];
    if (left === undefined || right === undefined) {
      if (left === right) continue;
      return left === undefined ? 1 : -1;
    }
    const [x, y] = [left.valueOf(), right.valueOf()] as [number, number];
    if (x === y) continue;
    return x < y === isAscending ? -1 : 1;
  }
  return 0;
}
