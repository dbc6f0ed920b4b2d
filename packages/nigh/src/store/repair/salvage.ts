import type { Connection } from "../database.js";
import type { Row } from "../sqlite.js";
import { isDamage } from "./damaged-database.js";

/** Keys that are read at a time. */
const PART = 256;

/** What could be read of a range of keys. */
export interface Salvaged {
  readonly rows: readonly Row[];
  /** Keys that cannot be read: some may never have been there. */
  readonly unreadable: readonly number[];
}

/** Reads the rows with keys from 0 to `last` part by part. Where that fails, parts are halved, down to single keys. */
export function* salvage(
  last: number,
  read: (first: number, last: number) => Row[],
): Generator<Salvaged> {
  for (let first = 0; first <= last; first += PART) {
    const rows: Row[] = [];
    const unreadable: number[] = [];
    const ranges: [number, number][] = [[first, Math.min(last, first + PART - 1)]];
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const [from, to] = range;
      const found = attempt(() => read(from, to));
      if (found !== undefined) rows.push(...found);
      else if (from === to) unreadable.push(from);
      else {
        const middle = Math.floor((from + to) / 2);
        // The lower half comes first: records keep their order.
        ranges.push([middle + 1, to], [from, middle]);
      }
    }
    yield { rows, unreadable };
  }
}

/** What work gives; undefined where the file is damaged. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Rows of a query up to the first that cannot be read. */
export function readable(db: Connection, sql: string): Row[] {
  const rows: Row[] = [];
  attempt(() => {
    for (const row of db.iterate(sql)) rows.push(row);
  });
  return rows;
}
