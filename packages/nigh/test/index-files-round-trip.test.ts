import { join } from "node:path";
import {
  IndexFlatL2,
  IndexHNSWFlat,
  IndexIDMap,
  IndexIVFFlat,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  readIndex,
  type VectorIndex,
  writeIndex,
} from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES, type Factory } from "./indexes/factories.js";
import { HISTORIES, ODD_IDS } from "./indexes/histories.js";
import { expectSame, recallOf, stateOf } from "./indexes/results.js";
import { rowsOf, vectors } from "./indexes/vectors.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const D = 20;
const queries = vectors(DATA, 9, D, 3);

/** The index as it comes back from a file. */
function written(index: VectorIndex): VectorIndex {
  const path = join(temporaryFolder(), "index.faiss");
  writeIndex(index, path);
  return readIndex(path);
}

const innerOf = (index: VectorIndex) => (index instanceof IndexIDMap ? index.index : index);
const settingsOf = (index: VectorIndex) => {
  const { nlist, nprobe, M, efConstruction, efSearch } = index as Partial<
    IndexIVFFlat & IndexHNSWFlat
  >;
  return { nlist, nprobe, M, efConstruction, efSearch };
};

describe.each(FACTORIES)("$name, written and read", (factory: Factory) => {
  it.each(HISTORIES)("holds and finds the same $name", ({ fill }) => {
    const index = fill(factory.make(D));
    const before = stateOf(index, queries);
    const back = written(index);
    expect(stateOf(back, queries)).toEqual(before);
    expect(stateOf(index, queries)).toEqual(before);
    expect(back).toMatchObject({ d: D, metric: index.metric });
    expect(settingsOf(innerOf(back))).toEqual(settingsOf(innerOf(index)));
  });

  it.each(HISTORIES)("takes, replaces and removes vectors as before $name", ({ fill }) => {
    const index = fill(factory.make(D));
    const back = written(index);
    const more = vectors(DATA, 80, D, 8);
    const ids = Array.from({ length: 80 }, (_, i) => 1_000_000 + ((7 * i) % 80));
    for (const one of [index, back]) {
      one.addWithIds(more, ids);
      one.update(ids.slice(3, 20), rowsOf(more, 40, 57));
      one.removeIds(ids.slice(10, 30));
    }
    expect(stateOf(back, queries)).toEqual(stateOf(index, queries));
  });

  it("is of the class that it was, in an IndexIDMap where its ids are not 0, 1, 2, …", () => {
    const index = factory.make(D);
    index.addWithIds(vectors(DATA, 3, D, 1), [5, 3, 9]);
    const back = written(index);
    const keepsIds = innerOf(index) instanceof IndexIVFFlat;
    expect(back instanceof IndexIDMap).toBe(!keepsIds);
    expect(innerOf(back).constructor).toBe(innerOf(index).constructor);
  });
});

const toTrain = FACTORIES.filter(({ trainingPoints }) => trainingPoints > 0);
describe.each(toTrain)("$name, written and read before it was trained", (factory: Factory) => {
  it("is as untrained as it was, and can be trained", () => {
    const back = written(factory.create(D));
    expect(back).toMatchObject({ d: D, metric: factory.metric, ntotal: 0, isTrained: false });
    back.train(vectors(DATA, 300, D, 1001));
    back.add(vectors(DATA, 50, D, 2));
    expect(back.search(queries, 1).labels).not.toContain(-1);
  });
});

describe.each([
  ["inner product", METRIC_INNER_PRODUCT],
  ["L2", METRIC_L2],
] as const)("a graph of 5,000 vectors, %s, written and read", (_, metric) => {
  const data = vectors("lowRank", 5000, D, 11);
  const asked = vectors("lowRank", 60, D, 12);
  const graph = () => {
    const index = new IndexHNSWFlat(D, 8, metric, { seed: 7 });
    index.efConstruction = 60;
    index.add(data);
    return index;
  };
  /** A walk, not a scan: these differ from exact results. */
  const walk = (index: VectorIndex) => index.search(asked, 10, { efSearch: 12 });

  it("is walked as before, step by step", () => {
    const index = graph();
    const exact = index.search(asked, 10, { efSearch: 5000 });
    expect(recallOf(walk(index), exact, 10)).toBeLessThan(1);
    expectSame(walk(written(index)), walk(index));
  });

  it("has lost its removed vectors, and the links to them are mended", () => {
    const index = graph();
    const removed = Array.from({ length: 250 }, (_, i) => 20 * i);
    index.removeIds(removed);
    const back = written(index);
    expect(back.ntotal).toBe(4750);
    expect(removed.some((id) => back.has(id))).toBe(false);
    expectSame(walk(back), walk(index));
    const exact = back.search(asked, 10, { efSearch: 5000 });
    expect(recallOf(walk(back), exact, 10)).toBeGreaterThan(0.85);
  });
});

describe("an inverted file with a graph over its centroids, written and read", () => {
  it("probes the same lists", () => {
    const quantizer = new IndexHNSWFlat(D, 8);
    const index = new IndexIVFFlat(quantizer, D, 16, METRIC_L2);
    index.train(vectors(DATA, 700, D, 1));
    index.addWithIds(vectors(DATA, 300, D, 2), ODD_IDS);
    index.nprobe = 2;
    quantizer.efSearch = 21;
    const back = written(index) as IndexIVFFlat;
    expect(stateOf(back, queries)).toEqual(stateOf(index, queries));
    expect(back.nprobe).toBe(2);
    expect(back.quantizer).toMatchObject({ M: 8, efSearch: 21, ntotal: 16 });
  });
});

describe("maps of maps", () => {
  it("come back as one", () => {
    const index = new IndexIDMap(new IndexIDMap(new IndexFlatL2(D)));
    index.addWithIds(vectors(DATA, 300, D, 2), ODD_IDS);
    const back = written(index) as IndexIDMap;
    expect(back.index).toBeInstanceOf(IndexFlatL2);
    expect(stateOf(back, queries)).toEqual(stateOf(index, queries));
  });
});
