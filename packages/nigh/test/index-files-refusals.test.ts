import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IndexFlatL2, IndexIDMap, IndexIVFFlat, NighError, readIndex, writeIndex } from "nigh";
import { describe, expect, it } from "vitest";
import {
  bytesOf,
  d,
  decode,
  decodeGraph,
  encode,
  expected,
  fixture,
  int64,
  patched,
  readable,
  refused,
  type StoredIndex,
} from "./indexes/faiss-files.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectRefusal, literally, refusal } from "./indexes/refusals.js";
import { vectors } from "./indexes/vectors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

type Inner = Extract<StoredIndex<Uint8Array>, { type: "ivfFlat" }>;
const ivf = (): Inner => decode(bytesOf("ivf-flat-l2")) as Inner;
const listsWith = (change: (ids: Float64Array, list: number) => Float64Array) =>
  encode({
    ...ivf(),
    lists: ivf().lists.map((list, i) => ({ ...list, ids: change(list.ids, i) })),
  });
/** An IndexIDMap whose ids are those of the fixtures, over an inverted file with the ids 0, 1, 2, …, as FAISS writes it. */
const mapOfIvf = (count = 200) => {
  const { metric, lists, ...rest } = ivf();
  const inner = {
    ...rest,
    metric,
    lists: lists.map((list) => ({ ...list, ids: list.ids.map((id) => expected.ids.indexOf(id)) })),
  };
  const ids = Float64Array.from(expected.ids);
  if (count < 200) inner.lists.at(-1)?.ids.fill(777, 0, 1);
  return encode({ type: "idMap", version: 1, d, metric, ntotal: 200, inner, ids });
};
const floats = (name: string, at: number, value: number) => {
  const bytes = bytesOf(name);
  return patched(bytes, at, ...new Uint8Array(Float32Array.of(value).buffer));
};

