import fc from "fast-check";
import { expect, it } from "vitest";
import { METRIC_INNER_PRODUCT, METRIC_L2, type Metric } from "../src/indexes/vector-index.js";
import { dot, euclidean } from "../src/kernels/plain.js";
import { dotFloats, squaredDistanceFloats } from "../src/kernels/plain-float-distance.js";
import { leadOf } from "../src/kernels/plain-leads.js";
import { type Directions, principalDirections } from "../src/kernels/principal-directions.js";
import { Matrix } from "../src/shared/matrix.js";
import { random, vectors } from "./indexes/vectors.js";
import { allSorts } from "./kernels/all-sorts.js";
import { EncodedRows } from "./kernels/encoded-rows.js";
import { describeVariants } from "./kernels/variants.js";

const UNIT = 2 ** -24;
const COMPONENTS = 64;

/** Of `directions` rows that are nearly orthonormal, and how nearly. */
const DIRECTIONS = {
  /** The first of the axes. */
  axes: (d: number) => measured(Matrix.from(orthonormal(d, (i, t) => (i === t ? 1 : 0)))),
  random: (d: number, seed: number) => measured(Matrix.from(randomBasis(d, seed))),
  /** Off by far more than float32 is. */
  sloppy: (d: number, seed: number) => {
    const next = random(seed + 1);
    const basis = randomBasis(d, seed);
    return measured(Matrix.from(basis.map((row) => row.map((x) => x + 1e-4 * (next() - 0.5)))));
  },
  principal: (d: number, seed: number) =>
    principalDirections(vectors("lowRank", 200, d, seed), COMPONENTS),
  /** Of 20 different vectors: the other directions are zeros. */
  few: (d: number, seed: number) =>
    principalDirections(vectors("normalised", 20, d, seed), COMPONENTS),
} satisfies Readonly<Record<string, (d: number, seed: number) => Directions>>;

type DirectionsName = keyof typeof DIRECTIONS;
const NAMES = Object.keys(DIRECTIONS) as DirectionsName[];

