import { Matrix, METRIC_L2, type VectorIndex } from "nigh";
import { describe, expect, it } from "vitest";
import { DATA, FACTORIES } from "./indexes/factories.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectRefusal, refusal } from "./indexes/refusals.js";
import {
  expectSame,
  expectSameRange,
  expectSound,
  expectSoundRange,
  recallOf,
  stateOf,
} from "./indexes/results.js";
import { bitsOf, rowsOf, vectors } from "./indexes/vectors.js";

const D = 19;
const STORED = vectors(DATA, 300, D, 1);
const QUERIES = vectors(DATA, 12, D, 2);

describe.each(FACTORIES)("$name", (factory) => {
  const { metric, exact } = factory;
  const make = () => factory.make(D);
  const worst = metric === METRIC_L2 ? Infinity : -Infinity;

  /** The index and its reference with the same vectors. */
  const filled = (): { index: VectorIndex; plain: PlainIndex } => {
    const index = make();
    const plain = new PlainIndex(D, metric);
    for (const one of [index, plain]) one.add(STORED);
    return { index, plain };
  };

  it("is empty at first, and finds nothing", () => {
    const index = make();
    expect([index.d, index.metric, index.ntotal, index.isTrained]).toEqual([D, metric, 0, true]);
    expect([...index.ids()]).toEqual([]);
    expect(index.has(0)).toBe(false);
    expect(index.search(QUERIES, 3)).toEqual({
      distances: new Float32Array(36).fill(worst),
      labels: new Float64Array(36).fill(-1),
    });
    const range = index.rangeSearch(QUERIES, metric === METRIC_L2 ? 1e30 : -1e30);
    expect([...range.limits]).toEqual(new Array(13).fill(0));
    expect(range.labels.length).toBe(0);
  });

  it("must be trained first when it learns from vectors, and only then", () => {
    const index = factory.create(D);
    expect(index.isTrained).toBe(factory.trainingPoints === 0);
    index.train(STORED);
    expect([index.isTrained, index.ntotal]).toEqual([true, 0]);
  });

  describe("add", () => {
    it("gives ids from 0 on, in the order of adding", () => {
      const index = make();
      index.add(rowsOf(STORED, 0, 3));
      index.add(rowsOf(STORED, 3, 5));
      expect(index.ntotal).toBe(5);
      expect([...index.ids()]).toEqual([0, 1, 2, 3, 4]);
      expect([index.has(4), index.has(5), index.has(-1), index.has(0.5)]).toEqual([
        true,
        false,
        false,
        false,
      ]);
    });

    it("goes on from the highest id that there ever was", () => {
      const index = make();
      index.addWithIds(rowsOf(STORED, 0, 3), [7, 1000, 3]);
      index.add(rowsOf(STORED, 3, 4));
      expect([...index.ids()]).toEqual([3, 7, 1000, 1001]);
      index.removeIds([1001, 1000]);
      index.add(rowsOf(STORED, 4, 5));
      expect([...index.ids()]).toEqual([3, 7, 1002]);
    });

    it("takes a Matrix, a Float32Array[] and a number[][] alike", () => {
      const forms = [STORED, [...STORED], STORED.toArray()].map((form) => {
        const index = make();
        index.add(form);
        return stateOf(index, QUERIES);
      });
      expect(forms[1]).toEqual(forms[0]);
      expect(forms[2]).toEqual(forms[0]);
    });

    it("keeps a copy of what it is given", () => {
      const { index } = filled();
      const mine = new Matrix(STORED.data.slice(), 300, D);
      const other = make();
      other.add(mine);
      mine.data.fill(5);
      expect(stateOf(other, QUERIES)).toEqual(stateOf(index, QUERIES));
    });

    it("of no vectors changes nothing", () => {
      const { index } = filled();
      const before = stateOf(index, QUERIES);
      index.add([]);
      index.add(Matrix.zeros(0, D));
      index.addWithIds([], []);
      index.update([], []);
      expect(index.removeIds([])).toBe(0);
      expect(stateOf(index, QUERIES)).toEqual(before);
    });

    it("finds the same whether vectors come at once or in parts", () => {
      const { index, plain } = filled();
      const parts = make();
      for (const [from, to] of [
        [0, 1],
        [1, 4],
        [4, 299],
        [299, 300],
      ] as const) {
        parts.add(rowsOf(STORED, from, to));
      }
      if (exact) expectSame(parts.search(QUERIES, 10), index.search(QUERIES, 10));
      const recall = recallOf(parts.search(QUERIES, 10), plain.search(QUERIES, 10), 10);
      expect(recall).toBeGreaterThanOrEqual(factory.recall);
    });
  });

  describe("addWithIds", () => {
    it("takes ids in any order and number type, up to 2^53 - 1", () => {
      const index = make();
      const highest = Number.MAX_SAFE_INTEGER;
      index.addWithIds(rowsOf(STORED, 0, 3), [2 ** 40, 5, highest - 1]);
      index.addWithIds(rowsOf(STORED, 3, 4), Float64Array.of(2 ** 32));
      index.addWithIds(rowsOf(STORED, 4, 5), Int32Array.of(2 ** 31 - 1));
      index.addWithIds(rowsOf(STORED, 5, 6), Uint32Array.of(2 ** 32 - 1));
      const ids = [5, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40, highest - 1];
      expect([...index.ids()]).toEqual(ids);
      expect([...index.search(rowsOf(STORED, 0, 1), 6).labels].sort((a, b) => a - b)).toEqual(ids);
      index.add(rowsOf(STORED, 6, 7));
      expect(index.has(highest)).toBe(true);
      expectRefusal(() => index.add(STORED), refusal("ERR_INVALID_ARGUMENT", /id/u));
      expect(index.ntotal).toBe(7);
    });
  });

  describe("search", () => {
    it("gives k different ids a query, the best first, at their true distances", () => {
      const { index } = filled();
      for (const k of [1, 2, 10, 299]) {
        expectSound(index, QUERIES, k, index.search(QUERIES, k));
      }
    });

    it(`finds what comparing every vector finds${exact ? "" : ", nearly always"}`, () => {
      const { index, plain } = filled();
      const found = index.search(QUERIES, 10);
      const wanted = plain.search(QUERIES, 10);
      if (exact) expectSame(found, wanted);
      expect(recallOf(found, wanted, 10)).toBeGreaterThanOrEqual(factory.recall);
    });

    it("gives all, then -1 and infinite distances, when k is more than there are", () => {
      const { index, plain } = filled();
      const found = index.search(QUERIES, 310);
      expectSound(index, QUERIES, 310, found);
      if (exact) expectSame(found, plain.search(QUERIES, 310));
    });

    it("orders equal distances by the lower id", () => {
      const index = make();
      const plain = new PlainIndex(D, metric);
      const copies = vectors("duplicates", 40, D, 3);
      const ids = Array.from({ length: 40 }, (_, i) => (i * 37) % 101);
      for (const one of [index, plain]) one.addWithIds(copies, ids);
      for (const k of [1, 3, 17, 40]) {
        const found = index.search(QUERIES, k);
        expectSound(index, QUERIES, k, found);
        if (exact) expectSame(found, plain.search(QUERIES, k));
      }
    });

    it("answers many queries as it answers each", () => {
      const { index } = filled();
      const together = index.search(QUERIES, 5);
      for (const [q, query] of [...QUERIES].entries()) {
        expectSame(index.search([query], 5), {
          labels: together.labels.slice(q * 5, q * 5 + 5),
          distances: together.distances.slice(q * 5, q * 5 + 5),
        });
      }
    });

    it("gives arrays that later calls leave as they are", () => {
      const { index } = filled();
      const found = index.search(QUERIES, 5);
      const copy = { labels: found.labels.slice(), distances: found.distances.slice() };
      index.search(rowsOf(STORED, 0, 12), 5);
      index.search(STORED, 5);
      index.removeIds(index.ids().slice(0, 100));
      index.add(STORED);
      expectSame(found, copy);
    });

    it("changes nothing, and gives the same again", () => {
      const { index } = filled();
      const before = stateOf(index, QUERIES);
      index.search(STORED, 3);
      index.rangeSearch(QUERIES, 0.5);
      expect(stateOf(index, QUERIES)).toEqual(before);
    });

    it("of no queries gives empty arrays", () => {
      const { index } = filled();
      const { distances, labels } = index.search([], 5);
      expect([distances.length, labels.length]).toEqual([0, 0]);
      const range = index.rangeSearch(Matrix.zeros(0, D), 0.5);
      expect([[...range.limits], range.labels.length]).toEqual([[0], 0]);
    });
  });

  describe("rangeSearch", () => {
    it("gives everything nearer than the radius, the best first", () => {
      const { index, plain } = filled();
      const all = plain.search(QUERIES, 300).distances;
      for (const rank of [0, 1, 20, 150]) {
        const radius = all[rank] as number;
        const found = index.rangeSearch(QUERIES, radius);
        expectSoundRange(index, QUERIES, radius, found);
        if (exact) expectSameRange(found, plain.rangeSearch(QUERIES, radius));
      }
    });

    it("leaves out what is exactly at the radius", () => {
      const { index } = filled();
      const query = rowsOf(QUERIES, 0, 1);
      const { distances } = index.search(query, 20);
      const radius = distances[19] as number;
      const found = index.rangeSearch(query, radius);
      expect([...found.distances]).not.toContain(radius);
      if (exact) {
        const nearer = [...distances].filter((distance) => distance !== radius);
        expect([...found.distances]).toEqual(nearer);
      }
    });

    it(`finds ${exact ? "all" : "nearly all"} of them`, () => {
      const { index, plain } = filled();
      const radius = plain.search(QUERIES, 30).distances[29] as number;
      const wanted = plain.rangeSearch(QUERIES, radius).labels.length;
      const found = index.rangeSearch(QUERIES, radius).labels.length;
      // Codes move a vector over the radius in either direction.
      expect(Math.abs(found - wanted) / wanted).toBeLessThanOrEqual(1 - factory.recall);
    });

    it("gives nothing where nothing is so near, and all where all is", () => {
      const { index } = filled();
      const [none, all] = metric === METRIC_L2 ? [0, 1e6] : [1e6, -1e6];
      expect(index.rangeSearch(QUERIES, none).labels.length).toBe(0);
      const { limits, labels } = index.rangeSearch(rowsOf(QUERIES, 0, 2), all);
      if (exact) expect([...limits]).toEqual([0, 300, 600]);
      expect(labels.length).toBeGreaterThanOrEqual(600 * (factory.recall - 0.5));
    });
  });

  it("reconstructs what it stores, as a copy of its own", () => {
    const { index } = filled();
    const before = stateOf(index, QUERIES);
    for (const i of [0, 17, 299]) {
      const vector = index.reconstruct(i);
      expect(vector).toBeInstanceOf(Float32Array);
      const stored = STORED.row(i);
      if (factory.storedWithin === 0) expect(bitsOf(vector)).toEqual(bitsOf(stored));
      const off = Math.max(...vector.map((x, j) => Math.abs(x - (stored[j] as number))));
      expect(off).toBeLessThanOrEqual(factory.storedWithin);
      vector.fill(9);
    }
    expect(stateOf(index, QUERIES)).toEqual(before);
  });
});
