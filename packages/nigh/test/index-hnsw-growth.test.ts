import { IndexFlatL2, IndexHNSWFlat, Matrix, METRIC_L2, normalizeL2 } from "nigh";
import { describe, expect, it } from "vitest";
import { expectSame, expectSameRange } from "./indexes/results.js";
import { random } from "./indexes/vectors.js";

const D = 64;

/** Rows around centres, unit length: `spread` says how far. */
function around(centres: number, rows: number, spread: number, seed: number): Matrix {
  const next = random(seed);
  const normal = () => next() + next() + next() + next() - 2;
  const middle = Matrix.zeros(centres, D);
  for (let i = 0; i < middle.data.length; i++) middle.data[i] = normal();
  const matrix = Matrix.zeros(rows, D);
  for (let i = 0; i < rows; i++) {
    const centre = middle.row(i % centres);
    const row = matrix.row(i);
    for (let j = 0; j < D; j++) row[j] = (centre[j] as number) + spread * normal();
  }
  return normalizeL2(matrix);
}

/** How many of the rows find themselves first. */
function findThemselves(index: IndexHNSWFlat, rows: Matrix, ids: readonly number[]): number {
  const { labels } = index.search(rows, 1, { efSearch: 24 });
  return ids.filter((id, i) => labels[i] === id).length / ids.length;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("an HNSW graph with removed vectors that are not mended yet", () => {
  it("finds what is added afterwards, in memory that it did not have before", () => {
    const rows = around(300, 15_000, 0.3, 1);
    const index = new IndexHNSWFlat(D, 16, METRIC_L2);
    index.add(rows.rows(0, 8000));
    index.removeIds([5, 4000, 7999]);
    index.add(rows.rows(8000, 15_000));
    expect(findThemselves(index, rows.rows(8000, 15_000), range(8000, 15_000))).toBeGreaterThan(
      0.97,
    );
  });

  it("finds what is put back where all vectors around were removed", () => {
    const rest = around(300, 8000, 0.3, 2);
    const cluster = around(1, 450, 0.05, 3);
    const index = new IndexHNSWFlat(D, 16, METRIC_L2);
    index.add(rest);
    index.addWithIds(cluster, range(10_000, 10_450));
    const before = findThemselves(index, cluster, range(10_000, 10_450));
    index.removeIds(range(10_000, 10_450));
    index.addWithIds(cluster, range(20_000, 20_450));
    expect(findThemselves(index, cluster, range(20_000, 20_450))).toBeGreaterThan(before - 0.03);
    // Enough for the graph to be mended.
    index.removeIds(range(0, 600));
    expect(findThemselves(index, cluster, range(20_000, 20_450))).toBeGreaterThan(before - 0.05);
  });

  it("keeps every id, and its vector, when memory is given back while vectors are replaced", () => {
    const rows = around(40, 600, 0.3, 4);
    const index = new IndexHNSWFlat(D, 8, METRIC_L2);
    index.add(rows.rows(0, 360));
    // These are mended; those are not yet, and leave less than half of the places in use.
    index.removeIds(range(0, 150));
    index.removeIds(range(150, 195));
    index.update(range(195, 360), rows.rows(400, 565));
    expect([...index.ids()]).toEqual(range(195, 360));
    for (const id of range(195, 360)) {
      expect(index.reconstruct(id)).toEqual(rows.row(205 + id));
    }
  });
});

describe("an HNSW index that scans its vectors", () => {
  const rows = around(30, 900, 0.3, 5);
  /** What it finds by comparing all, as an index that has these vectors from the beginning. */
  const expectAsFlat = (index: IndexHNSWFlat) => {
    const flat = new IndexFlatL2(D);
    for (const id of index.ids()) flat.addWithIds([index.reconstruct(id)], [id]);
    const filter = (id: number) => id % 2 === 0;
    const queries = around(30, 20, 0.3, 6);
    expectSame(index.search(queries, 9, { filter }), flat.search(queries, 9, { filter }));
    expectSameRange(index.rangeSearch(queries, 0.5), flat.rangeSearch(queries, 0.5));
  };

  it.each([
    ["all along", [400, 500, 600]],
    ["never", []],
    ["before places of removed ones were used again", [400]],
    ["after they were", [600]],
  ])("finds what a flat index finds, having scanned %s", (_, scans: readonly number[]) => {
    const index = new IndexHNSWFlat(D, 8, METRIC_L2);
    const scanAt = (rows: number) => {
      if (scans.includes(rows)) expectAsFlat(index);
    };
    index.add(rows.rows(0, 400));
    scanAt(400);
    index.removeIds(range(100, 200));
    index.add(rows.rows(400, 500));
    scanAt(500);
    index.add(rows.rows(500, 600));
    scanAt(600);
    index.update(range(300, 400), rows.rows(600, 700));
    index.add(rows.rows(700, 900));
    expectAsFlat(index);
  });
});
