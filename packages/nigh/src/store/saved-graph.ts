import type { GraphSnapshot } from "../indexes/graph-snapshot.js";

/**
 * A graph over the vectors of a collection, without the vectors: a cache of what the database implies. One that is missing, torn, of
 * another collection or too old is no error: the graph is built again.
 */
export interface SavedGraph extends GraphSnapshot {
  /** The collection's id. */
  readonly collection: string;
  /** The journal's position that the graph follows. */
  readonly position: number;
}

/** That a graph was tried and was of no use. */
export interface RefusedGraph {
  /** The collection's id. */
  readonly collection: string;
  /** How many vectors there were. */
  readonly refused: number;
  /** What the verdict hangs on: it says nothing where anything of this is different. */
  readonly conditions: string;
}
