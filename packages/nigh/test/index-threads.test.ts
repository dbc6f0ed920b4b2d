import { fileURLToPath } from "node:url";
import { IndexFlatIP, IndexFlatL2, Matrix } from "nigh";
import { afterEach, describe, expect, it } from "vitest";
import { run } from "./encoder/run-program.js";
import { expectRefusal, literally, refusal } from "./indexes/refusals.js";
import { expectSame, expectSameRange } from "./indexes/results.js";
import { rowsOf, vectors } from "./indexes/vectors.js";

const D = 40;
const K = 10;
const data = vectors("lowRank", 12_000, D, 1);
const queries = vectors("lowRank", 500, D, 2);
const batches = [1, 2, 17, 500].map((size) => rowsOf(queries, 0, size));

/** Vectors of 256 numbers of which 20 are not 0: few leading components say all of them. */
function inTwentyDimensions(rows: number, seed: number): Matrix {
  const matrix = Matrix.zeros(rows, 256);
  for (const [i, row] of [...vectors("normalised", rows, 20, seed)].entries()) {
    matrix.row(i).set(row, 100);
  }
  return matrix;
}

const opened: (IndexFlatIP | IndexFlatL2)[] = [];
afterEach(() => {
  for (const index of opened.splice(0)) index.close();
});

describe.each([
  ["IndexFlatIP", IndexFlatIP],
  ["IndexFlatL2", IndexFlatL2],
] as const)("%s with threads", (_, Index) => {
  const made = (threads: number, rows: Matrix = data) => {
    const index = new Index(D, { threads });
    opened.push(index);
    index.add(rows);
    return index;
  };
  const expectSameBatches = (many: IndexFlatIP | IndexFlatL2, one: IndexFlatIP | IndexFlatL2) => {
    for (const batch of batches) expectSame(many.search(batch, K), one.search(batch, K));
  };

  it.each([2, 3])("finds with %i, to the bit, what one finds", (threads) => {
    expectSameBatches(made(threads), made(1));
  });

  it("does so by leading components as well", () => {
    const [many, one] = [new Index(256, { threads: 2 }), new Index(256)];
    opened.push(many);
    for (const index of [many, one]) index.add(inTwentyDimensions(9000, 3));
    many.prepare();
    expect(many.leadComponents).toBeGreaterThan(0);
    expect(one.leadComponents).toBe(0);
    for (const rows of [1, 2, 17, 100]) {
      const batch = inTwentyDimensions(rows, 4);
      expectSame(many.search(batch, K), one.search(batch, K));
    }
  });

  it("does so with a filter, a bitmap or a predicate", () => {
    const [many, one] = [made(2), made(1)];
    const bitmap = new Uint8Array(data.shape[0] / 8).map((_, i) => (i * 37) & 0xff);
    for (const filter of [bitmap, (id: number) => id % 3 === 1, (id: number) => id < 4]) {
      for (const batch of batches) {
        expectSame(many.search(batch, K, { filter }), one.search(batch, K, { filter }));
      }
    }
  });

  it("does so after the memory grew, and after removals", () => {
    const [many, one] = [made(2, rowsOf(data, 0, 100)), made(1, rowsOf(data, 0, 100))];
    expectSameBatches(many, one);
    for (const index of [many, one]) index.add(rowsOf(data, 100, data.shape[0]));
    expectSameBatches(many, one);
    for (const index of [many, one]) index.removeIds([3, 0, 11_999, 500]);
    expectSameBatches(many, one);
  });

  it("does so in rangeSearch", () => {
    const [many, one] = [made(2), made(1)];
    const batch = rowsOf(queries, 0, 17);
    const radius = one.search(batch, K).distances[K - 1] as number;
    expectSameRange(many.rangeSearch(batch, radius), one.rangeSearch(batch, radius));
  });

  it("does so again after close(), which may be called twice or before any search", () => {
    const [many, one] = [made(2), made(1)];
    many.close();
    expectSameBatches(many, one);
    many.close();
    many.close();
    expectSameBatches(many, one);
  });

  it("keeps several indexes apart that search in turn", () => {
    const [first, second] = [made(2, rowsOf(data, 0, 6000)), made(2, rowsOf(data, 6000, 12_000))];
    const [one, other] = [made(1, rowsOf(data, 0, 6000)), made(1, rowsOf(data, 6000, 12_000))];
    for (let round = 0; round < 3; round++) {
      expectSameBatches(first, one);
      expectSameBatches(second, other);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, "2"])("refuses %s threads", (threads) => {
    const says = [/"threads" must be/u, literally(typeof threads === "string" ? `"2"` : threads)];
    expectRefusal(
      () => new Index(D, { threads: threads as number }),
      refusal("ERR_INVALID_ARGUMENT", ...says),
    );
  });
});

describe("a program that searches with two threads", () => {
  it("ends by itself, exit code 0, without close()", async () => {
    const path = fileURLToPath(
      new URL("./indexes/programs/threads-not-closed.mjs", import.meta.url),
    );
    const ended = await run(path, { patienceMs: 30_000 });
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    // Each query is a multiple of a unit vector, and its longest multiple is the nearest.
    expect(JSON.parse(ended.stdout)).toEqual([
      [48, 49, 42, 43],
      [48, 49, 42, 43],
    ]);
  });
});
