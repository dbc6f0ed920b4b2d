import { type Collection, EphemeralClient, PersistentClient } from "nigh";
import type { AnyClient } from "../clients.js";
import { SmallEmbedder } from "../embedders.js";
import type { PlainCollection } from "../oracle.js";

/** All collections, in the order in which they were made. */
export class PlainDatabase {
  collections: PlainCollection[] = [];
  /** Of collections that were deleted. */
  readonly ghosts: Collection[] = [];
}

/** One database behind two clients, of which the second is opened when it is used; or one in memory. */
export class RealDatabase {
  readonly folder: string | undefined;
  /** How many writers may still be killed. */
  kills: number;
  readonly #clients: (AnyClient | undefined)[] = [];
  readonly #handles: Map<string, Collection>[] = [new Map(), new Map()];

  constructor(folder: string | undefined, kills: number) {
    this.folder = folder;
    this.kills = kills;
  }

  client(via: number): AnyClient {
    const place = this.folder === undefined ? 0 : via;
    this.#clients[place] ??=
      this.folder === undefined
        ? new EphemeralClient()
        : new PersistentClient({ path: this.folder, waitMs: 60_000 });
    return this.#clients[place];
  }

  /** A handle of a collection: the one that was used before, where there is one. */
  async collection(via: number, { id, name, embeds, d }: PlainCollection): Promise<Collection> {
    const handles = this.#handles[this.folder === undefined ? 0 : via] as Map<string, Collection>;
    const known = handles.get(id);
    if (known !== undefined) return known;
    const embeddingFunction = embeds ? new SmallEmbedder("small", d) : null;
    const opened = await this.client(via).getCollection({ name, embeddingFunction });
    handles.set(id, opened);
    return opened;
  }

  async reopen(via: number): Promise<void> {
    const place = this.folder === undefined ? 0 : via;
    await this.#clients[place]?.close();
    this.#clients[place] = undefined;
    this.#handles[place]?.clear();
  }

  async close(): Promise<void> {
    for (const via of [0, 1]) await this.reopen(via);
  }
}
