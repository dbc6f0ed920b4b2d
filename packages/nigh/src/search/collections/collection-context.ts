import type { Database } from "../../store/database.js";
import type { BoundEmbedder } from "./bound-embedder.js";
import type { CollectionState } from "./collection-state.js";

/** What a collection is given by its client. */
export interface CollectionContext {
  readonly database: Database;
  /** What this process keeps in memory of a collection. */
  state(id: string): CollectionState;
  forget(id: string): void;
  /** The embedder that a collection was opened with; undefined for none. */
  embedder(): Promise<BoundEmbedder | undefined>;
}