describe("readIndex", () => {
  it.each(refused)("refuses $name, naming it and $names", ({ name, names }) => {
    const refusing = refusal("ERR_INDEX_FORMAT", literally(names), literally(`${name}.faiss`));
    expectRefusal(() => readIndex(fixture(name)), refusing);
  });

  const graph = { ...decodeGraph("hnsw-empty"), levelProbabilities: Float64Array.of(1) };
  it.each([
    ["an empty file", Uint8Array.of(), /0 bytes are left/u],
    ["a text", Buffer.from('{ "some": "JSON" }'), /no index that nigh has/u],
    ["half a file", bytesOf("hnsw-l2").subarray(0, 9000), /cut off or damaged/u],
    ["2^40 vectors", patched(bytesOf("flat-ip"), 8, ...int64(2n ** 40n)), /were found/u],
    ["the same id twice in a map", twiceInMap(), /the id 1000 belongs to two vectors/u],
    ["the same id twice in a list", listsWith((ids) => ids.fill(5, 0, 2)), /the id 5 belongs to/u],
    [
      "the same id in two lists",
      listsWith((ids, list) => (list < 2 ? ids.fill(6, 0, 1) : ids)),
      /the id 6 belongs to two/u,
    ],
    ["NaN in a vector", floats("flat-l2", 45 + 4 * d, Number.NaN), /found 1 vector with NaN/u],
    ["an infinity in a vector", floats("flat-ip", 45, Infinity), /found 1 vector with NaN/u],
    [
      "NaN in a graph's vector",
      floats("hnsw-l2", bytesOf("hnsw-l2").length - 4, Number.NaN),
      /found 1 vector with NaN/u,
    ],
    ["an infinite centroid", floats("ivf-flat-l2", 98, -Infinity), /found 1 vector with NaN/u],
    ["NaN in a list's vector", nanInList(), /found 1 vector with NaN/u],
    ["2^20 + 1 lists", manyLists(2 ** 20 + 1), /"nlist" must be an integer from 1 to 1048576/u],
    ["a graph of M 1", encode({ ...graph, M: 1 }), /"M" must be an integer from 2 to 512/u],
    ["a graph of M 513", encode({ ...graph, M: 513 }), /"M" must be an integer from 2 to 512/u],
    ["an inner id beyond a map's", mapOfIvf(199), /has the id 777, .* only 200 ids/u],
  ] as const)(
    "refuses %s with ERR_INDEX_FORMAT, saying what was found and where",
    (_, bytes, found) => {
      const path = file("wrong.faiss", bytes);
      expectRefusal(() => readIndex(path), refusal("ERR_INDEX_FORMAT", found, literally(path)));
    },
  );

  it("reads a map over an inverted file, which has ids of its own", () => {
    const index = readIndex(file("map-of-ivf.faiss", mapOfIvf())) as IndexIDMap;
    expect(index.index).toBeInstanceOf(IndexIVFFlat);
    for (const [i, id] of expected.ids.entries()) {
      expect([...index.reconstruct(id)]).toEqual(expected.vectors.slice(i * d, (i + 1) * d));
    }
  });

  it("takes no memory for the empty lists that a file has", () => {
    const bytes = manyLists(2 ** 20);
    expect(bytes.length).toBeLessThan(200);
    const index = readIndex(file("many-lists.faiss", bytes)) as IndexIVFFlat;
    expect(index.nlist).toBe(2 ** 20);
    expect(index.memoryBytes).toBeLessThan(65_536);
  });

  it.each(["missing.faiss", "."])("answers %s with ERR_FILE and its path", (name) => {
    const path = join(folder, name);
    expectRefusal(() => readIndex(path), refusal("ERR_FILE", literally(path)));
  });

  it.each([undefined, "", 7, null])("refuses %s as a path", (path) => {
    const refusing = refusal("ERR_INVALID_ARGUMENT", /the path must be a string, found/u);
    expectRefusal(() => readIndex(path as string), refusing);
    expectRefusal(() => writeIndex(new IndexFlatL2(2), path as string), refusing);
  });

  const damaged = ["flat-ip", "ivf-flat-sparse", "hnsw-empty", "id-map-hnsw", "sq8-ip"];
  it.each(readable.filter(({ name }) => damaged.includes(name)))(
    "reads or refuses $name with any byte changed, and what it reads can be searched",
    ({ name }) => {
      const bytes = bytesOf(name);
      const query = vectors("normalised", 1, d, 1);
      const path = join(folder, "damaged.faiss");
      const outcomes = new Map<string, number>();
      // Fields are at the start; of numbers every 29th byte.
      for (let at = 0; at < bytes.length; at += at < 400 ? 1 : 29) {
        for (const value of [0xff, (bytes[at] as number) ^ 1, 0]) {
          writeFileSync(path, patched(bytes, at, value));
          const outcome = outcomeOf(() => {
            const index = readIndex(path);
            if (index.d === d && index.isTrained) index.search(query, 3);
          });
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      }
      expect([...outcomes.keys()].sort()).toEqual(["ERR_INDEX_FORMAT", "ok"]);
    },
  );
});

describe("writeIndex", () => {
  it("answers a folder that is not there with ERR_FILE and the path", () => {
    const path = join(folder, "nowhere", "index.faiss");
    expectRefusal(() => writeIndex(new IndexFlatL2(2), path), refusal("ERR_FILE", literally(path)));
  });

  it("leaves the file that was there, and nothing else, when it throws in the middle", () => {
    /** Loses its last vectors when 200 KB are written. */
    class Failing extends IndexFlatL2 {
      protected override vectorOf(ordinal: number): Float32Array {
        if (ordinal === 400) throw new Error("vector 400 is lost");
        return super.vectorOf(ordinal);
      }
    }
    const own = temporaryFolder();
    const path = join(own, "index.faiss");
    const index = new IndexFlatL2(128);
    index.add(vectors("normalised", 10, 128, 1));
    writeIndex(index, path);
    const before = readFileSync(path);
    const failing = new Failing(128);
    failing.add(vectors("normalised", 500, 128, 1));
    expect(() => writeIndex(failing, path)).toThrow("vector 400 is lost");
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(own)).toEqual(["index.faiss"]);
  });

  it.each([
    ["no index", {}, /expected an index, such as new IndexFlatIP\(d\), found/u],
    ["an index of another library", new PlainIndex(3, 0), /expected an index/u],
    ["a map of such", new IndexIDMap(new PlainIndex(3, 0)), /must be one of nigh's own/u],
    ["an inverted file with such a quantizer", ofPlain(), /the quantizer is/u],
  ])("refuses %s", (_, index, says) => {
    const path = join(folder, "refused.faiss");
    const refusing = refusal("ERR_INVALID_ARGUMENT", says);
    expectRefusal(() => writeIndex(index as IndexFlatL2, path), refusing);
    expect(readdirSync(folder)).not.toContain("refused.faiss");
  });
});

function ofPlain(): IndexIVFFlat {
  const index = new IndexIVFFlat(new PlainIndex(3, 1), 3, 2);
  index.train(vectors("normalised", 80, 3, 1));
  return index;
}

function twiceInMap(): Uint8Array {
  const index = decode(bytesOf("id-map-flat"));
  if (index.type !== "idMap") throw new Error(index.type);
  return encode({ ...index, ids: index.ids.map((id) => (id === 1007 ? 1000 : id)) });
}

function nanInList(): Uint8Array {
  const [list, ...others] = ivf().lists;
  if (list === undefined) throw new Error("no lists");
  const numbers = list.vectors.slice();
  new Float32Array(numbers.buffer)[d] = Number.NaN;
  return encode({ ...ivf(), lists: [{ ...list, vectors: numbers }, ...others] });
}

function manyLists(nlist: number): Uint8Array {
  const index = decode(bytesOf("ivf-flat-untrained"));
  if (index.type !== "ivfFlat") throw new Error(index.type);
  return encode({ ...index, nlist });
}

function outcomeOf(work: () => void): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof NighError) return error.code;
    throw error;
  }
}
