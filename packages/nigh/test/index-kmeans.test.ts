import fc from "fast-check";
import { Kmeans, Matrix } from "nigh";
import { describe, expect, it } from "vitest";
import { inertiaOf, nearestCentroid, plainKmeans } from "./indexes/plain-kmeans.js";
import { expectRefusal, literally, refusal } from "./indexes/refusals.js";
import { bitsOf, random, rowsOf, vectors } from "./indexes/vectors.js";

const D = 20;
const POINTS = vectors("normalised", 600, D, 1);

type Options = ConstructorParameters<typeof Kmeans>[2];

function trained(points: Matrix, k: number, options: Options = {}): Kmeans {
  const kmeans = new Kmeans(points.shape[1], k, options);
  kmeans.train(points);
  return kmeans;
}

function lastOf(numbers: Iterable<number>): number {
  return Array.from(numbers).at(-1) as number;
}

describe("Kmeans", () => {
  it("gives k centroids and the inertia of each iteration, which never grows", () => {
    const kmeans = trained(POINTS, 12, { niter: 15, seed: 3 });
    expect([kmeans.d, kmeans.k]).toEqual([D, 12]);
    expect(kmeans.centroids).toBeInstanceOf(Matrix);
    expect(kmeans.centroids.shape).toEqual([12, D]);
    const obj = Array.from(kmeans.obj);
    expect(obj.length).toBeGreaterThanOrEqual(1);
    expect(obj.length).toBeLessThanOrEqual(15);
    for (let i = 1; i < obj.length; i++) {
      expect(obj[i]).toBeLessThanOrEqual((obj[i - 1] as number) * (1 + 1e-5));
    }
    expect(inertiaOf(POINTS, kmeans.centroids)).toBeLessThanOrEqual(lastOf(obj) * (1 + 1e-4));
  });

  it("is the same under the same seed, and when none is given, and other under another", () => {
    const bits = (options: Options) => [...bitsOf(trained(POINTS, 12, options).centroids.data)];
    expect(bits({ seed: 5 })).toEqual(bits({ seed: 5 }));
    expect(bits({})).toEqual(bits({}));
    expect(bits({ seed: 5 })).not.toEqual(bits({ seed: 6 }));
  });

  it("leaves the points that it is given as they are", () => {
    const points = new Matrix(POINTS.data.slice(), 600, D);
    trained(points, 5);
    expect(bitsOf(points.data)).toEqual(bitsOf(POINTS.data));
  });

  it("finds clusters that lie apart, whatever the seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat({ max: 2 ** 31 - 1 }), (k, seed) => {
        const { points, of } = apart(k, 30, seed);
        const kmeans = trained(points, k, { niter: 20, nredo: 5, seed });
        const labels = Array.from(kmeans.assign(points).labels);
        const labelsOf = Array.from(
          { length: k },
          (_, c) => new Set(labels.filter((_, i) => of[i] === c)),
        );
        expect(labelsOf.map(({ size }) => size)).toEqual(new Array(k).fill(1));
        expect(new Set(labels).size).toBe(k);
      }),
      { numRuns: 20 },
    );
  });

  it("puts each centroid at the mean of its points once it has converged", () => {
    const { points } = apart(4, 50, 1);
    const kmeans = trained(points, 4, { niter: 30, nredo: 3, seed: 1 });
    const once = plainKmeans(points, kmeans.centroids, 1);
    for (const [i, x] of once.data.entries()) expect(kmeans.centroids.data[i]).toBeCloseTo(x, 4);
  });

  it("equals plain Lloyd from the same centroids", () => {
    for (const niter of [1, 2, 5]) {
      const { points } = apart(6, 40, 2);
      const initialCentroids = rowsOf(points, 0, 6);
      const kmeans = trained(points, 6, { niter, initialCentroids });
      const wanted = plainKmeans(points, initialCentroids, niter);
      for (const [i, x] of wanted.data.entries()) {
        expect(kmeans.centroids.data[i]).toBeCloseTo(x, 4);
      }
    }
  });

  it("comes as low as plain Lloyd from the same centroids where clusters overlap", () => {
    const initialCentroids = rowsOf(POINTS, 0, 12);
    const kmeans = trained(POINTS, 12, { niter: 20, initialCentroids });
    const wanted = inertiaOf(POINTS, plainKmeans(POINTS, initialCentroids, 20));
    expect(inertiaOf(POINTS, kmeans.centroids)).toBeLessThanOrEqual(1.005 * wanted);
  });

  it("is never worse after more starts", () => {
    for (const seed of [1, 2, 3, 4]) {
      const [one, five] = [1, 5].map((nredo) =>
        inertiaOf(POINTS, trained(POINTS, 15, { niter: 5, nredo, seed }).centroids),
      ) as [number, number];
      expect(five).toBeLessThanOrEqual(one * (1 + 1e-6));
    }
  });

  it.each([590, 599, 600])("leaves none of %i clusters of 600 points empty", (k) => {
    const kmeans = trained(POINTS, k, { niter: 3, seed: 1 });
    expect(new Set(kmeans.assign(POINTS).labels).size).toBe(k);
  });

  it("mends clusters that start empty", () => {
    const { points } = apart(5, 30, 3);
    // All start at one point: a plain Lloyd leaves four of them without points.
    const initialCentroids = Array.from({ length: 5 }, () => points.row(0));
    const kmeans = trained(points, 5, { niter: 30, initialCentroids });
    expect(kmeans.centroids.data.every(Number.isFinite)).toBe(true);
    expect(new Set(kmeans.assign(points).labels).size).toBe(5);
  });

  it("of fewer different points than clusters is finite, and at no distance from them", () => {
    const points = Matrix.from(Array.from({ length: 40 }, (_, i) => [i % 3, 1, (i % 3) * 2]));
    const kmeans = trained(points, 7, { niter: 10, seed: 2 });
    expect(kmeans.centroids.data.every(Number.isFinite)).toBe(true);
    for (const distance of kmeans.assign(points).distances) expect(distance).toBeCloseTo(0, 5);
    const same = trained(Matrix.from(new Array(20).fill([5, 5])), 4);
    expect(same.centroids.data.every(Number.isFinite)).toBe(true);
    expect(Math.max(...same.assign([[5, 5]]).distances)).toBeCloseTo(0, 5);
  });

  it("takes one cluster, one dimension and as many clusters as points", () => {
    const mean = trained(Matrix.from([[1], [2], [6]]), 1, { niter: 3 });
    expect(mean.centroids.data[0]).toBeCloseTo(3, 5);
    const each = trained(Matrix.from([[4], [1], [9]]), 3);
    expect([...each.centroids.data].sort((a, b) => a - b)).toEqual([1, 4, 9]);
  });

  it("takes vectors of any length", () => {
    const points = vectors("unnormalised", 200, D, 8);
    const kmeans = trained(points, 10, { niter: 10, seed: 1 });
    const one = inertiaOf(points, trained(points, 1).centroids);
    expect(inertiaOf(points, kmeans.centroids)).toBeLessThan(0.8 * one);
  });

  describe("assign", () => {
    it("gives each vector its nearest centroid and the squared distance to it", () => {
      const kmeans = trained(POINTS, 12, { seed: 3 });
      const others = vectors("normalised", 50, D, 9);
      const { distances, labels } = kmeans.assign(others);
      expect(distances).toBeInstanceOf(Float32Array);
      expect([distances.length, labels.length]).toEqual([50, 50]);
      for (const [i, point] of [...others].entries()) {
        const { label, distance } = nearestCentroid(point, kmeans.centroids);
        expect(labels[i]).toBe(label);
        expect(distances[i]).toBeCloseTo(distance, 4);
      }
    });

    it("refuses to before train, vectors of another dimension, NaN", () => {
      const assign = () => new Kmeans(D, 3).assign(POINTS);
      expectRefusal(assign, refusal("ERR_NOT_TRAINED", /train/u));
      const kmeans = trained(POINTS, 3);
      const other = () => kmeans.assign([[1, 2]]);
      expectRefusal(other, refusal("ERR_DIMENSION", /\b2\b/u, /\b20\b/u));
      const nan = () => kmeans.assign([new Float32Array(D).fill(Number.NaN)]);
      expectRefusal(nan, refusal("ERR_INVALID_ARGUMENT", /NaN/u, /finite/u));
    });
  });

  describe("refuses", () => {
    it.each([0, -1, 1.5, Number.NaN, "3"])("a k, niter and nredo of %s", (bad) => {
      const value = bad as number;
      const wrong = (name: string) =>
        refusal("ERR_INVALID_ARGUMENT", literally(`"${name}"`), literally(bad));
      expectRefusal(() => new Kmeans(D, value), wrong("k"));
      expectRefusal(() => new Kmeans(D, 3, { niter: value }), wrong("niter"));
      expectRefusal(() => new Kmeans(D, 3, { nredo: value }), wrong("nredo"));
    });

    it("a seed that is no integer, and options that it does not know", () => {
      const seed = () => new Kmeans(D, 3, { seed: 0.5 });
      expectRefusal(seed, refusal("ERR_INVALID_ARGUMENT", /"seed"/u, /0\.5/u));
      const option = () => new Kmeans(D, 3, { iter: 3 } as never);
      expectRefusal(option, refusal("ERR_UNKNOWN_OPTION", /"iter"/u, /"niter"/u));
    });

    it("fewer points than clusters, NaN, vectors of another dimension, and stays untrained", () => {
      const kmeans = new Kmeans(D, 10);
      const few = () => kmeans.train(rowsOf(POINTS, 0, 9));
      expectRefusal(few, refusal("ERR_INVALID_ARGUMENT", /\b9\b/u, /\b10\b/u));
      const bad = new Matrix(POINTS.data.slice(), 600, D);
      bad.data[D + 1] = Number.NaN;
      expectRefusal(() => kmeans.train(bad), refusal("ERR_INVALID_ARGUMENT", /NaN/u, /finite/u));
      const other = () => kmeans.train(Matrix.zeros(30, 3));
      expectRefusal(other, refusal("ERR_DIMENSION", /\b3\b/u, /\b20\b/u));
      expectRefusal(() => kmeans.assign(POINTS), refusal("ERR_NOT_TRAINED", /train/u));
    });

    it("initial centroids that are not k, or of another dimension", () => {
      const make = (rows: number, d: number) => () =>
        trained(POINTS, 4, { initialCentroids: Matrix.zeros(rows, d) });
      expectRefusal(make(3, D), refusal("ERR_INVALID_ARGUMENT", /\b3\b/u, /\b4\b/u));
      expectRefusal(make(4, 7), refusal("ERR_DIMENSION", /\b7\b/u, /\b20\b/u));
    });
  });
});

/** `k` groups of points, their centres at least 10 from one another, all within 0.5 of their centre; `of` says which is whose. */
function apart(k: number, each: number, seed: number): { points: Matrix; of: readonly number[] } {
  const next = random(seed);
  const of = Array.from({ length: k * each }, (_, i) => i % k);
  const rows = of.map((c) =>
    Array.from({ length: 12 }, (_, j) => (j === c ? 10 : 0) + 0.25 * (next() - 0.5)),
  );
  return { points: Matrix.from(rows), of };
}
