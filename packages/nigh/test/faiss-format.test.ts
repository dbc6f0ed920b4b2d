import { describe, expect, it } from "vitest";
import {
  bytesOf,
  copy,
  d,
  decode,
  decodeGraph,
  decodeIndex,
  defaultLevelProbabilities,
  encode,
  errorOf,
  expected,
  floatsOf,
  MemorySource,
  type Payload,
  patched,
  readable,
  refused,
  rowOf,
  type StoredIndex,
} from "./indexes/faiss-files.js";

/** The parts of an index, outermost first. */
function partsOf(index: StoredIndex<Uint8Array>): StoredIndex<Uint8Array>[] {
  return index.type === "idMap" ? [index, index.inner] : [index];
}

describe("a file of FAISS", () => {
  it.each(readable)("$name has FAISS's kind, metric, size and parameters", (file) => {
    const index = decode(bytesOf(file.name));
    const inner = partsOf(index).at(-1);
    const kinds: Readonly<Record<string, string>> = {
      IndexFlatIP: "flat",
      IndexFlatL2: "flat",
      IndexIVFFlat: "ivfFlat",
      IndexHNSWFlat: "hnswFlat",
      IndexScalarQuantizer: "scalarQuantizer",
      IndexIDMap: "idMap",
      IndexIDMap2: "idMap",
    };
    expect(index.type).toBe(kinds[file.kind]);
    expect(index).toMatchObject({ d, metric: file.metric === "ip" ? 0 : 1, ntotal: file.ntotal });
    if (index.type === "idMap") expect(index.version).toBe(file.kind === "IndexIDMap2" ? 2 : 1);
    if (inner && "isTrained" in inner) expect(inner.isTrained).toBe(file.isTrained);
    expect(inner).toMatchObject(file.parameters);
  });

  it.each(readable)("$name holds the vectors and ids that were added", ({ name, ntotal }) => {
    const index = decode(bytesOf(name));
    if (index.type === "idMap") expect([...index.ids]).toEqual(expected.ids.slice(0, ntotal));
    const inner = index.type === "idMap" ? index.inner : index;
    const vectors = expected.vectors.slice(0, ntotal * d);
    if (inner.type === "flat") {
      expect(floatsOf(inner.vectors)).toEqual(vectors);
    } else if (inner.type === "hnswFlat") {
      expect(floatsOf(inner.storage.vectors)).toEqual(vectors);
    } else if (inner.type === "ivfFlat") {
      const found = inner.lists.flatMap(({ ids }) => [...ids]);
      expect(found.sort((a, b) => a - b)).toEqual(
        expected.ids.slice(0, ntotal).sort((a, b) => a - b),
      );
      for (const list of inner.lists) {
        const rows = [...list.ids].flatMap((id) => rowOf(expected.ids.indexOf(id)));
        expect(floatsOf(list.vectors)).toEqual(rows);
      }
    } else {
      const { vmin, vdiff, codes } = inner;
      expect(codes.length).toBe(vectors.length);
      for (const [i, code] of codes.entries()) {
        const step = (vdiff[i % d] ?? 0) / 255;
        const value = (vmin[i % d] ?? 0) + (code + 0.5) * step;
        expect(Math.abs(value - (vectors[i] ?? 0))).toBeLessThanOrEqual(step);
      }
    }
  });

  it.each(readable)("$name is written as the same bytes again", ({ name }) => {
    const bytes = bytesOf(name);
    expect(Buffer.from(encode(decode(bytes))).equals(bytes)).toBe(true);
  });

  it.each(refused)("$name is refused by a message that names $names", ({ name, names }) => {
    const error = errorOf(() => decode(bytesOf(name)));
    expect(error.code).toBe("ERR_INDEX_FORMAT");
    expect(error.message).toContain(names);
  });

  it("may go on after the index, as FAISS allows", () => {
    const bytes = Buffer.concat([bytesOf("flat-ip"), Buffer.from("more")]);
    const source = new MemorySource(bytes);
    expect(decodeIndex(source, copy).ntotal).toBe(200);
    expect(source.remaining).toBe(4);
  });

  it("of an old FAISS, with IxFl for an IndexFlat, is read", () => {
    const bytes = patched(bytesOf("flat-ip"), 3, "l".charCodeAt(0));
    expect(decode(bytes)).toEqual(decode(bytesOf("flat-ip")));
  });

  it("has an HNSW graph whose level probabilities are nigh's own, in every bit", () => {
    expect(defaultLevelProbabilities(8)).toEqual(decodeGraph("hnsw-ip").levelProbabilities);
  });

  it("has the links of an HNSW graph level by level", () => {
    const { levels, neighbors, M, entryPoint, maxLevel } = decodeGraph("hnsw-l2");
    expect(levels[entryPoint]).toBe(maxLevel + 1);
    expect(neighbors.length).toBe(levels.reduce((sum, level) => sum + (level + 1) * M, 0));
    expect(neighbors.filter((neighbor) => neighbor >= 0).length).toBeGreaterThan(200 * M);
  });
});

describe("a payload", () => {
  it("is read straight into the receiver's memory, in one piece or in several", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const roles: string[] = [];
    decodeIndex(new MemorySource(bytesOf("flat-ip")), (payload) => {
      roles.push(payload.role);
      payload.readInto(new Uint8Array(memory.buffer, 64, 100));
      payload.readInto(new Uint8Array(memory.buffer, 164, payload.byteLength - 100));
    });
    expect(roles).toEqual(["vectors"]);
    expect([...new Float32Array(memory.buffer, 64, 200 * d)]).toEqual(expected.vectors);
  });

  it("is skipped where the receiver does not read it", () => {
    const sizes = decodeIndex(new MemorySource(bytesOf("ivf-flat-l2")), ({ role, rows }) => [
      role,
      rows,
    ]);
    if (sizes.type !== "ivfFlat" || sizes.quantizer.type !== "flat") throw new Error(sizes.type);
    expect(sizes.quantizer.vectors).toEqual(["centroids", 8]);
    expect(sizes.lists.map(({ vectors }) => vectors)).toEqual(
      sizes.lists.map(({ ids }) => ["list", ids.length]),
    );
  });

  it("cannot be read beyond its end, or after its time", () => {
    const kept: Payload[] = [];
    const source = () => new MemorySource(bytesOf("sq8-l2"));
    decodeIndex(source(), (payload) => kept.push(payload));
    expect(errorOf(() => kept[0]?.readInto(new Uint8Array(1))).code).toBe("ERR_INVALID_ARGUMENT");
    const beyond = errorOf(() =>
      decodeIndex(source(), (payload) => payload.readInto(new Uint8Array(payload.byteLength + 1))),
    );
    expect(beyond.code).toBe("ERR_INVALID_ARGUMENT");
  });

  it("is written from pieces of any size and type", () => {
    const bytes = bytesOf("flat-l2");
    const values = Float32Array.from(expected.vectors);
    function* pieces() {
      yield values.subarray(0, 7);
      yield new Uint8Array(values.buffer, 28, 13);
      yield new Uint8Array(0);
      yield new Uint8Array(values.buffer, 41);
    }
    const index = { type: "flat", d, metric: 1, ntotal: 200, vectors: pieces() } as const;
    expect(Buffer.from(encode(index)).equals(bytes)).toBe(true);
  });

  it.each([0, 1, 9599, 9601])("of %i bytes is refused where 9600 are to be written", (length) => {
    const vectors = new Uint8Array(length);
    const index = { type: "flat", d, metric: 1, ntotal: 200, vectors } as const;
    expect(errorOf(() => encode(index)).code).toBe("ERR_INVALID_ARGUMENT");
  });
});
