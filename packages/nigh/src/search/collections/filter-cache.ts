import { PreparedFilter } from "../../indexes/rows/filter.js";
import type { JournalEntry } from "../../store/journal.js";
import { bitsOf } from "../../store/key-bits.js";
import type { RecordReader } from "../../store/record-reader.js";
import type { Condition } from "../../store/where/condition.js";
import { conditionKey } from "../../store/where/condition-key.js";
import { matches } from "../../store/where/matches.js";

/** The keys of the records that a filter lets through: bit `key & 7` of byte `key >> 3`. */
export interface Passing {
  readonly bits: Uint8Array;
  readonly count: number;
  /** The bits as a filter of indexes; another one when they change. */
  readonly filter: PreparedFilter;
}

interface Entry {
  readonly condition: Condition;
  bits: Uint8Array;
  count: number;
  filter: PreparedFilter;
}

const MOST_BYTES = 16 * 2 ** 20;
/** Following more changes one by one, for all filters, takes longer than asking again. */
const MOST_CHECKS = 20_000;

/** Results of filters, kept current as records change; those not used for longest are forgotten. */
export class FilterCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The records that pass a condition now. */
  passing(condition: Condition, reader: RecordReader): Passing {
    const name = conditionKey(condition);
    const known = this.#entries.get(name);
    if (known !== undefined) {
      this.#entries.delete(name);
      this.#entries.set(name, known);
      return known;
    }
    const keys = reader.matchingKeys(condition);
    const bits = bitsOf(keys);
    const entry = { condition, bits, count: keys.length, filter: new PreparedFilter(bits) };
    this.#entries.set(name, entry);
    this.#bytes += bits.length;
    for (const [oldest, { bits: old }] of this.#entries) {
      if (this.#bytes <= MOST_BYTES || oldest === name) break;
      this.#entries.delete(oldest);
      this.#bytes -= old.length;
    }
    return entry;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Follows changes of records. */
  apply(reader: RecordReader, entries: readonly JournalEntry[]): void {
    if (this.#entries.size === 0) return;
    const changed = entries.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    if (changed * this.#entries.size > MOST_CHECKS) {
      this.clear();
      return;
    }
    for (const { first, last } of entries) {
      for (let key = first; key <= last; key++) {
        const record = reader.record(key, { document: true, metadata: true });
        for (const entry of this.#entries.values()) {
          const { metadata = null, document = null } = record ?? {};
          this.#set(
            entry,
            key,
            record !== undefined && matches(entry.condition, metadata, document),
          );
        }
      }
    }
  }

  #set(entry: Entry, key: number, passes: boolean): void {
    const at = key >> 3;
    const bit = 1 << (key & 7);
    if (at >= entry.bits.length) {
      if (!passes) return;
      const grown = new Uint8Array(2 * at + 1);
      grown.set(entry.bits);
      this.#bytes += grown.length - entry.bits.length;
      entry.bits = grown;
    }
    const byte = entry.bits[at] as number;
    if (((byte & bit) !== 0) === passes) return;
    entry.bits[at] = byte ^ bit;
    entry.count += passes ? 1 : -1;
    entry.filter = new PreparedFilter(entry.bits);
  }
}
