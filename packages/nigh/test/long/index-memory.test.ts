import {
  IndexFlatIP,
  IndexHNSWFlat,
  IndexScalarQuantizer,
  Matrix,
  METRIC_INNER_PRODUCT,
  NighError,
  type VectorIndex,
} from "nigh";
import { describe, expect, it } from "vitest";
import { expectRefusal, refusal } from "../indexes/refusals.js";
import { expectSame } from "../indexes/results.js";
import { rowsOf, vectors } from "../indexes/vectors.js";

const D = 384;
const PART = 50_000;
const FULL = refusal("ERR_OUT_OF_MEMORY", /4 GiB/u, /Nothing was changed/u);
const base = vectors("normalised", PART, D, 1);
const queries = rowsOf(vectors("normalised", 40, D, 2), 0, 17);

/** The base's vectors times 1 + part / 16, in float32: another part has other lengths, and no two products are equal. */
function part(p: number): Matrix {
  return new Matrix(
    base.data.map((x) => x * (1 + p / 16)),
    PART,
    D,
  );
}

/** The ids of `k` longest projections on each query, by float64 sums over the base and the scale of each part. */
function nearest(parts: number, k: number): number[] {
  return [...queries].flatMap((query) => {
    const products = Float64Array.from(base, (row) =>
      row.reduce((sum, x, j) => sum + x * (query[j] as number), 0),
    );
    const best = [...products.keys()].sort((a, b) => (products[b] ?? 0) - (products[a] ?? 0));
    return best
      .slice(0, k)
      .flatMap((row) => Array.from({ length: parts }, (_, p) => ({ row, p })))
      .map(({ row, p }) => ({ id: p * PART + row, product: (products[row] ?? 0) * (1 + p / 16) }))
      .sort((a, b) => b.product - a.product)
      .slice(0, k)
      .map(({ id }) => id);
  });
}

/** Adds the same vectors, fewer and fewer at a time, until not one more fits. */
function fill(index: VectorIndex, rows: Matrix): void {
  for (let size = rows.shape[0]; size >= 1; size = Math.floor(size / 10)) {
    const some = rowsOf(rows, 0, size);
    const adding = () => {
      for (;;) index.add(some);
    };
    expectRefusal(adding, FULL);
  }
}

describe("an IndexFlatIP of more than a GiB", () => {
  const index = new IndexFlatIP(D);

  it("answers rightly with 1.5 GB, 2.7 GB and 3.5 GB of vectors and codes", () => {
    for (let p = 0; p < 36; p++) {
      index.add(part(p));
      if (![15, 27, 35].includes(p)) continue;
      expect(index.ntotal).toBe((p + 1) * PART);
      expect(index.memoryBytes).toBeGreaterThan(4.9 * D * index.ntotal);
      expect([...index.search(queries, 10).labels]).toEqual(nearest(p + 1, 10));
    }
  });

  it("refuses what passes 4 GiB, and stays as it is", () => {
    fill(index, base);
    const { ntotal } = index;
    const before = index.search(queries, 10);
    expectRefusal(() => index.add(rowsOf(base, 0, 1)), FULL);
    expectRefusal(() => index.addWithIds(rowsOf(base, 0, 1), [2 ** 40]), FULL);
    expect(index.ntotal).toBe(ntotal);
    expect(index.has(2 ** 40)).toBe(false);
    expectSame(index.search(queries, 10), before);
  });

  it("is searched in every way when it is full", () => {
    const one = rowsOf(queries, 0, 1);
    const { labels, distances } = index.search(one, 1000);
    const even = index.search(one, 3, { filter: (id) => id % 2 === 0 }).labels;
    expect([...even]).toEqual([...labels].filter((id) => id % 2 === 0).slice(0, 3));
    const near = index.rangeSearch(one, distances[20] as number).labels;
    expect([...near]).toEqual([...labels.subarray(0, 20)]);
    index.prepare();
    expectSame(index.search(one, 1000), { labels, distances });
  });

  it("takes others in the place of removed ones, and finds them", () => {
    const { ntotal } = index;
    const old = index.search(queries, 10).labels;
    expect(index.removeIds([...new Set(old)])).toBeGreaterThan(0);
    const ids = Array.from({ length: 100_000 }, (_, i) => 20 * i).filter((id) => index.has(id));
    index.removeIds(ids);
    expect(index.search(queries, 10).labels.some((id) => old.includes(id))).toBe(false);
    const longest = new Matrix(
      queries.data.map((x) => 100 * x),
      ...queries.shape,
    );
    const added = Array.from(longest, (_, i) => 2 ** 40 + i);
    index.addWithIds(longest, added);
    index.add(rowsOf(base, 0, PART));
    expect(index.ntotal).toBeLessThanOrEqual(ntotal);
    expect([...index.search(queries, 1).labels]).toEqual(added);
    expect([...index.reconstruct(2 ** 40 + 3)]).toEqual([...longest.row(3)]);
  });
});

describe("other indexes past 4 GiB", () => {
  it("IndexScalarQuantizer refuses, stays searchable, and takes others in the place of removed ones", () => {
    // Rows of 65,536 bytes: it is full after some 60,000.
    const d = 65_536;
    const rows = vectors("axes", 500, d, 1);
    const index = new IndexScalarQuantizer(d, "QT_8bit", METRIC_INNER_PRODUCT);
    index.train(rows);
    fill(index, rows);
    const { ntotal } = index;
    expect(ntotal).toBeGreaterThan(60_000);
    const before = index.search(rowsOf(rows, 0, 2), 5);
    index.removeIds(Array.from({ length: 600 }, (_, i) => ntotal - 1 - i));
    expectSame(index.search(rowsOf(rows, 0, 2), 5), before);
    index.add(rows);
    expect(index.ntotal).toBe(ntotal - 100);
  });

  it("IndexHNSWFlat refuses before it changes anything", () => {
    // Links of a row take 4 KB at the lowest level.
    const index = new IndexHNSWFlat(16, 512, METRIC_INNER_PRODUCT);
    index.add(vectors("normalised", 40, 16, 1));
    const asked = vectors("normalised", 3, 16, 2);
    const before = index.search(asked, 5);
    const { memoryBytes } = index;
    expectRefusal(() => index.add(Matrix.zeros(1_100_000, 16)), FULL);
    expect([index.ntotal, index.memoryBytes]).toEqual([40, memoryBytes]);
    expectSame(index.search(asked, 5), before);
    index.removeIds([7]);
    index.add(vectors("normalised", 2, 16, 3));
    expect(index.ntotal).toBe(41);
  });
});

describe("many indexes at the same time", () => {
  const alive = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const index = new IndexFlatIP(4);
      index.add([[i, 1, 2, 3]]);
      return index;
    });

  it.each([1000, 5000])("%i work, each with its own vectors", (count) => {
    const found = alive(count).map((index) => index.search([[1, 0, 0, 0]], 1).distances[0]);
    expect(found).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it("more than a process has addresses for are refused with ERR_OUT_OF_MEMORY, and let go of, there is room again", () => {
    let kept: IndexFlatIP[] = [];
    let thrown: unknown;
    try {
      while (kept.length < 50_000) kept.push(...alive(100));
    } catch (error) {
      thrown = error;
    }
    expect(kept.length).toBeGreaterThan(5000);
    expect(thrown).toBeInstanceOf(NighError);
    expect(thrown).toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
    kept = [];
    expect(alive(100)).toHaveLength(100);
  });
});
