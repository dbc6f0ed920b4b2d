import { NighError } from "../../shared/errors.js";
import type { Matrix, MatrixLike } from "../../shared/matrix.js";
import { checkFinite, checkInteger, checkOneOf } from "../../shared/options.js";
import { type Clustering, numberBySize } from "../clustering.js";
import { checkWorkOptions, type Pace, paced, type WorkOptions } from "../paced-work.js";
import { checkPoints, unitRows } from "../points.js";
import { ClusterMeans } from "./cluster-means.js";
import type { Merge } from "./merge.js";
import { MergingMatrix } from "./merging-matrix.js";
import { mergesOf } from "./nearest-neighbour-chain.js";
import { mergeReciprocal } from "./reciprocal-merges.js";

/** Names as in scikit-learn's AgglomerativeClustering; one of `nClusters` and `distanceThreshold` is to be given. */
export interface AgglomerativeClustersOptions extends WorkOptions {
  /** Clusters, 1 up to the number of vectors. */
  readonly nClusters?: number | undefined;
  /** Clusters as far apart as this, or farther, stay apart; at least 0. */
  readonly distanceThreshold?: number | undefined;
  /** How far two clusters are from each other: by Ward's increase of variance (the default), the farthest pair, the average of all pairs. */
  readonly linkage?: "ward" | "complete" | "average" | undefined;
  /** Distance of two vectors; "ward" has "euclidean" alone. Default "euclidean". "cosine" is 1 - cosine similarity. */
  readonly metric?: "euclidean" | "cosine" | undefined;
}

export interface AgglomerativeClusters extends Clustering {
  /** All merges, the nearest first, one fewer than vectors: the whole tree. Merge i makes cluster n + i. */
  readonly merges: readonly Merge[];
}

const WHERE = "agglomerativeClusters";

/**
 * Hierarchical clusters: the nearest two become one again and again; scikit-learn's AgglomerativeClustering, with its partitions (its numbers
 * of clusters are others: here they go by size).
 *
 * Time grows with the square of the vectors. Linkage "ward", and "average" of cosines, need a copy of the vectors alone, so
 * 100,000 x 384 in 160 MB; others keep the distance of every pair, 2 n² bytes, and refuse more than 23,170 vectors (1 GiB).
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for more clusters than vectors; `ERR_OUT_OF_MEMORY`, `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_ABORTED`.
 */
export async function agglomerativeClusters(
  vectors: MatrixLike,
  options: AgglomerativeClustersOptions,
): Promise<AgglomerativeClusters> {
  checkWorkOptions(WHERE, options, ["nClusters", "distanceThreshold", "linkage", "metric"]);
  const { nClusters, distanceThreshold } = options;
  if ((nClusters === undefined) === (distanceThreshold === undefined)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: found ${nClusters === undefined ? "neither" : "both"} of "nClusters" and "distanceThreshold", expected one of them.`,
    );
  }
  if (nClusters !== undefined) checkInteger(WHERE, "nClusters", nClusters, 1);
  if (distanceThreshold !== undefined) {
    if (checkFinite(WHERE, "distanceThreshold", distanceThreshold) < 0) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: "distanceThreshold" must be at least 0, found ${distanceThreshold}.`,
      );
    }
  }
  const linkage = checkOneOf(WHERE, "linkage", options.linkage ?? "ward", [
    "ward",
    "complete",
    "average",
  ]);
  const metric = checkOneOf(WHERE, "metric", options.metric ?? "euclidean", [
    "euclidean",
    "cosine",
  ]);
  if (linkage === "ward" && metric === "cosine") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: linkage "ward" is defined by Euclidean distances: leave "metric" out, or use linkage "average". On vectors of length 1 both say nearly the same.`,
    );
  }
  const points = checkPoints(WHERE, vectors);
  const rows = points.shape[0];
  if (rows > 0 && nClusters !== undefined && nClusters > rows) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: found nClusters = ${nClusters} and ${rows} vectors: ask for at most as many clusters as there are vectors.`,
    );
  }
  const merges =
    rows < 2
      ? []
      : await paced("Clustering", rows - 1, options, (pace) =>
          merge(points, linkage, metric, pace),
        );
  const taken =
    nClusters === undefined
      ? merges.filter(({ distance }) => distance < (distanceThreshold as number))
      : merges.slice(0, Math.max(0, rows - nClusters));
  const { labels, count } = numberBySize(labelsAfter(rows, taken));
  return { labels, count, merges };
}

async function merge(
  points: Matrix,
  linkage: "ward" | "complete" | "average",
  metric: "euclidean" | "cosine",
  pace: Pace,
): Promise<Merge[]> {
  const rows = points.shape[0];
  if (linkage === "ward") return mergeReciprocal(new ClusterMeans(points, linkage), pace);
  const cosine = metric === "cosine";
  const measured = cosine ? unitRows(points) : points;
  if (cosine && linkage === "average") {
    return mergeReciprocal(new ClusterMeans(measured, "average cosine"), pace);
  }
  const matrix = new MergingMatrix(WHERE, rows, linkage);
  await matrix.measure(measured, cosine, pace);
  return mergesOf(rows, matrix, pace);
}

/** A number of each vector's cluster after some merges, which come in their order. */
function labelsAfter(rows: number, merges: readonly Merge[]): Int32Array {
  const labels = new Int32Array(rows);
  const clusters = new Int32Array(rows + merges.length).map((_, cluster) => cluster);
  // A later merge is higher up: its number is known before those of its parts.
  for (let i = merges.length - 1; i >= 0; i--) {
    const { a, b } = merges[i] as Merge;
    clusters[a] = clusters[rows + i] as number;
    clusters[b] = clusters[rows + i] as number;
  }
  for (let row = 0; row < rows; row++) labels[row] = clusters[row] as number;
  return labels;
}
