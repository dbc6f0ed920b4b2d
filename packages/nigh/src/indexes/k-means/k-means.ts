import { NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import { checkInteger, checkKeys, checkTypes } from "../../shared/options.js";
import { type OnProgress, ProgressMeter } from "../../shared/progress.js";
import { SeededRandom } from "../../shared/seeded-random.js";
import { checkDimension, checkVectors } from "../check-vectors.js";
import { IndexFlat } from "../index-flat.js";
import { METRIC_INNER_PRODUCT, METRIC_L2 } from "../vector-index.js";
import { KMeansRuns, type Start } from "./k-means-runs.js";

/** Names and defaults as in FAISS, but for `maxPointsPerCentroid`. */
export interface KmeansOptions {
  /** Iterations at most, at least 1; default 25. It ends earlier when no vector changes its centroid any more. */
  readonly niter?: number | undefined;
  /** Starts, of which the best is kept; default 1. */
  readonly nredo?: number | undefined;
  /** Decides all that is random, an integer of at least 0; default 1234. */
  readonly seed?: number | undefined;
  /** Scale centroids to length 1, for inner products; default false. */
  readonly spherical?: boolean | undefined;
  /**
   * Where there are more vectors than this for each centroid, a random part of that size is learned from. Default Infinity:
   * nothing is left out (FAISS: 256).
   */
  readonly maxPointsPerCentroid?: number | undefined;
  /** Centroids that the first start begins with, [k, d]; default: chosen by k-means++. */
  readonly initialCentroids?: MatrixLike | undefined;
  /** Told after each iteration. */
  readonly onProgress?: OnProgress | undefined;
}

/** Checked, with defaults. */
interface Settings {
  readonly niter: number;
  readonly nredo: number;
  readonly seed: number;
  readonly spherical: boolean;
  readonly maxPointsPerCentroid: number;
}

const OPTIONS = [
  "niter",
  "nredo",
  "seed",
  "spherical",
  "maxPointsPerCentroid",
  "initialCentroids",
  "onProgress",
] as const satisfies readonly (keyof KmeansOptions)[];

/**
 * k-means clustering, with the name and shape that it has in FAISS. Each vector goes to the nearest centroid as a
 * float32 comparison with all of them would say, of equally near ones to the first; means are summed in float64. Centroids
 * start from k-means++ on a random part of the vectors; one that loses all its vectors takes over half of the cluster with
 * the highest error. The same seed gives the same result.
 */
export class Kmeans {
  readonly d: number;
  readonly k: number;
  readonly #options: Settings;
  readonly #first: Matrix | undefined;
  readonly #onProgress: OnProgress | undefined;
  #best: Start | undefined;
  #index: IndexFlat | undefined;

  /**
   * @param d dimensions, 1 to 65,536. @param k centroids, at least 1.
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_DIMENSION` for initial centroids of other dimensions.
   */
  constructor(d: number, k: number, options: KmeansOptions = {}) {
    this.d = checkDimension("Kmeans", d);
    this.k = checkInteger("Kmeans", "k", k, 1);
    checkKeys("Kmeans", options, OPTIONS);
    checkTypes("Kmeans", options, { spherical: "boolean", onProgress: "function" });
    const { niter = 25, nredo = 1, seed = 1234, spherical = false } = options;
    const { maxPointsPerCentroid = Infinity } = options;
    checkInteger("Kmeans", "niter", niter, 1);
    checkInteger("Kmeans", "nredo", nredo, 1);
    checkInteger("Kmeans", "seed", seed, 0);
    if (maxPointsPerCentroid !== Infinity) {
      checkInteger("Kmeans", "maxPointsPerCentroid", maxPointsPerCentroid, 1);
    }
    this.#options = { niter, nredo, seed, spherical, maxPointsPerCentroid };
    this.#onProgress = options.onProgress;
    if (options.initialCentroids !== undefined) {
      const first = checkVectors("Kmeans: initialCentroids", options.initialCentroids, this.d);
      if (first.shape[0] !== this.k) {
        throw new NighError(
          "ERR_INVALID_ARGUMENT",
          `Kmeans: "initialCentroids" has ${first.shape[0]} rows, expected k = ${this.k}.`,
        );
      }
      this.#first = first;
    }
  }

  /** [k, d]. @throws NighError `ERR_NOT_TRAINED`. */
  get centroids(): Matrix {
    return this.#trained("centroids").centroids;
  }

  /**
   * At each iteration of the best start, for the centroids before it: the sum of squared distances to the nearest
   * centroid, or, when `spherical`, the sum of inner products with it.
   *
   * @throws NighError `ERR_NOT_TRAINED`.
   */
  get obj(): readonly number[] {
    return this.#trained("obj").objectives;
  }

  /**
   * @param x at least `k` vectors.
   * @throws NighError `ERR_INVALID_ARGUMENT` for fewer vectors, NaN and infinities; `ERR_DIMENSION`;
   * `ERR_OUT_OF_MEMORY` when they take more than 4 GiB with what goes with them. What was learned before stays then.
   */
  train(x: MatrixLike): void {
    const meter = new ProgressMeter(this.#options.niter * this.#options.nredo);
    for (const iterations of this.#training(x, false)) {
      meter.add(iterations);
      this.#onProgress?.(meter.read());
    }
  }

  /**
   * As {@link train}, but that first centroids are chosen with care, which takes longer and ends better; it waits after each iteration
   * for what `told` gives, and when that rejects, what was learned before stays.
   *
   * @param told is given the number of iterations that are done since the last time.
   * @internal
   */
  async trainInTurns(x: MatrixLike, told: (iterations: number) => Promise<void>): Promise<void> {
    for (const iterations of this.#training(x, true)) await told(iterations);
  }

  *#training(x: MatrixLike, care: boolean): Generator<number, void, void> {
    const all = checkVectors("Kmeans.train", x, this.d);
    if (all.shape[0] < this.k) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `Kmeans.train: found ${all.shape[0]} vectors, ${this.k} centroids need at least ${this.k}: give more vectors or ask for fewer centroids.`,
      );
    }
    const { niter, nredo, seed, spherical, maxPointsPerCentroid } = this.#options;
    const random = new SeededRandom(seed);
    const runs = new KMeansRuns(
      partOf(all, maxPointsPerCentroid * this.k, random),
      this.k,
      spherical,
      care,
    );
    let best: Start | undefined;
    for (let start = 0; start < nredo; start++) {
      const first = start === 0 ? this.#first : undefined;
      const found = yield* runs.run(niter, random, first);
      if (best === undefined || isBetter(found, best, spherical)) best = found;
    }
    this.#best = best;
    this.#index = undefined;
  }

  /**
   * The nearest centroid of each vector, as FAISS: squared distances, or inner products when `spherical`.
   *
   * @throws NighError `ERR_NOT_TRAINED`, `ERR_DIMENSION`, `ERR_INVALID_ARGUMENT` for NaN and infinities.
   */
  assign(x: MatrixLike): { distances: Float32Array; labels: Float64Array } {
    const { centroids } = this.#trained("assign");
    if (this.#index === undefined) {
      this.#index = new IndexFlat(
        this.d,
        this.#options.spherical ? METRIC_INNER_PRODUCT : METRIC_L2,
      );
      this.#index.add(centroids);
    }
    return this.#index.search(checkVectors("Kmeans.assign", x, this.d), 1);
  }

  #trained(what: string): Start {
    if (this.#best !== undefined) return this.#best;
    throw new NighError(
      "ERR_NOT_TRAINED",
      `Kmeans.${what}: there are no centroids yet: call train(x) first.`,
    );
  }
}

/** `count` of the rows, in their order, or all where there are no more. */
function partOf(all: Matrix, count: number, random: SeededRandom): Matrix {
  const [n, d] = all.shape;
  if (n <= count) return all;
  const part = Matrix.zeros(count, d);
  for (const [i, row] of random.sample(count, n).entries()) part.row(i).set(all.row(row));
  return part;
}

function isBetter(a: Start, b: Start, spherical: boolean): boolean {
  const [x, y] = [a.objectives.at(-1) as number, b.objectives.at(-1) as number];
  return spherical ? x > y : x < y;
}
