import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowIds } from "../src/indexes/rows/row-ids.js";
import { ScalarRows } from "../src/indexes/scalar-quantizer/scalar-rows.js";
import { METRIC_INNER_PRODUCT, METRIC_L2, type Metric } from "../src/indexes/vector-index.js";
import { dotFloats, squaredDistanceFloats } from "../src/kernels/plain-float-distance.js";
import { type ScalarRange, scalarCodes, scalarNumbers } from "../src/kernels/plain-scalar-rows.js";
import { topK } from "../src/kernels/top-k.js";
import type { Matrix } from "../src/shared/matrix.js";
import { bitsOf, KINDS, rowsOf, vectors } from "./indexes/vectors.js";
import { LENGTHS } from "./kernels/all-sorts.js";

/** These kernels have no relaxed SIMD: one variant is both. */
describe("Rows of 8-bit codes", () => {
  const METRICS: readonly Metric[] = [METRIC_INNER_PRODUCT, METRIC_L2];

  const encoded = (stored: Matrix, metric: Metric) => {
    const [n, d] = stored.shape;
    // Of a part of the rows, so that numbers of the others are cut.
    const range = rangeOf(rowsOf(stored, 0, Math.ceil(n / 2)));
    const rows = new ScalarRows(d, metric, range.lowest, range.ranges);
    const ids = new RowIds();
    rows.add(ids.assign(ids.plan("test", n)), stored);
    rows.prepareFor(ids, undefined);
    return { rows, range };
  };

  const expectSame = (stored: Matrix, queries: Matrix, metric: Metric, k: number) => {
    const { rows, range } = encoded(stored, metric);
    const decoded = Array.from(stored, (row, i) => {
      const codes = scalarCodes(row, range);
      expect(rows.codesOf(i)).toEqual(codes);
      const numbers = scalarNumbers(codes, range);
      expect(bitsOf(rows.vectorOf(i))).toEqual(bitsOf(numbers));
      return numbers;
    });
    for (const query of queries) {
      const keys = Float32Array.from(decoded, (row) => keyOf(query, row, metric));
      const wanted = topK(keys, k);
      const found = rows.search(query, k);
      expect(Array.from(found.ordinals)).toEqual(wanted.map(({ index }) => index));
      expect(bitsOf(Float32Array.from(found.keys))).toEqual(
        bitsOf(Float32Array.from(wanted, ({ score }) => score)),
      );
      const least = wanted.at(-1)?.score ?? 0;
      const inRange = Array.from(rows.range(query, least).ordinals);
      const above = Array.from(keys.keys()).filter((i) => (keys[i] as number) > least);
      expect(inRange).toEqual(above);
    }
  };

  it.each(LENGTHS)("of %i numbers are the reference's to the bit, and searched as decoded", (d) => {
    for (const metric of METRICS) {
      for (const kind of ["normalised", "unnormalised"] as const) {
        expectSame(vectors(kind, 70, d, d), vectors(kind, 3, d, d + 1), metric, 10);
      }
    }
  });

  /** A row's float32 sum is infinite on the way to a product that float32 could hold. */
  const OVERFLOWING = {
    metric: METRIC_INNER_PRODUCT as Metric,
    stored: "large",
    asked: "huge",
    d: 100,
    n: 5,
    k: 1,
    seed: 932741099,
  } as const;

  it("are the reference's to the bit, and searched as decoded, whatever the vectors", () => {
    const run = fc.record({
      metric: fc.constantFrom(...METRICS),
      stored: fc.constantFrom(...KINDS),
      asked: fc.constantFrom(...KINDS),
      d: fc.constantFrom(...LENGTHS.slice(0, -2)),
      n: fc.integer({ min: 1, max: 60 }),
      k: fc.integer({ min: 1, max: 70 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(run, ({ metric, stored, asked, d, n, k, seed }) => {
        expectSame(vectors(stored, n, d, seed), vectors(asked, 3, d, seed + 1), metric, k);
      }),
      { numRuns: 200, examples: [[OVERFLOWING]] },
    );
  });
});

function rangeOf(sample: Matrix): ScalarRange {
  const [, d] = sample.shape;
  const lowest = new Float32Array(d).fill(Infinity);
  const highest = new Float32Array(d).fill(-Infinity);
  for (const row of sample) {
    for (const [t, x] of row.entries()) {
      lowest[t] = Math.min(lowest[t] as number, x);
      highest[t] = Math.max(highest[t] as number, x);
    }
  }
  return { lowest, ranges: highest.map((x, t) => x - (lowest[t] as number)) };
}

/** What float32 cannot say is farthest. */
function keyOf(query: Float32Array, row: Float32Array, metric: Metric): number {
  const key = metric === METRIC_L2 ? -squaredDistanceFloats(query, row) : dotFloats(query, row);
  return Number.isNaN(key) ? -Infinity : key;
}
