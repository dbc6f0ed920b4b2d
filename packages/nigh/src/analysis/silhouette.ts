import { euclidean } from "../kernels/plain.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import { SeededRandom } from "../shared/seeded-random.js";
import { checkPoints } from "./points.js";

export interface SilhouetteOptions {
  /** Vectors that are looked at, a random part where there are more. Default 2,000. */
  readonly sampleSize?: number | undefined;
  /** Decides which, an integer of at least 0. Default 1234. */
  readonly seed?: number | undefined;
}

const WHERE = "silhouetteScore";
export const SAMPLE_SIZE = 2000;
const SEED = 1234;

/**
 * How well clusters are apart, -1 to 1: the mean silhouette (Rousseeuw 1987) over Euclidean distances, as scikit-learn's
 * silhouette_score. A vector that is alone in its cluster counts 0; vectors without a cluster (-1) are left out. Of more than `sampleSize`
 * vectors a random part is compared with itself.
 *
 * @param labels number of the cluster of each vector.
 * @throws NighError `ERR_INVALID_ARGUMENT` unless there are at least 2 clusters and fewer than vectors; `ERR_DIMENSION`, `ERR_UNKNOWN_OPTION`.
 */
export function silhouetteScore(
  vectors: MatrixLike,
  labels: ArrayLike<number>,
  options: SilhouetteOptions = {},
): number {
  checkKeys(WHERE, options, ["sampleSize", "seed"]);
  const sampleSize = checkInteger(WHERE, "sampleSize", options.sampleSize ?? SAMPLE_SIZE, 3);
  const seed = checkInteger(WHERE, "seed", options.seed ?? SEED, 0);
  const points = checkPoints(WHERE, vectors);
  const clustered = checkLabels(labels, points.shape[0]);
  const rows = sampleOf(clustered, sampleSize, seed);
  const score = new Silhouettes(points, rows).mean(
    Array.from(rows, (row) => labels[row] as number),
  );
  if (score !== undefined) return score;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: found ${new Set(Array.from(rows, (row) => labels[row])).size} clusters among ${rows.length} vectors, expected at least 2, and fewer than vectors.`,
  );
}

/** Rows that are looked at. @param rows to choose from. */
export function sampleOf(rows: Uint32Array, size: number, seed = SEED): Uint32Array {
  if (rows.length <= size) return rows;
  return new SeededRandom(seed).sample(size, rows.length).map((i) => rows[i] as number);
}

/** Distances between some vectors, for the silhouettes of one clustering after the other: 16 MB for 2,000 vectors. */
export class Silhouettes {
  readonly #size: number;
  readonly #distances: Float32Array;

  constructor(points: Matrix, rows: Uint32Array) {
    const size = rows.length;
    this.#size = size;
    this.#distances = new Float32Array(size * size);
    for (let i = 0; i < size; i++) {
      const left = points.row(rows[i] as number);
      for (let j = 0; j < i; j++) {
        const distance = euclidean(left, points.row(rows[j] as number));
        this.#distances[i * size + j] = distance;
        this.#distances[j * size + i] = distance;
      }
    }
  }

  /** @param labels one for each row. @returns undefined unless there are at least 2 clusters and fewer than rows. */
  mean(labels: readonly number[]): number | undefined {
    const numbers = new Map([...new Set(labels)].map((label, i) => [label, i]));
    const k = numbers.size;
    if (k < 2 || k >= this.#size) return undefined;
    const clusters = Uint32Array.from(labels, (label) => numbers.get(label) as number);
    const sizes = new Uint32Array(k);
    for (const cluster of clusters) sizes[cluster] = (sizes[cluster] as number) + 1;
    let total = 0;
    const sums = new Float64Array(k);
    for (let i = 0; i < this.#size; i++) {
      sums.fill(0);
      for (let j = 0; j < this.#size; j++) {
        const cluster = clusters[j] as number;
        sums[cluster] = (sums[cluster] as number) + (this.#distances[i * this.#size + j] as number);
      }
      total += silhouetteOf(clusters[i] as number, sums, sizes);
    }
    return total / this.#size;
  }
}

/** @param sums of the distances to the rows of each cluster. */
function silhouetteOf(own: number, sums: Float64Array, sizes: Uint32Array): number {
  const others = (sizes[own] as number) - 1;
  if (others === 0) return 0;
  const within = (sums[own] as number) / others;
  let nearest = Infinity;
  for (let c = 0; c < sums.length; c++) {
    if (c !== own) nearest = Math.min(nearest, (sums[c] as number) / (sizes[c] as number));
  }
  const larger = Math.max(within, nearest);
  // Vectors that are all the same lie no better in one cluster than in another.
  return larger === 0 ? 0 : (nearest - within) / larger;
}

function checkLabels(labels: ArrayLike<number>, rows: number): Uint32Array {
  if (!(Array.isArray(labels) || ArrayBuffer.isView(labels)) || labels.length !== rows) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: the labels must be a list of ${rows} numbers, one for each vector, found ${describe(labels)}.`,
    );
  }
  const clustered: number[] = [];
  for (let row = 0; row < rows; row++) {
    const label = labels[row];
    if (!Number.isInteger(label)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: label ${row} must be an integer, found ${describe(label)}.`,
      );
    }
    if ((label as number) >= 0) clustered.push(row);
  }
  return Uint32Array.from(clustered);
}

/** Some rows as a Matrix of their own. */
export function rowsAt(points: Matrix, rows: Uint32Array): Matrix {
  const some = Matrix.zeros(rows.length, points.shape[1]);
  for (const [i, row] of rows.entries()) some.row(i).set(points.row(row));
  return some;
}
