import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IndexFlatL2, IndexHNSWFlat, IndexIVFFlat, type VectorIndex, writeIndex } from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { expectSame, stateOf } from "./indexes/results.js";
import { vectors } from "./indexes/vectors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const D = 19;
const STORED = vectors(DATA, 300, D, 1);
const OTHERS = vectors(DATA, 250, D, 4);
const QUERIES = vectors(DATA, 12, D, 2);

describe.each(FACTORIES)("reset of $name", (factory) => {
  const make = (): VectorIndex => factory.make(D);
  /** An index with a history: ids in no order, removed and replaced vectors, a search. */
  const used = () => {
    const index = make();
    index.add(STORED);
    index.addWithIds(
      OTHERS.rows(0, 100),
      Float64Array.from(OTHERS.rows(0, 100), (_, i) => 9e9 - i),
    );
    index.removeIds(Array.from({ length: 90 }, (_, i) => 3 * i));
    index.update([1, 2, 9e9], OTHERS.rows(100, 103));
    index.search(QUERIES, 5);
    return index;
  };

  it("leaves no vector, and no memory of one", () => {
    const index = used();
    const [fresh, { memoryBytes }] = [make(), index];
    index.reset();
    expect(stateOf(index, QUERIES)).toEqual(stateOf(fresh, QUERIES));
    expect(index.has(1)).toBe(false);
    expect(index.removeIds([])).toBe(0);
    expect(index.memoryBytes).toBeLessThan(memoryBytes);
    // An inverted file's quantizer keeps its room for queries.
    expect(index.memoryBytes).toBeLessThan(fresh.memoryBytes + 2 ** 18);
  });

  it("lets it be filled, and found in, as a new one", () => {
    const [index, fresh] = [used(), make()];
    index.reset();
    for (const one of [index, fresh]) {
      one.add(OTHERS);
      one.addWithIds(
        STORED.rows(0, 20),
        Float64Array.from({ length: 20 }, (_, i) => 5000 - i),
      );
      one.removeIds([0, 7]);
    }
    expect(stateOf(index, QUERIES)).toEqual(stateOf(fresh, QUERIES));
    const filter = (id: number) => id % 3 === 0;
    expectSame(index.search(QUERIES, 9, { filter }), fresh.search(QUERIES, 9, { filter }));
  });

  it("of an index that was never filled does nothing", () => {
    for (const index of [make(), factory.create(D)]) {
      const before = stateOf(index, QUERIES);
      index.reset();
      expect(stateOf(index, QUERIES)).toEqual(before);
    }
  });
});

describe("reset", () => {
  it("keeps what was set", () => {
    const ivf = new IndexIVFFlat(new IndexFlatL2(D), D, 4);
    ivf.train(STORED);
    ivf.nprobe = 3;
    const hnsw = new IndexHNSWFlat(D, 8);
    hnsw.efSearch = 77;
    hnsw.efConstruction = 55;
    for (const index of [ivf, hnsw]) {
      index.add(STORED);
      index.reset();
    }
    expect(ivf.nprobe).toBe(3);
    expect(ivf.quantizer.ntotal).toBe(4);
    expect([hnsw.efSearch, hnsw.efConstruction]).toEqual([77, 55]);
  });

  it("lets HNSW build the graph that a new index builds", () => {
    const folder = temporaryFolder();
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    const index = new IndexHNSWFlat(D, 4);
    index.add(STORED);
    writeIndex(index, first);
    index.removeIds(index.ids().subarray(100));
    index.reset();
    index.add(STORED);
    writeIndex(index, second);
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  });

  it("keeps the threads of a flat index", () => {
    const index = new IndexFlatL2(D, { threads: 2 });
    try {
      for (const rows of [STORED, OTHERS]) {
        index.reset();
        index.add(rows);
        const one = new IndexFlatL2(D);
        one.add(rows);
        expectSame(index.search(QUERIES, 7), one.search(QUERIES, 7));
      }
    } finally {
      index.close();
    }
  });

  it("lets a scalar quantizer be trained again", () => {
    const { make } = FACTORIES.find(({ name }) => name === "IndexScalarQuantizer L2") ?? {};
    const index = make?.(D) as VectorIndex;
    index.add(STORED);
    index.reset();
    index.train(OTHERS);
    index.add(OTHERS);
    expect(index.ntotal).toBe(250);
  });
});
