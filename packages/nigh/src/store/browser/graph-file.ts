import type { Steps } from "../../shared/steps.js";
import type { RefusedGraph, SavedGraph } from "../saved-graph.js";

/** Browsers have no folder beside a database: a graph is built again when its collection is opened. */

export async function writeGraphFile(
  _folder: string,
  _graph: SavedGraph | RefusedGraph,
): Promise<void> {}

export function removeGraphFile(_folder: string, _collection: string): void {}

export function sweepGraphFiles(_folder: string, _collections: ReadonlySet<string>): void {}

// biome-ignore lint/correctness/useYield: there is nothing to read
export function* readGraphFile(
  _folder: string,
  _collection: string,
): Steps<SavedGraph | RefusedGraph | string> {
  return "a browser keeps no graphs";
}
