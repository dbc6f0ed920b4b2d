import type { FieldReader } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";
import { linkCount } from "./hnsw-levels.js";
import type { Chunks, StoredHnswFlat } from "./stored-index.js";

/** Offsets are compared and written this many at a time. */
const AT_ONCE = 4096;

export type StoredGraph<L> = Omit<
  StoredHnswFlat<unknown, L>,
  "type" | "d" | "metric" | "ntotal" | "storage"
>;

/** Reads a graph of `ntotal` vectors, all of whose links lead to vectors that are on the same level. */
export function readGraph(reader: FieldReader, ntotal: number): StoredGraph<Int32Array> {
  const levelProbabilities = readLevelProbabilities(reader);
  const highest = levelProbabilities.length;
  const M = readLinksPerLevel(reader, highest);
  reader.exactLength("the HNSW levels", 4, ntotal, "ntotal");
  const levels = reader.int32s("the HNSW levels", ntotal);
  const wrong = levels.findIndex((level) => level < 1 || level > highest);
  if (wrong >= 0) {
    reader.fail(
      `vector ${wrong} is on ${levels[wrong]} HNSW levels, 1 to ${highest} were expected`,
    );
  }
  const links = checkOffsets(reader, levels, M);
  reader.exactLength("the HNSW neighbors", 4, links, "the sum over the levels");
  const neighbors = reader.int32s("the HNSW neighbors", links);
  const entryPoint = reader.int32("entry_point", -1, ntotal - 1);
  const maxLevel = reader.int32("max_level", -1, highest - 1);
  const efConstruction = reader.int32("efConstruction", 1);
  const efSearch = reader.int32("efSearch", 1);
  reader.skip("an unused field", 4);
  checkEntryPoint(reader, levels, entryPoint, maxLevel);
  checkLinks(reader, levels, neighbors, M);
  const settings = { M, efConstruction, efSearch, levelProbabilities };
  return { ...settings, entryPoint, maxLevel, levels, neighbors };
}

export function writeGraph(writer: FieldWriter, graph: StoredGraph<Chunks>): void {
  const { M, levels, levelProbabilities } = graph;
  writer.int64(levelProbabilities.length);
  writer.view(levelProbabilities);
  writer.int64(levelProbabilities.length + 1);
  writer.view(Int32Array.from([0, ...levelProbabilities.map((_, i) => linkCount(i + 1, M))]));
  writer.int64(levels.length);
  writer.view(levels);
  writer.int64(levels.length + 1);
  let links = 0;
  for (const { offsets, end } of offsetsOf(levels, M)) {
    writer.int64s(offsets);
    links = end;
  }
  writer.int64(links);
  writer.payload("neighbors", graph.neighbors, 4 * links);
  writer.int32(graph.entryPoint);
  writer.int32(graph.maxLevel);
  writer.int32(graph.efConstruction);
  writer.int32(graph.efSearch);
  writer.int32(1);
}

function readLevelProbabilities(reader: FieldReader): Float64Array {
  const what = "the probabilities of HNSW levels";
  const length = reader.length(what, 8);
  if (length === 0) reader.fail(`${what}: none were found, at least 1 was expected`);
  const probabilities = reader.float64s(what, length);
  const wrong = probabilities.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0) {
    reader.fail(`the probability of HNSW level ${wrong} is ${probabilities[wrong]}, not 0 to 1`);
  }
  return probabilities;
}

/** FAISS stores how many links a vector has below each level: 0, 2 M, 3 M, 4 M and so on. */
function readLinksPerLevel(reader: FieldReader, levels: number): number {
  const what = "the HNSW links below each level";
  reader.exactLength(what, 4, levels + 1, "one more than levels");
  const below = reader.int32s(what, levels + 1);
  const M = (below[1] ?? 0) / 2;
  const wrong = below.findIndex((links, i) => links !== (i === 0 ? 0 : linkCount(i, M)));
  if (wrong < 0 && M >= 1 && Number.isInteger(M)) return M;
  return reader.fail(
    `${what} are ${below.slice(0, 4).join(", ")} …, 0, 2 M, 3 M, 4 M … were expected for an M of at least 1`,
    "Build the index without set_nb_neighbors, or write the file again where it is damaged.",
  );
}

/** Where each vector's links begin, and where the last one's end, some at a time. */
function* offsetsOf(
  levels: Int32Array,
  M: number,
): Generator<{ offsets: Float64Array; end: number }> {
  let end = 0;
  for (let start = 0; start <= levels.length; start += AT_ONCE) {
    const offsets = new Float64Array(Math.min(AT_ONCE, levels.length + 1 - start));
    for (let i = 0; i < offsets.length; i++) {
      if (start + i > 0) end += linkCount(levels[start + i - 1] ?? 0, M);
      offsets[i] = end;
    }
    yield { offsets, end };
  }
}

/** Compares the file's offsets with what follows from the levels. @returns the length of all links. */
function checkOffsets(reader: FieldReader, levels: Int32Array, M: number): number {
  const what = "the HNSW offsets";
  reader.exactLength(what, 8, levels.length + 1, "ntotal + 1");
  let links = 0;
  for (const { offsets, end } of offsetsOf(levels, M)) {
    const found = reader.int64s(what, offsets.length);
    let wrong = 0;
    while (wrong < found.length && found[wrong] === offsets[wrong]) wrong++;
    if (wrong < found.length) {
      reader.fail(`an HNSW offset is ${found[wrong]}, the levels give ${offsets[wrong]}`);
    }
    links = end;
  }
  return links;
}

function checkEntryPoint(
  reader: FieldReader,
  levels: Int32Array,
  entryPoint: number,
  maxLevel: number,
): void {
  const highest = levels.reduce((most, level) => Math.max(most, level), 0) - 1;
  if (maxLevel !== highest) {
    reader.fail(`max_level is ${maxLevel}, the highest level of a vector is ${highest}`);
  }
  const level = levels.length === 0 ? entryPoint : (levels[entryPoint] ?? 0) - 1;
  if (level !== maxLevel) {
    reader.fail(`the entry point, vector ${entryPoint}, is not on level ${maxLevel}, the highest`);
  }
}

function checkLinks(
  reader: FieldReader,
  levels: Int32Array,
  neighbors: Int32Array,
  M: number,
): void {
  let at = 0;
  for (let vector = 0; vector < levels.length; vector++) {
    const onLevels = levels[vector] ?? 0;
    for (let level = 0; level < onLevels; level++) {
      for (const end = at + (level === 0 ? 2 * M : M); at < end; at++) {
        const neighbor = neighbors[at] ?? -1;
        if (neighbor === -1) continue;
        // All are on level 0: looking that up for millions of links would take milliseconds.
        const isThere = neighbor >= 0 && neighbor < levels.length;
        if (isThere && (level === 0 || (levels[neighbor] ?? 0) > level)) continue;
        reader.fail(
          `vector ${vector} has the HNSW neighbor ${neighbor} on level ${level}, -1 or a vector of this level was expected`,
        );
      }
    }
  }
}
