import { defaultLevelProbabilities } from "../faiss-format/hnsw-levels.js";
import type { StoredHnswFlat } from "../faiss-format/stored-index.js";
import type { RowGraph } from "./row-graph.js";

type GraphFields = "entryPoint" | "maxLevel" | "levelProbabilities" | "levels";

type Graph = Pick<StoredHnswFlat<unknown>, GraphFields> & {
  /** Links of one row at one level after the other. */
  readonly neighbors: Iterable<Int32Array>;
};

/**
 * A graph as a file holds it: rows are numbered by their place in the file.
 *
 * @param ordinals of the rows, in that order; none is dead. @param top above all ordinals.
 */
export function storedGraph(graph: RowGraph, ordinals: Uint32Array, top: number): Graph {
  const places = new Int32Array(top).fill(-1);
  for (let place = 0; place < ordinals.length; place++) places[ordinals[place] as number] = place;
  const { entry } = graph;
  return {
    entryPoint: entry === undefined ? -1 : (places[entry.row] as number),
    maxLevel: entry?.level ?? -1,
    levelProbabilities: defaultLevelProbabilities(graph.linksUp),
    levels: new Int32Array(ordinals.length).map(
      (_, place) => graph.levelOf(ordinals[place] as number) + 1,
    ),
    neighbors: links(graph, ordinals, places),
  };
}

function* links(graph: RowGraph, ordinals: Uint32Array, places: Int32Array): Generator<Int32Array> {
  for (const ordinal of ordinals) {
    for (let level = 0; level <= graph.levelOf(ordinal); level++) {
      const row = new Int32Array(level === 0 ? graph.links0 : graph.linksUp).fill(-1);
      for (const [i, link] of graph.linksOf(ordinal, level).entries()) {
        row[i] = places[link] as number;
      }
      yield row;
    }
  }
}

/** One array of several. */
export function concatenate(parts: Iterable<Int32Array>): Int32Array {
  const all = [...parts];
  const result = new Int32Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
