import { usableMemory } from "#shared/machine";
import { removeGraphFile } from "#store/graph-file";
import { CollectionState } from "./collection-state.js";
import { KeptGraph } from "./kept-graph.js";

/** What is known of one collection. */
interface Entry {
  readonly state: CollectionState;
  /** As it was when it was last looked at: a graph grows in the background. */
  bytes: number;
}

/** Each may have three indexes, of which a process has addresses for 12,000. */
const MOST_STATES = 4000;

/** Half of the memory that this process may use. */
export function defaultIndexMemory(): number {
  return Math.floor(usableMemory() / 2);
}

/**
 * What a client keeps in memory of its collections. Where all together pass a limit, those that were not used for longest leave: they
 * are read again when they are next used.
 */
export class CollectionStates {
  readonly #folder: string | undefined;
  readonly #limit: number;
  readonly #isThere: (id: string) => boolean;
  /** Files of collections that have left, which are still being written. */
  readonly #writing = new Set<Promise<void>>();
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /**
   * @param folder where graphs are saved; undefined for a database in memory.
   * @param limit in bytes; what is in use or being built may pass it.
   * @param isThere whether a collection was not deleted, maybe by another process.
   */
  constructor(folder: string | undefined, limit: number, isThere: (id: string) => boolean) {
    this.#folder = folder;
    this.#limit = limit;
    this.#isThere = isThere;
  }

  /** Uses the state of a collection; it does not leave before the work is done. */
  use<T>(id: string, work: (state: CollectionState) => T): T {
    const entry = this.#entries.get(id) ?? { state: this.#newState(id), bytes: 0 };
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    try {
      return work(entry.state);
    } finally {
      this.#measure(entry);
      if (this.#isFull) this.#evict(entry);
    }
  }

  /** Takes a collection out of memory, as it is. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    entry.state.forget();
    this.#bytes -= entry.bytes;
    const written = entry.state.written().then(() => {
      this.#writing.delete(written);
    });
    this.#writing.add(written);
  }

  /** Forgets a collection that was deleted, and its file: one that is being written looks itself whether it is still wanted. */
  delete(id: string): void {
    this.forget(id);
    if (this.#folder !== undefined) removeGraphFile(this.#folder, id);
  }

  /** Saves graphs, and forgets everything. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    this.#bytes = 0;
    await Promise.all([...entries.map(({ state }) => state.close()), ...this.#writing]);
  }

  #newState(id: string): CollectionState {
    return new CollectionState(new KeptGraph(this.#folder, id, () => this.#isThere(id)));
  }

  get #isFull(): boolean {
    return this.#bytes > this.#limit || this.#entries.size > MOST_STATES;
  }

  #evict(inUse: Entry): void {
    for (const entry of this.#entries.values()) this.#measure(entry);
    for (const [id, entry] of this.#entries) {
      if (!this.#isFull) return;
      if (entry !== inUse && entry.state.isSaved()) this.forget(id);
    }
  }

  #measure(entry: Entry): void {
    this.#bytes -= entry.bytes;
    entry.bytes = entry.state.memoryBytes;
    this.#bytes += entry.bytes;
  }
}
