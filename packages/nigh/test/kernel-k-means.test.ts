import fc from "fast-check";
import { expect, it } from "vitest";
import { RowLists } from "../src/indexes/rows/row-lists.js";
import { METRIC_L2 } from "../src/indexes/vector-index.js";
import { euclidean } from "../src/kernels/plain.js";
import { squaredDistanceFloats } from "../src/kernels/plain-float-distance.js";
import { kMeansStep } from "../src/kernels/plain-k-means.js";
import { Matrix } from "../src/shared/matrix.js";
import { bitsOf, KINDS, random, rowsOf, vectors } from "./indexes/vectors.js";
import { allSorts, LENGTHS } from "./kernels/all-sorts.js";
import { describeVariants, type Variant, VariantArena } from "./kernels/variants.js";

/** Steps of k-means by the kernels, on the same points. */
class KernelSteps {
  readonly #arena: VariantArena;
  readonly #rows: RowLists;
  readonly #n: number;
  readonly #k: number;
  readonly #clusters: number;
  #before: Matrix | undefined;

  /** @param keepsBounds whether steps use what those before have found out of distances. */
  constructor(variant: Variant, points: Matrix, k: number, keepsBounds: boolean) {
    const [n, d] = points.shape;
    const arena = new VariantArena(variant);
    const rows = new RowLists(d, METRIC_L2, 1, 16, arena);
    rows.add(
      Uint32Array.from({ length: n }, (_, i) => i),
      points,
    );
    const { kernels } = arena;
    this.#clusters = arena.alloc(kernels.clusterBytes(rows.layout, k, n));
    const bounds = keepsBounds ? arena.alloc(4 * n * 4 * Math.ceil(k / 4)) : 0;
    kernels.layOutClusters(rows.layout, this.#clusters, k, n, bounds);
    [this.#arena, this.#rows, this.#n, this.#k] = [arena, rows, n, k];
  }

  step(centroids: Matrix) {
    const { kernels, f32, f64, u32 } = this.#arena;
    const { size, d, layout } = this.#rows;
    const places = kernels.centroidsOf(this.#clusters) / 4;
    const moves = kernels.movesOf(this.#clusters) / 4;
    for (const [j, centroid] of [...centroids].entries()) {
      f32.fill(0, places + j * size, places + (j + 1) * size);
      f32.set(centroid, places + j * size);
      const moved = this.#before === undefined ? 0 : euclidean(centroid, this.#before.row(j));
      f32[moves + j] = 1.000001 * moved;
    }
    kernels.beginStep(layout, this.#clusters);
    let changed = 0;
    const isFirst = this.#before === undefined;
    const list = this.#rows.addressOf(0);
    for (let block = 0; 16 * block < this.#n; block++) {
      changed += kernels.assignBlock(layout, list, this.#clusters, block, isFirst);
    }
    this.#before = centroids;
    const labels = kernels.labelsOf(this.#clusters) / 4;
    const distances = kernels.distancesOf(this.#clusters) / 4;
    const counts = kernels.countsOf(this.#clusters) / 4;
    const sums = kernels.sumsOf(this.#clusters) / 8;
    const means = new Matrix(centroids.data.slice(), this.#k, d);
    for (let j = 0; j < this.#k; j++) {
      const count = u32[counts + j] as number;
      if (count === 0) continue;
      const row = Float64Array.from(f64.subarray(sums + j * size, sums + j * size + d));
      means.row(j).set(row.map((sum) => sum / count));
    }
    return {
      changed,
      labels: u32.slice(labels, labels + this.#n),
      distances: f32.slice(distances, distances + this.#n),
      counts: u32.slice(counts, counts + this.#k),
      means,
    };
  }
}

describeVariants("The step of k-means", (variant) => {
  /** Some steps from the first points on; after each, one centroid goes to a point far from where it was. */
  const expectSteps = (points: Matrix, k: number, keepsBounds: boolean, seed: number) => {
    const [n, d] = points.shape;
    const next = random(seed);
    const kernel = new KernelSteps(variant, points, k, keepsBounds);
    let centroids = rowsOf(points, 0, k);
    let before: Uint32Array | undefined;
    for (let step = 0; step < 5; step++) {
      const found = kernel.step(centroids);
      const wanted = kMeansStep(points, centroids, squaredDistanceFloats);
      expect(found.labels).toEqual(wanted.labels);
      expect(bitsOf(found.distances)).toEqual(bitsOf(Float32Array.from(wanted.distances)));
      expect(found.counts).toEqual(wanted.counts);
      expect(bitsOf(found.means.data)).toEqual(bitsOf(wanted.means.data));
      expect(found.changed).toBe(wanted.labels.filter((label, i) => label !== before?.[i]).length);
      before = wanted.labels;
      centroids = new Matrix(wanted.means.data.slice(), k, d);
      if (step % 2 === 1) {
        centroids.row(Math.floor(k * next())).set(points.row(Math.floor(n * next())));
      }
    }
  };

  it.each(LENGTHS)("on vectors of %i numbers is that of comparing all in float32", (d) => {
    for (const keepsBounds of [false, true]) {
      expectSteps(vectors("clustered", 90, d, d), 13, keepsBounds, d);
      expectSteps(vectors("unnormalised", 50, d, d), 8, keepsBounds, d);
    }
  });

  it.each(KINDS)("on %s vectors is that of comparing all in float32", (kind) => {
    for (const keepsBounds of [false, true]) {
      for (const d of [3, 33]) expectSteps(vectors(kind, 70, d, d), 9, keepsBounds, 1);
    }
  });

  it("is that of comparing all in float32 whatever the vectors and the number of centroids", () => {
    const run = fc.tuple(fc.constantFrom(...LENGTHS.slice(0, -2)), fc.nat(), fc.boolean());
    fc.assert(
      fc.property(run, fc.integer({ min: 1, max: 20 }), ([d, seed, keepsBounds], k) => {
        const sorts = [allSorts(d, seed), allSorts(d, seed + 1), allSorts(d, seed + 2)];
        const points = sorts.flatMap((rows) => [...rows]);
        expectSteps(Matrix.from(points), k, keepsBounds, seed);
      }),
      { numRuns: 40 },
    );
  });

  it("takes a vector from a centroid that goes out of float32's reach to one that is within", () => {
    const points = Matrix.from([[1], [1e18], [1.9e19]]);
    const kernel = new KernelSteps(variant, points, 2, true);
    for (const places of [
      [0, 1e18],
      [1.9e19, 1e18],
    ]) {
      const centroids = Matrix.from(places.map((x) => [x]));
      const wanted = kMeansStep(points, centroids, squaredDistanceFloats);
      expect(kernel.step(centroids).labels).toEqual(wanted.labels);
    }
  });
});
