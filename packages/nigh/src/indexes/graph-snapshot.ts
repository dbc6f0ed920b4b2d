import { NighError } from "../shared/errors.js";
import type { Steps } from "../shared/steps.js";
import { defaultLevelProbabilities } from "./faiss-format/hnsw-levels.js";
import { IndexHNSWFlat, walkedRows } from "./index-hnsw-flat.js";
import type { Metric } from "./vector-index.js";

/** An HNSW index without its vectors: who has those can have the index again, without building it. */
export interface GraphSnapshot {
  readonly d: number;
  readonly metric: Metric;
  readonly M: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  /** A place in `keys`, -1 in an empty graph; likewise its level. */
  readonly entryPoint: number;
  readonly maxLevel: number;
  /** Ids of the vectors, ascending. */
  readonly keys: Float64Array;
  /** On how many levels each vector is: [keys]. */
  readonly levels: Int32Array;
  /** Places in `keys`, -1 for none: of each vector 2 M links, then M of each further level. */
  readonly neighbors: Int32Array;
}

/** Rows whose links are copied between two steps, well under a millisecond's work. */
const ROWS_A_STEP = 100;

/**
 * The graph as it is now, in steps: the index must not change until the last. Removed vectors are mended out of it first, which is one
 * step, as is sorting the ids.
 */
export function* snapshotInSteps(index: IndexHNSWFlat): Generator<void, GraphSnapshot> {
  const stored = index.toStored();
  const inner = stored.type === "idMap" ? stored.inner : stored;
  if (inner.type !== "hnswFlat") throw new TypeError(`An HNSW index is stored as ${inner.type}.`);
  const { d, metric, M, efConstruction, efSearch, entryPoint, maxLevel, levels } = inner;
  yield;
  const keys =
    stored.type === "idMap" ? stored.ids : new Float64Array(levels.length).map((_, i) => i);
  const neighbors = new Int32Array(levels.reduce((sum, count) => sum + (count + 1) * M, 0));
  yield;
  let at = 0;
  let links = 0;
  for (const list of inner.neighbors as Iterable<Int32Array>) {
    neighbors.set(list, at);
    at += list.length;
    links += 1;
    if (links % ROWS_A_STEP === 0) yield;
  }
  return { d, metric, M, efConstruction, efSearch, entryPoint, maxLevel, keys, levels, neighbors };
}

/**
 * The index of a snapshot, in steps.
 *
 * @param vectors in the order of the snapshot's keys, one for each.
 * @throws NighError `ERR_INDEX_FORMAT` when a vector is not finite, `ERR_OUT_OF_MEMORY`.
 */
export function* indexOfSnapshot(
  snapshot: GraphSnapshot,
  vectors: Iterator<Float32Array>,
): Steps<IndexHNSWFlat> {
  const { d, metric, M, keys } = snapshot;
  const rows = walkedRows(d, metric);
  rows.reserve([[0, keys.length]]);
  yield;
  let finite = 0;
  for (let from = 0; from < keys.length; from += ROWS_A_STEP) {
    const count = Math.min(ROWS_A_STEP, keys.length - from);
    const ordinals = new Uint32Array(count).map((_, i) => from + i);
    finite += rows.addFilled(0, ordinals, (floats) => {
      for (let at = 0; at < floats.length; at += d) floats.set(vectors.next().value, at);
    });
    yield;
  }
  if (finite < keys.length) {
    throw new NighError(
      "ERR_INDEX_FORMAT",
      `${keys.length - finite} vectors of the graph have NaN or infinite numbers.`,
    );
  }
  const index = yield* IndexHNSWFlat.over(rows, {
    type: "hnswFlat",
    ...snapshot,
    ntotal: keys.length,
    levelProbabilities: defaultLevelProbabilities(M),
    storage: { type: "flat", d, metric, ntotal: keys.length, vectors: undefined },
  });
  if (!keys.every((key, place) => key === place)) index.rename(keys);
  return index;
}
