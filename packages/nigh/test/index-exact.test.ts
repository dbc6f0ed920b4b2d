import fc from "fast-check";
import {
  IndexFlatIP,
  IndexFlatL2,
  IndexHNSWFlat,
  type Matrix,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type Metric,
  type VectorIndex,
} from "nigh";
import { describe, expect, it } from "vitest";
import { dotFloats, squaredDistanceFloats } from "../src/kernels/plain-float-distance.js";
import { PlainIndex } from "./indexes/plain-index.js";
import { expectSame, expectSameRange } from "./indexes/results.js";
import { KINDS, type Kind, random, rowsOf, vectors } from "./indexes/vectors.js";

const DIMENSIONS = [
  1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 300, 384, 768,
];

/** More candidates than there are vectors: comparing all of these is cheaper than to walk. */
function scanning(metric: Metric): (d: number) => VectorIndex {
  return (d) => {
    const index = new IndexHNSWFlat(d, 2, metric);
    index.efConstruction = 1;
    index.efSearch = 1e6;
    return index;
  };
}

/** Exact indexes, and the scan of all vectors in float32 that they must equal in ids, order and score bits. */
describe.each([
  { name: "IndexFlatIP", make: (d: number): VectorIndex => new IndexFlatIP(d) },
  { name: "IndexFlatL2", make: (d: number): VectorIndex => new IndexFlatL2(d) },
  { name: "IndexHNSWFlat that scans (inner product)", make: scanning(METRIC_INNER_PRODUCT) },
  { name: "IndexHNSWFlat that scans (L2)", make: scanning(METRIC_L2) },
])("$name equals a float32 scan", ({ make }) => {
  const both = (d: number): [VectorIndex, PlainIndex] => {
    const index = make(d);
    return [index, new PlainIndex(d, index.metric)];
  };
  const filled = (stored: Matrix) => {
    const [index, plain] = both(stored.shape[1]);
    for (const one of [index, plain]) one.add(stored);
    return [index, plain] as const;
  };
  const expectEqual = (index: VectorIndex, plain: PlainIndex, queries: Matrix, ks: number[]) => {
    for (const k of ks) expectSame(index.search(queries, k), plain.search(queries, k));
  };

  it.each(DIMENSIONS)("in %i dimensions", (d) => {
    for (const [kind, n] of [
      ["clustered", 700],
      ["unnormalised", 101],
    ] as const) {
      const [index, plain] = filled(vectors(kind, n, d, d));
      expectEqual(index, plain, vectors(kind, 7, d, d + 1), [1, 10, 100]);
    }
  });

  it.each(KINDS)("of %s vectors, to queries of its own and of other kinds", (kind) => {
    const d = 33;
    const stored = vectors(kind, 400, d, 1);
    const [index, plain] = filled(stored);
    expectEqual(index, plain, rowsOf(stored, 0, 5), [1, 10, 401]);
    for (const other of [kind, "normalised", "mixed"] as const) {
      expectEqual(index, plain, vectors(other, 20, d, 2), [1, 10, 100]);
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 16, 255, 256, 257, 5000])("of %i vectors", (n) => {
    const [index, plain] = filled(vectors("lowRank", n, 48, n));
    expectEqual(index, plain, vectors("lowRank", 3, 48, n + 1), [1, 10, 100]);
  });

  it.each([1, 2, 7, 15, 16, 17, 33, 500])("for %i queries at once", (count) => {
    const [index, plain] = filled(vectors("clustered", 600, 64, 1));
    expectEqual(index, plain, vectors("clustered", count, 64, 2), [1, 10]);
  });

  it("of 20,000 vectors that lie near a space of few dimensions, also after many changes", () => {
    const stored = vectors("lowRank", 20_000, 384, 1);
    const [index, plain] = filled(stored);
    const queries = vectors("lowRank", 9, 384, 2);
    expectEqual(index, plain, queries, [1, 10, 100]);
    // One that the principal directions say nothing of.
    expectEqual(index, plain, vectors("normalised", 3, 384, 3), [10]);
    const ids = index.ids();
    const gone = ids.filter((id) => id % 3 === 0);
    const changed = ids.filter((id) => id % 300 === 1);
    const replacements = vectors("normalised", changed.length, 384, 4);
    for (const one of [index, plain]) {
      one.removeIds(gone);
      one.update(changed, replacements);
      one.add(vectors("outliers", 50, 384, 5));
    }
    expectEqual(index, plain, queries, [10]);
    expectEqual(index, plain, rowsOf(replacements, 0, 3), [10]);
    const filter = (id: number) => id % 100 === 1;
    expectSame(index.search(queries, 10, { filter }), plain.search(queries, 10, { filter }));
  });

  it("whatever the kinds, sizes, filters and changes", () => {
    const kind = fc.constantFrom(...KINDS);
    const run = fc.record({
      d: fc.constantFrom(...DIMENSIONS.slice(0, -3)),
      stored: kind,
      added: kind,
      asked: kind,
      n: fc.integer({ min: 0, max: 300 }),
      k: fc.integer({ min: 1, max: 40 }),
      keep: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(run, ({ d, stored, added, asked, n, k, keep, seed }) => {
        const [index, plain] = filled(vectors(stored, n, d, seed));
        const next = random(seed);
        const gone = index.ids().filter(() => next() < 0.3);
        for (const one of [index, plain]) {
          one.removeIds(gone);
          one.add(vectors(added, 30, d, seed + 1));
          const ids = one.ids().filter((id) => id % 7 === 2);
          one.update(ids, vectors(added, ids.length, d, seed + 2));
        }
        const queries = vectors(asked, 4, d, seed + 3);
        expectEqual(index, plain, queries, [k]);
        const filter = (id: number) => id % keep === 0;
        expectSame(index.search(queries, k, { filter }), plain.search(queries, k, { filter }));
        const [radius = 0] = plain.search(queries, k).distances.slice(k - 1);
        if (!Number.isFinite(radius)) return;
        expectSameRange(index.rangeSearch(queries, radius), plain.rangeSearch(queries, radius));
      }),
      { numRuns: 150 },
    );
  });

  it("of any numbers that float32 has", () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    const input = fc.constantFrom(1, 2, 5, 16, 17).chain((d) => {
      const rows = fc.array(fc.array(number, { minLength: d, maxLength: d }), {
        minLength: 1,
        maxLength: 20,
      });
      return fc.tuple(rows, rows, fc.integer({ min: 1, max: 25 }));
    });
    fc.assert(
      fc.property(input, ([stored, queries, k]) => {
        const [index, plain] = both(stored[0]?.length ?? 1);
        for (const one of [index, plain]) one.add(stored);
        expectSame(index.search(queries, k), plain.search(queries, k));
      }),
      { numRuns: 300 },
    );
  });

  it("with ids in any order, which decide ties", () => {
    for (const kind of [
      "allEqual",
      "duplicates",
      "axes",
      "integers",
      "zeros",
      "vanishing",
    ] as Kind[]) {
      const [index, plain] = both(20);
      const ids = Array.from({ length: 300 }, (_, i) => (i * 7919) % 300_007);
      for (const one of [index, plain]) one.addWithIds(vectors(kind, 300, 20, 1), ids);
      expectEqual(index, plain, vectors(kind, 10, 20, 2), [1, 10, 100, 300]);
    }
  });

  it("where sums overflow: infinities come first or last, what is no number comes last", () => {
    const [index, plain] = both(2);
    const stored = [
      [1, 1],
      [3e38, 3e38],
      [-3e38, -3e38],
      [3e38, -3e38],
    ];
    for (const one of [index, plain]) one.add(stored);
    const found = index.search([[10, 10]], 4);
    expectSame(found, plain.search([[10, 10]], 4));
    if (index.metric === METRIC_L2) {
      expect([...found.labels]).toEqual([0, 1, 2, 3]);
      expect([...found.distances]).toEqual([162, Infinity, Infinity, Infinity]);
    } else {
      // Vector 3's score is Infinity - Infinity.
      expect([...found.labels]).toEqual([1, 0, 2, 3]);
      expect([...found.distances]).toEqual([Infinity, 20, -Infinity, -Infinity]);
    }
  });
});

describe("The float32 kernel", () => {
  it("adds in its fixed order, rounding each time", () => {
    // 2^24 swallows a 1, not a 2: the result says what was added first.
    const ones = new Float32Array(33).fill(1);
    const sumWith = (places: readonly number[]) => {
      const row = new Float32Array(33);
      for (const place of places) row[place] = 1;
      row[20] = 2 ** 24;
      return dotFloats(row, ones) - 2 ** 24;
    };
    expect(sumWith([4])).toBe(0);
    expect(sumWith([0, 16])).toBe(2);
    expect(sumWith([0, 1, 17])).toBe(2);
    expect(sumWith([0, 1])).toBe(0);
    expect(sumWith([2, 3])).toBe(2);
    expect(sumWith([8, 12])).toBe(2);
    expect(sumWith([8, 0])).toBe(0);
  });

  it("gives the sums of float64 to within float32's rounding", () => {
    const [a, b] = [
      vectors("normalised", 1, 100, 1).row(0),
      vectors("normalised", 1, 100, 2).row(0),
    ];
    const dot = a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
    const squared = a.reduce((sum, x, i) => sum + (x - (b[i] as number)) ** 2, 0);
    expect(dotFloats(a, b)).toBeCloseTo(dot, 6);
    expect(squaredDistanceFloats(a, b)).toBeCloseTo(squared, 6);
  });
});