describeVariants("Leading components", (variant) => {
  /** Formula (3) of docs/exact-search.md with (1) for the codes, in float64, and the kernel's own upper bounds in float32. */
  const expectBounds = (rows: Matrix, queries: Matrix, metric: Metric, directions: Directions) => {
    const encoded = new EncodedRows(variant, rows, metric, directions);
    for (const query of queries) {
      encoded.ask(query);
      const { estimates, slacks } = encoded.asked("lead");
      const uppers = encoded.uppers();
      for (const [i, row] of [...rows].entries()) {
        const estimate = estimates[i] as number;
        const slack = slacks[i] as number;
        const exact = metric === METRIC_L2 ? -(euclidean(query, row) ** 2) : dot(query, row);
        expect(exact > estimate + slack).toBe(false);
        if (metric !== METRIC_L2) expect(exact < estimate - slack).toBe(false);
        const key =
          metric === METRIC_L2 ? -squaredDistanceFloats(query, row) : dotFloats(query, row);
        expect((uppers[i] as number) < key).toBe(false);
      }
    }
  };
  const metrics = fc.constantFrom(METRIC_INNER_PRODUCT, METRIC_L2) as fc.Arbitrary<Metric>;
  const lengths = fc.constantFrom(64, 65, 100, 129, 384);

  it.each(NAMES)("bound the keys of vectors of all sorts, by %s directions", (name) => {
    fc.assert(
      fc.property(metrics, lengths, fc.nat(), (metric, d, seed) => {
        const rows = allSorts(d, seed);
        const directions = DIRECTIONS[name](d, seed);
        expectBounds(rows, rows, metric, directions);
        expectBounds(rows, directions.vectors, metric, directions);
      }),
      { numRuns: 6 },
    );
  });

  it.each(NAMES)(
    "leave out what the reference leaves out, and hardly more, of %s directions",
    (name) => {
      for (const d of [64, 65, 129, 384]) {
        const directions = DIRECTIONS[name](d, d);
        const rows = allSorts(d, d);
        const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT, directions);
        for (const [i, row] of [...rows].entries()) {
          const { tail } = encoded.codesOf("lead", i);
          const wanted = leadOf(row, directions.vectors).tail;
          const norm = euclidean(row, new Float32Array(d));
          expect(tail).toBeGreaterThanOrEqual(Math.fround(wanted));
          const room = 5 * encoded.leadEpsilon + 4e-6;
          const most = Math.sqrt(wanted ** 2 + room * norm ** 2) * 1.00001 + 1e-44;
          expect(tail).toBeLessThanOrEqual(most);
        }
      }
    },
  );

  it("are told how far directions are from orthonormal, and how far float32 projections can be off", () => {
    for (const name of NAMES) {
      const d = 129;
      const { vectors: basis, error } = DIRECTIONS[name](d, 3);
      const rows = vectors("normalised", 1, d, 1);
      const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT, {
        vectors: basis,
        error,
      });
      expect(encoded.epsilon).toBeGreaterThanOrEqual((d + 64) * UNIT * (1 - UNIT));
      const wanted = Math.sqrt(COMPONENTS) * (d + 64) * UNIT + measured(basis).error;
      expect(encoded.leadEpsilon).toBeGreaterThanOrEqual(wanted * (1 - 1e-6));
    }
  });

  it("have the slack of formulas (1) and (3)", () => {
    for (const name of NAMES) {
      const directions = DIRECTIONS[name](384, 5);
      const rows = vectors("normalised", 8, 384, 1);
      const query = vectors("normalised", 1, 384, 2).row(0);
      const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT, directions);
      encoded.ask(query);
      const { facts, slacks } = encoded.asked("lead");
      const queryTail = leadOf(query, directions.vectors).tail;
      for (const [i, slack] of slacks.entries()) {
        const { rest, norm, tail } = encoded.codesOf("lead", i);
        const ofCodes = rest * facts.norm + facts.rest * norm;
        const wanted = ofCodes + tail * queryTail + 4 * encoded.leadEpsilon * norm;
        expect(slack).toBeGreaterThanOrEqual(wanted * (1 - 1e-6));
      }
    }
  });

  it("bound keys within 2% of |q||x| where vectors lie in the directions' space", () => {
    const directions = DIRECTIONS.random(384, 1);
    const weights = vectors("normalised", 20, COMPONENTS, 2);
    const rows = Matrix.zeros(20, 384);
    for (const [i, row] of [...rows].entries()) {
      for (const [j, weight] of weights.row(i).entries()) {
        for (const [t, x] of directions.vectors.row(j).entries()) {
          row[t] = (row[t] as number) + weight * x;
        }
      }
    }
    const encoded = new EncodedRows(variant, rows, METRIC_INNER_PRODUCT, directions);
    encoded.ask(rows.row(0));
    expect(Math.max(...encoded.asked("lead").slacks)).toBeLessThan(0.02);
  });

  it("bound the distance of a vector whose square is beyond float32, and that the directions say nothing of", () => {
    const d = 65;
    const row = new Float32Array(d).fill(1.9e19, d - 1);
    const query = new Float32Array(d).fill(1e18, d - 1);
    const rows = Matrix.from([row]);
    expectBounds(rows, Matrix.from([query]), METRIC_L2, DIRECTIONS.axes(d));
    expectBounds(Matrix.from([query]), rows, METRIC_L2, DIRECTIONS.axes(d));
  });
});

/** Gram-Schmidt, twice, of rows that are given by their numbers. */
function orthonormal(d: number, numberAt: (i: number, t: number) => number): number[][] {
  const basis: number[][] = [];
  for (let i = 0; i < COMPONENTS; i++) {
    let row = Array.from({ length: d }, (_, t) => numberAt(i, t));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const share = row.reduce((sum, x, t) => sum + x * (other[t] as number), 0);
        row = row.map((x, t) => x - share * (other[t] as number));
      }
    }
    const length = Math.hypot(...row);
    basis.push(row.map((x) => x / length));
  }
  return basis;
}

function randomBasis(d: number, seed: number): number[][] {
  const next = random(seed);
  return orthonormal(d, () => 2 * next() - 1);
}

/** Directions with the Frobenius norm of what they miss of being orthonormal. Rows of zeros do not count. */
function measured(basis: Matrix): Directions {
  let squares = 0;
  for (const [i, a] of [...basis].entries()) {
    for (const [j, b] of [...basis].entries()) {
      const product = dot(a, b);
      squares += (product - (i === j && product !== 0 ? 1 : 0)) ** 2;
    }
  }
  return { vectors: basis, error: Math.sqrt(squares) };
}
