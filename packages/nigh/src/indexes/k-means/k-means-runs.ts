import type { Arena } from "../../kernels/arena.js";
import { Matrix } from "../../shared/matrix.js";
import type { SeededRandom } from "../../shared/seeded-random.js";
import { RowLists } from "../rows/row-lists.js";
import { METRIC_L2 } from "../vector-index.js";
import { chooseFirstCentroids } from "./first-centroids.js";

/** Bytes of the bounds of distances at most; without them each step looks at every pair. */
const MOST_BOUND_BYTES = 2 ** 29;
const BLOCK_BYTES = 2 ** 18;

/** What one start came to. */
export interface Start {
  /** [k, d]. */
  readonly centroids: Matrix;
  /** For each iteration, see `Kmeans.obj`. */
  readonly objectives: readonly number[];
}

/** Starts of k-means on the same vectors, in WebAssembly memory. */
export class KMeansRuns {
  readonly #rows: RowLists;
  readonly #arena: Arena;
  readonly #n: number;
  readonly #k: number;
  readonly #spherical: boolean;
  readonly #care: boolean;
  /** Address of the kernels' Clusters. */
  readonly #clusters: number;

  /** @param care whether first centroids are chosen with care. @throws NighError `ERR_OUT_OF_MEMORY`. */
  constructor(vectors: Matrix, k: number, spherical: boolean, care: boolean) {
    const [n, d] = vectors.shape;
    const rows = new RowLists(d, METRIC_L2, 1, rowsOfStep(n, d));
    const { arena, layout } = rows;
    rows.reserve([[0, n]]);
    rows.add(
      Uint32Array.from({ length: n }, (_, i) => i),
      vectors,
    );
    this.#rows = rows;
    this.#arena = arena;
    this.#n = n;
    this.#k = k;
    this.#spherical = spherical;
    this.#care = care;
    this.#clusters = arena.alloc(arena.kernels.clusterBytes(layout, k, n));
    const boundBytes = 4 * n * 4 * Math.ceil(k / 4);
    const bounds = boundBytes > MOST_BOUND_BYTES ? 0 : arena.alloc(boundBytes);
    arena.kernels.layOutClusters(layout, this.#clusters, k, n, bounds);
  }

  /**
   * Yields the number of iterations that are done since the last time.
   *
   * @param first centroids to begin with; k-means++ chooses them when it is missing.
   */
  *run(
    niter: number,
    random: SeededRandom,
    first: Matrix | undefined,
  ): Generator<number, Start, void> {
    this.#begin(first ?? chooseFirstCentroids(this.#rows, this.#k, random, this.#care));
    const objectives: number[] = [];
    for (let iteration = 0; iteration < niter; iteration++) {
      const changed = this.#assign(iteration === 0);
      objectives.push(this.#objective());
      const empty = this.#move();
      const ended = changed === 0 && empty === 0;
      yield ended ? niter - iteration : 1;
      if (ended) break;
    }
    return { centroids: this.#centroids(), objectives };
  }

  #begin(first: Matrix): void {
    const { size } = this.#rows;
    const start = this.#arena.kernels.centroidsOf(this.#clusters) / 4;
    const { f32 } = this.#arena;
    f32.fill(0, start, start + this.#k * size);
    for (let j = 0; j < this.#k; j++) {
      f32.set(first.row(j), start + j * size);
      if (this.#spherical) normalize(f32.subarray(start + j * size, start + (j + 1) * size));
    }
  }

  /** @returns how many rows have another centroid than before. */
  #assign(first: boolean): number {
    const { kernels } = this.#arena;
    const { layout, blockRows } = this.#rows;
    const list = this.#rows.addressOf(0);
    kernels.beginStep(layout, this.#clusters);
    let changed = 0;
    for (let block = 0; block * blockRows < this.#n; block++) {
      changed += kernels.assignBlock(layout, list, this.#clusters, block, first);
    }
    return changed;
  }

  #objective(): number {
    const { kernels, f32, f64 } = this.#arena;
    let sum = 0;
    if (!this.#spherical) {
      const start = kernels.distancesOf(this.#clusters) / 4;
      for (let i = 0; i < this.#n; i++) sum += f32[start + i] as number;
      return sum;
    }
    const sums = kernels.sumsOf(this.#clusters) / 8;
    const centroids = kernels.centroidsOf(this.#clusters) / 4;
    for (let t = 0; t < this.#k * this.#rows.size; t++) {
      sum += (f64[sums + t] as number) * (f32[centroids + t] as number);
    }
    return sum;
  }

  /** Moves the centroids to the means of their rows. @returns how many had none and got some. */
  #move(): number {
    const { kernels, f32, f64, u32 } = this.#arena;
    const { size } = this.#rows;
    const centroids = kernels.centroidsOf(this.#clusters) / 4;
    const sums = kernels.sumsOf(this.#clusters) / 8;
    const counts = kernels.countsOf(this.#clusters) / 4;
    const before = f32.slice(centroids, centroids + this.#k * size);
    for (let j = 0; j < this.#k; j++) {
      const count = u32[counts + j] as number;
      if (count === 0) continue;
      for (let t = j * size; t < (j + 1) * size; t++) {
        f32[centroids + t] = (f64[sums + t] as number) / count;
      }
    }
    const mended = this.#mend();
    const moves = kernels.movesOf(this.#clusters) / 4;
    for (let j = 0; j < this.#k; j++) {
      const centroid = f32.subarray(centroids + j * size, centroids + (j + 1) * size);
      if (this.#spherical) normalize(centroid);
      let square = 0;
      for (let t = 0; t < size; t++) {
        square += ((centroid[t] as number) - (before[j * size + t] as number)) ** 2;
      }
      f32[moves + j] = Math.sqrt(square) * 1.000001;
    }
    return mended;
  }

  /**
   * Gives each centroid without rows half of the cluster with the highest error, cut in the direction of its farthest row: both
   * centroids move a little from the mean, so that there are rows on either side.
   */
  #mend(): number {
    const { kernels, f32, u32 } = this.#arena;
    const { size } = this.#rows;
    const counts = u32.subarray(kernels.countsOf(this.#clusters) / 4).subarray(0, this.#k);
    if (!counts.includes(0)) return 0;
    const centroids = kernels.centroidsOf(this.#clusters) / 4;
    const { errors, farthest } = this.#errors();
    let mended = 0;
    for (let j = 0; j < this.#k; j++) {
      if (counts[j] !== 0) continue;
      const split = errors.reduce(
        (best, error, c) => (error > (errors[best] as number) ? c : best),
        0,
      );
      // Fewer different vectors than centroids: nothing can be split.
      if (errors[split] === 0) break;
      const far = this.#rows.floatsOf(farthest[split] as number) / 4;
      for (let t = 0; t < size; t++) {
        const mean = f32[centroids + split * size + t] as number;
        const step = ((f32[far + t] as number) - mean) / 16;
        f32[centroids + j * size + t] = mean + step;
        f32[centroids + split * size + t] = mean - step;
      }
      errors[split] = (errors[split] as number) / 2;
      errors[j] = errors[split] as number;
      farthest[j] = farthest[split] as number;
      mended++;
    }
    return mended;
  }

  /** Of each cluster: the sum of squared distances, and the row that is farthest from the centroid. */
  #errors(): { errors: Float64Array; farthest: Uint32Array } {
    const { kernels, f32, u32 } = this.#arena;
    const labels = kernels.labelsOf(this.#clusters) / 4;
    const distances = kernels.distancesOf(this.#clusters) / 4;
    const errors = new Float64Array(this.#k);
    const farthest = new Uint32Array(this.#k);
    const most = new Float32Array(this.#k).fill(-1);
    for (let i = 0; i < this.#n; i++) {
      const label = u32[labels + i] as number;
      const distance = f32[distances + i] as number;
      errors[label] = (errors[label] as number) + distance;
      if (distance <= (most[label] as number)) continue;
      most[label] = distance;
      farthest[label] = i;
    }
    return { errors, farthest };
  }

  #centroids(): Matrix {
    const { d, size } = this.#rows;
    const start = this.#arena.kernels.centroidsOf(this.#clusters) / 4;
    const centroids = Matrix.zeros(this.#k, d);
    for (let j = 0; j < this.#k; j++) {
      centroids.row(j).set(this.#arena.f32.subarray(start + j * size, start + j * size + d));
    }
    return centroids;
  }
}

/** Scales to length 1; what has length 0 stays. */
function normalize(vector: Float32Array): void {
  let square = 0;
  for (const x of vector) square += x * x;
  const length = Math.sqrt(square);
  if (length > 0)
    for (let t = 0; t < vector.length; t++) vector[t] = (vector[t] as number) / length;
}

/** Rows of a block, which one call of the kernel assigns: a power of two, about 256 KiB, less where there are few rows. */
function rowsOfStep(n: number, d: number): number {
  const rows = 2 ** Math.floor(Math.log2(Math.min(n, BLOCK_BYTES / (5 * d))));
  return Math.min(4096, Math.max(4, rows));
}
