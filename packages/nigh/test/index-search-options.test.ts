import { IndexFlatL2, IndexHNSWFlat, IndexIDMap, IndexIVFFlat, METRIC_L2 } from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectRefusal, literally, refusal } from "./indexes/refusals.js";
import { expectSame, expectSound, recallOf, stateOf } from "./indexes/results.js";
import { vectors } from "./indexes/vectors.js";

const D = 19;
const STORED = vectors("normalised", 500, D, 1);
const QUERIES = vectors("normalised", 20, D, 2);
const NLIST = 20;

const plain = new PlainIndex(D, METRIC_L2);
plain.add(STORED);
const wanted = plain.search(QUERIES, 10);

function ivf(): IndexIVFFlat {
  const index = new IndexIVFFlat(new IndexFlatL2(D), D, NLIST, METRIC_L2);
  index.train(STORED);
  index.add(STORED);
  return index;
}

function hnsw(): IndexHNSWFlat {
  const index = new IndexHNSWFlat(D, 8, METRIC_L2);
  index.add(STORED);
  return index;
}

describe("nprobe", () => {
  it("is 1 at first, as in FAISS", () => {
    expect([ivf().nprobe, ivf().nlist]).toEqual([1, NLIST]);
  });

  it("finds more the more lists are looked into, and all with every list", () => {
    const index = ivf();
    const recalls = [1, 4, 10, NLIST].map((nprobe) =>
      recallOf(index.search(QUERIES, 10, { nprobe }), wanted, 10),
    );
    expect(recalls).toEqual(recalls.toSorted((a, b) => a - b));
    expect(recalls[0]).toBeLessThan(0.9);
    expectSame(index.search(QUERIES, 10, { nprobe: NLIST }), wanted);
  });

  it("as an option does what the property does, for one search", () => {
    const index = ivf();
    const option = index.search(QUERIES, 10, { nprobe: 5 });
    expect(index.nprobe).toBe(1);
    index.nprobe = 5;
    expectSame(index.search(QUERIES, 10), option);
    const radius = wanted.distances[9] as number;
    const range = index.rangeSearch(QUERIES, radius);
    index.nprobe = 1;
    expect(index.rangeSearch(QUERIES, radius, { nprobe: 5 })).toEqual(range);
  });

  it("above nlist means every list, as in FAISS", () => {
    const index = ivf();
    expectSame(index.search(QUERIES, 10, { nprobe: 1000 }), wanted);
    index.nprobe = NLIST + 1;
    expectSame(index.search(QUERIES, 10), wanted);
  });

  it("of 1 still gives k results when there are k, with a filter or without", () => {
    const index = ivf();
    expectSound(index, QUERIES, 400, index.search(QUERIES, 400, { nprobe: 1 }));
    const filter = (id: number) => id % 50 === 3;
    const found = index.search(QUERIES, 10, { nprobe: 1, filter });
    const kept = [...index.ids()].filter(filter);
    expectSound(index, QUERIES, 10, found, kept);
  });

  it("is passed on by an IndexIDMap", () => {
    const index = new IndexIDMap(ivf());
    expectSame(index.search(QUERIES, 10, { nprobe: NLIST }), wanted);
  });
});

describe("efSearch", () => {
  it("is 16 at first, and efConstruction 40, as in FAISS", () => {
    expect([hnsw().efSearch, hnsw().efConstruction]).toEqual([16, 40]);
  });

  it("finds more the more candidates are kept", () => {
    const index = hnsw();
    const recalls = [1, 40, 500].map((efSearch) =>
      recallOf(index.search(QUERIES, 10, { efSearch }), wanted, 10),
    );
    expect(recalls).toEqual(recalls.toSorted((a, b) => a - b));
    expect(recalls[2]).toBeGreaterThanOrEqual(0.99);
  });

  it("as an option does what the property does, for one search", () => {
    const index = hnsw();
    const option = index.search(QUERIES, 10, { efSearch: 77 });
    expect(index.efSearch).toBe(16);
    index.efSearch = 77;
    expectSame(index.search(QUERIES, 10), option);
  });

  it("below k still gives k results when there are k", () => {
    const index = hnsw();
    expectSound(index, QUERIES, 400, index.search(QUERIES, 400, { efSearch: 1 }));
  });

  it("is passed on by an IndexIDMap", () => {
    const inner = hnsw();
    const option = inner.search(QUERIES, 10, { efSearch: 77 });
    expectSame(new IndexIDMap(inner).search(QUERIES, 10, { efSearch: 77 }), option);
  });
});

describe.each(FACTORIES)("$name", (factory) => {
  const filled = () => {
    const index = factory.make(D);
    index.add(vectors(DATA, 100, D, 3));
    return index;
  };

  it("refuses options that it does not know, with the nearest name", () => {
    const index = filled();
    const before = stateOf(index, QUERIES);
    const unknown = refusal("ERR_UNKNOWN_OPTION", /"filtr"/u, /Did you mean "filter"\?/u, /Known/u);
    const options = { filtr: () => true } as never;
    expectRefusal(() => index.search(QUERIES, 3, options), unknown);
    expectRefusal(() => index.rangeSearch(QUERIES, 3, options), unknown);
    expect(stateOf(index, QUERIES)).toEqual(before);
  });

  it.each(["nprobe", "efSearch"] as const)(
    "takes %s when it has it, refuses it otherwise",
    (name) => {
      const index = filled();
      const search = () => index.search(QUERIES, 3, { [name]: 3 });
      if (factory.options.includes(name)) expectSound(index, QUERIES, 3, search());
      else expectRefusal(search, refusal("ERR_UNKNOWN_OPTION", literally(`"${name}"`), /filter/u));
    },
  );

  it.each(factory.options)("refuses %s below 1, or that is no integer", (name) => {
    const index = filled();
    const before = stateOf(index, QUERIES);
    for (const value of [0, -1, 1.5, Number.NaN, Infinity, "3"]) {
      const options = { [name]: value } as never;
      const wrong = refusal(
        "ERR_INVALID_ARGUMENT",
        literally(`"${name}"`),
        /integer|at least 1|from 1/u,
        literally(value),
      );
      expectRefusal(() => index.search(QUERIES, 3, options), wrong);
      expectRefusal(() => index.rangeSearch(QUERIES, 3, options), wrong);
    }
    expect(stateOf(index, QUERIES)).toEqual(before);
  });

  it.each([
    ["null", null],
    ["a number", 3],
    ["a list", []],
  ])("refuses %s as options", (_, options) => {
    const index = filled();
    const wrong = refusal("ERR_INVALID_ARGUMENT", /options must be an object/u);
    expectRefusal(() => index.search(QUERIES, 3, options as never), wrong);
  });

  it("takes options that are undefined as not given", () => {
    const index = filled();
    const options = { filter: undefined, [factory.options[0] ?? "filter"]: undefined };
    expectSame(index.search(QUERIES, 3, options), index.search(QUERIES, 3));
  });
});
