import { IndexFlatL2 } from "../indexes/index-flat.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";
import { checkWorkOptions, type Pace, paced, type WorkOptions } from "./paced-work.js";
import { checkPoints } from "./points.js";

export interface OutliersOptions extends WorkOptions {
  /** Neighbours that a vector is compared with; all others where there are fewer. Default 20, as in scikit-learn. */
  readonly neighbours?: number | undefined;
  /** Factor, above 1, above which a vector is an outlier. Default 1.5, as in scikit-learn. */
  readonly threshold?: number | undefined;
}

export interface Outliers {
  /** Local outlier factor of each vector: about 1 where it lies as densely as its neighbours, more where it lies apart. */
  readonly scores: Float64Array;
  /** Rows with a factor above the threshold, the highest first. */
  readonly outliers: number[];
}

const WHERE = "outliers";
const QUERIES = 256;
/** As in scikit-learn, so that vectors that are all the same have a density. */
const LEAST_REACH = 1e-10;

/**
 * Vectors that lie apart from their neighbours, by the local outlier factor (Breunig et al. 2000, "LOF: Identifying density-based local
 * outliers") over Euclidean distances: scikit-learn's LocalOutlierFactor. It is chosen before the distance to the k-th neighbour since topics
 * differ in density: a strange text in a dense topic is found, and all of a loose topic is not. A single vector scores 1.
 * Memory: that of an index (1.9 kB a vector at 384 dimensions) and 16 bytes a neighbour.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_ABORTED`.
 */
export async function outliers(
  vectors: MatrixLike,
  options: OutliersOptions = {},
): Promise<Outliers> {
  checkWorkOptions(WHERE, options, ["neighbours", "threshold"]);
  const wanted = checkInteger(WHERE, "neighbours", options.neighbours ?? 20, 1);
  const threshold = checkThreshold(options.threshold ?? 1.5);
  const points = checkPoints(WHERE, vectors);
  const rows = points.shape[0];
  const scores = await paced("Finding outliers", rows, options, (pace) =>
    rows < 2
      ? Promise.resolve(new Float64Array(rows).fill(1))
      : localOutlierFactors(points, Math.min(wanted, rows - 1), pace),
  );
  const apart = Array.from(scores.keys()).filter((row) => (scores[row] as number) > threshold);
  return {
    scores,
    outliers: apart.sort((a, b) => (scores[b] as number) - (scores[a] as number)),
  };
}

async function localOutlierFactors(points: Matrix, k: number, pace: Pace): Promise<Float64Array> {
  const rows = points.shape[0];
  const { neighbours, distances } = await nearestOthers(points, k, pace);
  const meanOf = (row: number, value: (at: number) => number): number => {
    let sum = 0;
    for (let at = row * k; at < (row + 1) * k; at++) sum += value(at);
    return sum / k;
  };
  // The distance of a neighbour counts at least as much as that of its own k-th neighbour.
  const density = Float64Array.from({ length: rows }, (_, row) => {
    const reach = meanOf(row, (at) => {
      const other = neighbours[at] as number;
      return Math.max(distances[at] as number, distances[(other + 1) * k - 1] as number);
    });
    return 1 / (reach + LEAST_REACH);
  });
  return density.map(
    (own, row) => meanOf(row, (at) => density[neighbours[at] as number] as number) / own,
  );
}

/** The `k` nearest other rows of each row, and their distances. */
async function nearestOthers(
  points: Matrix,
  k: number,
  pace: Pace,
): Promise<{ neighbours: Uint32Array; distances: Float64Array }> {
  const [rows, d] = points.shape;
  const index = new IndexFlatL2(d);
  index.add(points);
  const neighbours = new Uint32Array(rows * k);
  const distances = new Float64Array(rows * k);
  for (let from = 0; from < rows; from += QUERIES) {
    const to = Math.min(from + QUERIES, rows);
    const found = index.search(points.rows(from, to), k + 1);
    for (let row = from; row < to; row++) {
      let taken = 0;
      for (let at = (row - from) * (k + 1); taken < k; at++) {
        const other = found.labels[at] as number;
        if (other === row) continue;
        neighbours[row * k + taken] = other;
        distances[row * k + taken] = Math.sqrt(found.distances[at] as number);
        taken += 1;
      }
    }
    await pace.done(to - from);
  }
  return { neighbours, distances };
}

function checkThreshold(value: unknown): number {
  if (typeof value === "number" && value > 1 && value < Infinity) return value;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: "threshold" is a factor of densities and must be a number above 1, found ${describe(value)}.`,
  );
}
