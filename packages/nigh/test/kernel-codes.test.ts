import fc from "fast-check";
import { expect, it } from "vitest";
import { METRIC_INNER_PRODUCT, METRIC_L2, type Metric } from "../src/indexes/vector-index.js";
import { dot, euclidean } from "../src/kernels/plain.js";
import { type PlainCodes, quantize, restOf, wholeProduct } from "../src/kernels/plain-codes.js";
import { dotFloats, squaredDistanceFloats } from "../src/kernels/plain-float-distance.js";
import { Matrix } from "../src/shared/matrix.js";
import { vectors } from "./indexes/vectors.js";
import { allSorts, LENGTHS, NOT_FINITE } from "./kernels/all-sorts.js";
import { EncodedRows, type KernelCodes } from "./kernels/encoded-rows.js";
import { describeVariants } from "./kernels/variants.js";

describeVariants("int8 codes", (variant) => {
  const MAX = { row: 127, query: variant.queryMax };

  /** Facts of the kernel are safe to use in the bound, and not much larger than they must be. */
  const expectFacts = (
    found: Pick<KernelCodes, "scale" | "rest" | "norm">,
    numbers: Float32Array,
    wanted: PlainCodes,
    max: number,
    epsilon: number,
  ) => {
    expect(found.norm).toBeGreaterThanOrEqual(Math.fround(wanted.norm));
    expect(found.norm).toBeLessThanOrEqual(Math.fround(wanted.norm * 1.000001 + 1e-45));
    expect(Number.isNaN(found.scale)).toBe(Number.isNaN(wanted.scale));
    expect(Number.isNaN(found.rest)).toBe(Number.isNaN(wanted.scale));
    if (Number.isNaN(wanted.scale)) return;
    expect(Math.abs(found.scale - wanted.scale)).toBeLessThanOrEqual(1e-5 * wanted.scale);
    const rest = restOf(numbers, wanted.codes, found.scale);
    expect(found.rest + epsilon * found.norm).toBeGreaterThanOrEqual(rest);
    const peak = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const most = 1.01 * restOf(numbers, wanted.codes, peak / max) + 1e-5 * wanted.norm;
    expect(found.rest).toBeLessThanOrEqual(most);
  };

  it.each(LENGTHS)("of %i numbers are the reference's, and so are their products", (d) => {
    const rows = allSorts(d, d);
    const queries = allSorts(d, d + 100);
    const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT);
    const codes = Array.from(rows, (row) => quantize(row, MAX.row));
    for (const [i, plain] of codes.entries()) {
      const found = encoded.codesOf("full", i);
      expect([found.sum, found.tail]).toEqual([plain.sum, 0]);
      expectFacts(found, rows.row(i), plain, MAX.row, encoded.epsilon);
    }
    for (const query of queries) {
      encoded.ask(query);
      const { facts, products } = encoded.asked("full");
      const plain = quantize(query, MAX.query);
      expectFacts(facts, query, plain, MAX.query, encoded.epsilon);
      expect(products).toEqual(codes.map((row) => wholeProduct(row.codes, plain.codes)));
    }
  });

  it("have exact products where all codes are as large as they can be", () => {
    for (const d of [16, 4096, 65_536]) {
      const signs = [() => 1, () => -1, (i: number) => (i % 2 === 0 ? 1 : -1)];
      const rows = Matrix.from(
        signs.map((sign) => Float32Array.from({ length: d }, (_, i) => sign(i))),
      );
      const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT);
      const largest = MAX.row * MAX.query * d;
      encoded.ask(rows.row(0));
      expect(encoded.asked("full").products).toEqual([largest, -largest, 0]);
      encoded.ask(rows.row(2));
      expect(encoded.asked("full").products).toEqual([0, 0, largest]);
    }
  });

  it("are rounded half to even", () => {
    const row = Float32Array.of(127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5);
    const encoded = new EncodedRows(variant, Matrix.from([row]), METRIC_INNER_PRODUCT);
    const codes = Array.from(row, (_, i) => {
      encoded.ask(Float32Array.from(row, (_, j) => (j === i ? 1 : 0)));
      return (encoded.asked("full").products[0] as number) / MAX.query;
    });
    expect(codes).toEqual([127, 0, 2, 2, 0, -2, -2]);
  });

  it("are missing, without a trap, for rows and queries out of reach", () => {
    const outOfReach = [...NOT_FINITE, 1e-31, 1e-45, 1.1e18, 3e38];
    for (const metric of [METRIC_INNER_PRODUCT, METRIC_L2] as Metric[]) {
      for (const d of [1, 17, 64]) {
        const rows = Matrix.from(outOfReach.map((x) => new Float32Array(d).fill(0).fill(x, d - 1)));
        const encoded = new EncodedRows(variant, rows, metric);
        for (const [i, row] of [...rows].entries()) {
          const { scale, rest } = encoded.codesOf("full", i);
          expect([scale, rest]).toEqual([Number.NaN, Number.NaN]);
          encoded.ask(row);
          expect(encoded.asked("full").facts.scale).toBeNaN();
          expect(Array.from(encoded.uppers())).toEqual(outOfReach.map(() => Number.NaN));
        }
      }
    }
  });

  /** |K - estimate| of formula (2) of docs/exact-search.md in float64, and the kernel's own upper bounds in float32. */
  const expectBounds = (rows: Matrix, queries: Matrix, metric: Metric) => {
    const encoded = new EncodedRows(variant, rows, metric);
    for (const query of queries) {
      encoded.ask(query);
      const { estimates, slacks } = encoded.asked("full");
      const uppers = encoded.uppers();
      for (const [i, row] of [...rows].entries()) {
        const estimate = estimates[i] as number;
        const slack = slacks[i] as number;
        const exact = metric === METRIC_L2 ? -(euclidean(query, row) ** 2) : dot(query, row);
        // False where there are no codes; of a squared distance, that it is not lower is all that is claimed.
        expect(exact > estimate + slack).toBe(false);
        if (metric !== METRIC_L2) expect(exact < estimate - slack).toBe(false);
        const key =
          metric === METRIC_L2 ? -squaredDistanceFloats(query, row) : dotFloats(query, row);
        expect((uppers[i] as number) < key).toBe(false);
      }
    }
  };
  const metrics = fc.constantFrom(METRIC_INNER_PRODUCT, METRIC_L2) as fc.Arbitrary<Metric>;

  it("bound the keys of vectors of all sorts and lengths", () => {
    fc.assert(
      fc.property(metrics, fc.constantFrom(...LENGTHS), fc.nat(), (metric, d, seed) => {
        const rows = allSorts(d, seed);
        expectBounds(rows, rows, metric);
        expectBounds(rows, allSorts(d, seed + 1), metric);
      }),
      { numRuns: 40 },
    );
  });

  it("bound the keys of any numbers that float32 has", () => {
    const two = fc.integer({ min: 1, max: 40 }).chain((d) => {
      const row = fc.float32Array({
        minLength: d,
        maxLength: d,
        noNaN: true,
        noDefaultInfinity: true,
      });
      return fc.tuple(row, row);
    });
    fc.assert(
      fc.property(metrics, two, (metric, [a, b]) => {
        expectBounds(Matrix.from([a, b]), Matrix.from([a, b]), metric);
      }),
      { numRuns: 500 },
    );
  });

  it("bound them within 2% of |q||x| for vectors of 384 like numbers", () => {
    const rows = vectors("normalised", 50, 384, 1);
    const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT);
    encoded.ask(vectors("normalised", 1, 384, 2).row(0));
    expect(Math.max(...encoded.asked("full").slacks)).toBeLessThan(0.02);
  });
});
