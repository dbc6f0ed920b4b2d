import { describe, expect, it } from "vitest";
import {
  bytesOf,
  d,
  decode,
  decodeGraph,
  encode,
  errorOf,
  int32,
  int64,
  patched,
} from "./indexes/faiss-files.js";

describe("a file with one thing wrong", () => {
  // Offsets of fields in flat: ntotal 4+4, is_trained 32, metric 33, length 37. IVF: nlist 37, nprobe 45.
  it.each([
    ["no bytes", Uint8Array.of(), /0 bytes are left/],
    ["text", Buffer.from('{\n "some": "JSON" }'), /"\{\\n \\""/],
    ["2^40 vectors", patched(bytesOf("flat-ip"), 8, ...int64(2n ** 40n)), /2400 were found/],
    [
      "2^40 values",
      patched(patched(bytesOf("flat-ip"), 8, ...int64(2n ** 40n)), 37, ...int64(12n * 2n ** 40n)),
      /9600 bytes are left/,
    ],
    ["a negative ntotal", patched(bytesOf("flat-ip"), 8, ...int64(-1n)), /ntotal is -1/],
    ["d of 0", patched(bytesOf("flat-ip"), 4, ...int32(0)), /d is 0/],
    ["is_trained of 7", patched(bytesOf("flat-ip"), 32, 7), /is_trained is 7/],
    ["an untrained flat index", patched(bytesOf("flat-ip"), 32, 0), /is_trained is false/],
    ["another metric than its code", patched(bytesOf("flat-ip"), 33, 1), /metric .* is 1, 0 was/],
    ["METRIC_Jaccard", patched(bytesOf("flat-ip"), 33, 23), /METRIC_Jaccard/],
    ["no lists", patched(bytesOf("ivf-flat-ip"), 37, ...int64(0n)), /nlist is 0/],
    ["2^60 lists", patched(bytesOf("ivf-flat-untrained"), 37, ...int64(2n ** 60n)), /nlist is 115/],
    ["other lists than centroids", patched(bytesOf("ivf-flat-ip"), 37, 9), /8 centroids, 9 were/],
    ["nprobe of 0", patched(bytesOf("ivf-flat-ip"), 45, 0), /nprobe is 0/],
    ["an ntotal that its lists do not sum to", patched(bytesOf("ivf-flat-ip"), 8, 199), /have 200/],
    [
      "a quantizer of another kind",
      patched(bytesOf("ivf-flat-ip"), 53, 0x49, 0x78, 0x50, 0x71),
      /IndexPQ/,
    ],
  ] as const)("with %s says so", (_, bytes, message) => {
    const error = errorOf(() => decode(bytes));
    expect(error.code).toBe("ERR_INDEX_FORMAT");
    expect(error.message).toMatch(message);
  });

  const ivf = (name: string) => {
    const index = decode(bytesOf(name));
    if (index.type !== "ivfFlat" || index.quantizer.type !== "flat") throw new Error(index.type);
    return { ...index, quantizer: index.quantizer };
  };
  const idMap = () => {
    const index = decode(bytesOf("id-map-flat"));
    if (index.type !== "idMap") throw new Error(index.type);
    return index;
  };
  const after = (name: string, code: string) => Buffer.from(bytesOf(name)).indexOf(code) + 4;
  // The HNSW offsets lie behind the probabilities, the links below each level, and 200 levels.
  const offsets = 37 + 8 + 12 * decodeGraph("hnsw-l2").levelProbabilities.length + 12 + 808 + 8;
  it.each([
    [
      "a quantizer of other dimensions",
      encode({
        ...ivf("ivf-flat-ip"),
        quantizer: { ...ivf("ivf-flat-ip").quantizer, d: 1, ntotal: 96 },
      }),
      /quantizer has d 1/,
    ],
    [
      "inverted lists out of order",
      encode({ ...ivf("ivf-flat-sparse"), lists: ivf("ivf-flat-sparse").lists.toReversed() }),
      /inverted list \d+ follows list \d+/,
    ],
    [
      "an inverted list beyond the last",
      patched(bytesOf("ivf-flat-sparse"), after("ivf-flat-sparse", "sprs") + 8, 40),
      /inverted list 40/,
    ],
    [
      "half a pair of list and size",
      patched(bytesOf("ivf-flat-sparse"), after("ivf-flat-sparse", "sprs"), 3),
      /3 numbers, pairs/,
    ],
    [
      "inverted lists on disk",
      patched(bytesOf("ivf-flat-ip"), after("ivf-flat-ip", "ilar") - 2, ...Buffer.from("od")),
      /"ilod" \(on disk/,
    ],
    ["an IndexIDMap of another size", encode({ ...idMap(), ntotal: 199 }), /has ntotal 200/],
    ["an id too few", encode({ ...idMap(), ids: idMap().ids.subarray(1) }), /ids: 199 were found/],
    ["a quantizer of d 13", patched(bytesOf("sq8-l2"), 49, 13), /d of the quantizer is 13/],
    ["vmin of infinity", patched(bytesOf("sq8-l2"), 73, 0, 0, 0x80, 0x7f), /not finite/],
    ["another HNSW offset", patched(bytesOf("hnsw-l2"), offsets + 8, 17), /offset is 17, .* give/],
  ])("%s: the message says which", (_, bytes, message) => {
    const error = errorOf(() => decode(bytes));
    expect(error.code).toBe("ERR_INDEX_FORMAT");
    expect(error.message).toMatch(message);
  });

  it("30,000 indexes inside each other are refused", () => {
    const header = bytesOf("id-map-flat").slice(0, 37);
    const nested = Buffer.concat(Array.from({ length: 30_000 }, () => header));
    expect(errorOf(() => decode(nested)).message).toContain('"IxMp"');
  });

  const graph = () => decodeGraph("hnsw-l2");
  const low = graph().levels.indexOf(1);
  it.each([
    ["a neighbor beyond the last", { neighbors: graph().neighbors.with(0, 200) }, /neighbor 200/],
    ["a neighbor of -2", { neighbors: graph().neighbors.with(0, -2) }, /neighbor -2/],
    ["no entry point", { entryPoint: -1 }, /entry point, vector -1/],
    ["an entry point that is not on top", { entryPoint: low }, /is not on level/],
    ["an entry point beyond the last", { entryPoint: 200 }, /entry_point is 200/],
    ["a lower top level", { maxLevel: graph().maxLevel - 1 }, /max_level is/],
    ["a vector on no level", { levels: graph().levels.with(low, 0) }, /is on 0 HNSW levels/],
    ["efSearch of 0", { efSearch: 0 }, /efSearch is 0/],
    [
      "storage of another size",
      { storage: { ...graph().storage, ntotal: 1, vectors: new Uint8Array(4 * d) } },
      /storage has ntotal 1/,
    ],
    [
      "storage of another metric",
      { storage: { ...graph().storage, metric: 0 as const } },
      /storage has metric 0/,
    ],
  ])("HNSW with %s: the message says so", (_, change, message) => {
    const index = { ...graph(), ...change };
    const links = index.levels.reduce((sum, level) => sum + (level + 1) * index.M, 0);
    const bytes = encode({ ...index, neighbors: index.neighbors.subarray(0, links) });
    const error = errorOf(() => decode(bytes));
    expect(error.code).toBe("ERR_INDEX_FORMAT");
    expect(error.message).toMatch(message);
  });

  it("HNSW with a link to a vector that is not on the level: the message says so", () => {
    const { levels, neighbors, M, ...rest } = graph();
    const vector = levels.findIndex((level) => level > 1);
    const start = levels.subarray(0, vector).reduce((sum, level) => sum + (level + 1) * M, 0);
    const wrong = neighbors.with(start + 2 * M, low);
    const bytes = encode({ ...rest, levels, M, neighbors: wrong });
    expect(errorOf(() => decode(bytes)).message).toContain(`neighbor ${low} on level 1`);
  });
});
