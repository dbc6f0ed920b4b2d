import type { Connection } from "./database.js";
import type { CollectionTables } from "./schema.js";

/** What happened to records. */
export const CHANGES = {
  added: 1,
  /** The vector, and maybe more. */
  vector: 2,
  removed: 3,
  /** Document, metadata or uri, but not the vector. */
  content: 4,
  /** All vectors were replaced: of the whole collection. */
  reembedded: 5,
} as const;

export type Change = (typeof CHANGES)[keyof typeof CHANGES];

/** One change of records with keys from `first` to `last`, both included: of all of them, or, of content, of some. */
export interface JournalEntry {
  readonly change: Change;
  readonly first: number;
  readonly last: number;
}

/** Older entries are forgotten when there are more: who has not read them by then reads everything. */
export const MOST_ENTRIES = 20_000;
/** Where a transaction changes the content of more records, one entry says in which range they are. */
const MOST_CONTENT = 1000;

/** Collects the changes of one transaction. */
export class JournalWriter {
  readonly #entries: { change: Change; first: number; last: number }[] = [];

  note(change: Change, key: number): void {
    const last = this.#entries.at(-1);
    if (last?.change === change && last.last + 1 === key) last.last = key;
    else this.#entries.push({ change, first: key, last: key });
  }

  /** Writes the entries behind `position`; gives the new position. */
  write(db: Connection, { journal }: CollectionTables, position: number): number {
    let at = position;
    for (const { change, first, last } of this.#merged()) {
      at += 1;
      db.run(`INSERT INTO ${journal} VALUES (?, ?, ?, ?)`, at, change, first, last);
    }
    if (at > MOST_ENTRIES) db.run(`DELETE FROM ${journal} WHERE position <= ?`, at - MOST_ENTRIES);
    return at;
  }

  /**
   * Content entries matter to results of filters alone, and who follows so many asks anew. One by one they would push entries of
   * vectors out of the journal. Their order among the others means nothing: what records are now is read.
   */
  #merged(): readonly JournalEntry[] {
    const content = this.#entries.filter(({ change }) => change === CHANGES.content);
    if (content.length <= MOST_CONTENT) return this.#entries;
    const others = this.#entries.filter(({ change }) => change !== CHANGES.content);
    const range = { change: CHANGES.content, first: Number.POSITIVE_INFINITY, last: 0 };
    for (const { first, last } of content) {
      range.first = Math.min(range.first, first);
      range.last = Math.max(range.last, last);
    }
    return [...others, range];
  }
}

/** All changes behind a position, up to another, in order; undefined where some of them are forgotten. */
export function changesSince(
  db: Connection,
  { journal }: CollectionTables,
  position: number,
  now: number,
): JournalEntry[] | undefined {
  if (position > now) return undefined;
  const rows = db.all(
    `SELECT change, first, last FROM ${journal} WHERE position > ? AND position <= ? ORDER BY position`,
    position,
    now,
  );
  if (rows.length !== now - position) return undefined;
  return rows.map(({ change, first, last }) => ({
    change: Number(change) as Change,
    first: Number(first),
    last: Number(last),
  }));
}
