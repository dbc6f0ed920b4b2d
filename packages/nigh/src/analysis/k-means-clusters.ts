import { Kmeans } from "../indexes/k-means/k-means.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";
import { type Clustering, numberBySize } from "./clustering.js";
import { checkWorkOptions, type Pace, paced, type WorkOptions } from "./paced-work.js";
import { checkPoints } from "./points.js";
import { rowsAt, SAMPLE_SIZE, Silhouettes, sampleOf } from "./silhouette.js";

export interface KMeansClustersOptions extends WorkOptions {
  /** Clusters, 1 up to the number of vectors; "auto" (the default) chooses by silhouette. */
  readonly k?: number | "auto" | undefined;
  /** Of "auto": the most clusters that are tried, at least 2. Default the square root of the number of vectors, at most 100. */
  readonly maxK?: number | undefined;
  /** Starts, of which the best is kept. Default 10, of more than 20,000 vectors 3. */
  readonly nredo?: number | undefined;
  /** Iterations of a start at most. Default 100. */
  readonly niter?: number | undefined;
  /** Decides all that is random, an integer of at least 0. Default 1234. */
  readonly seed?: number | undefined;
}

export interface KMeansClusters extends Clustering {
  /** [count x d], the mean of each cluster. */
  readonly centroids: Matrix;
  /** Sum of squared distances to the centroids. */
  readonly inertia: number;
  /** Of "auto": the mean silhouette of each number of clusters that was tried, ascending. */
  readonly silhouettes: readonly { readonly k: number; readonly silhouette: number }[];
}

interface Settings {
  readonly niter: number;
  readonly nredo: number;
  readonly seed: number;
}

const WHERE = "kMeansClusters";
/** Vectors that "auto" clusters, a random part where there are more. */
const TRIED_ROWS = 10_000;
const MOST_TRIED = 100;
/** Beyond these, fewer starts are made. */
const MANY_ROWS = 20_000;
/** Each number of clusters that is tried is about so many times the one before. */
const RATIO = 1.2;

/**
 * Clusters by k-means ({@link Kmeans}, Euclidean): each vector is in one, the nearest. First centroids are those of greedy k-means++, as in
 * scikit-learn's KMeans.
 *
 * With k "auto" clusterings of 2, 3, 4, … (from 6 on in steps of a fifth) are made of at most 10,000 vectors, and the one with the highest mean
 * silhouette (Rousseeuw 1987), measured on at most 2,000 of them, gives k; of equal ones the smaller. Both parts are random ones that the
 * seed decides. Fewer than 3 vectors, and vectors that are all the same, are one cluster. There are fewer clusters than k where there
 * are fewer different vectors. Memory: 1.9 kB a vector at 384 dimensions, and at most 512 MB of bounds.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for k above the number of vectors; `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_ABORTED`.
 */
export async function kMeansClusters(
  vectors: MatrixLike,
  options: KMeansClustersOptions = {},
): Promise<KMeansClusters> {
  checkWorkOptions(WHERE, options, ["k", "maxK", "nredo", "niter", "seed"]);
  const once = {
    niter: checkInteger(WHERE, "niter", options.niter ?? 100, 1),
    seed: checkInteger(WHERE, "seed", options.seed ?? 1234, 0),
  };
  const nredo =
    options.nredo === undefined ? undefined : checkInteger(WHERE, "nredo", options.nredo, 1);
  const { k = "auto" } = options;
  if (k !== "auto") checkK(k);
  const maxK =
    options.maxK === undefined ? undefined : checkInteger(WHERE, "maxK", options.maxK, 2);
  const points = checkPoints(WHERE, vectors);
  const rows = points.shape[0];
  if (k !== "auto" && k > rows && rows > 0) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${WHERE}: found k = ${k} and ${rows} vectors: ask for at most as many clusters as there are vectors.`,
    );
  }
  if (rows === 0) {
    const labels = new Int32Array();
    return { labels, count: 0, centroids: Matrix.zeros(0, 0), inertia: 0, silhouettes: [] };
  }
  const settings = { ...once, nredo: nredo ?? (rows > MANY_ROWS ? 3 : 10) };
  const candidates = k === "auto" ? numbersToTry(rows, maxK) : [];
  const steps = settings.niter * (settings.nredo + candidates.length);
  return paced("Clustering", steps, options, async (pace) => {
    const silhouettes = await trySilhouettes(points, candidates, settings, pace);
    const best = silhouettes.reduce(
      (top, one) => (one.silhouette > top.silhouette ? one : top),
      silhouettes[0] ?? { k: 1, silhouette: 0 },
    );
    const clusters = await cluster(points, k === "auto" ? best.k : k, settings, pace);
    return { ...clusters, silhouettes };
  });
}

/** Mean silhouettes of clusterings of a part of the vectors. */
async function trySilhouettes(
  points: Matrix,
  candidates: readonly number[],
  settings: Settings,
  pace: Pace,
): Promise<{ k: number; silhouette: number }[]> {
  if (candidates.length === 0) return [];
  const all = Uint32Array.from({ length: points.shape[0] }, (_, row) => row);
  const tried = sampleOf(all, TRIED_ROWS, settings.seed);
  const part = tried.length === all.length ? points : rowsAt(points, tried);
  const measured = sampleOf(all.subarray(0, tried.length), SAMPLE_SIZE, settings.seed);
  const silhouettes = new Silhouettes(part, measured);
  const found: { k: number; silhouette: number }[] = [];
  for (const k of candidates) {
    const { labels } = await cluster(part, k, { ...settings, nredo: 1 }, pace);
    const silhouette = silhouettes.mean(Array.from(measured, (row) => labels[row] as number));
    if (silhouette !== undefined) found.push({ k, silhouette });
  }
  return found;
}

async function cluster(
  points: Matrix,
  k: number,
  { niter, nredo, seed }: Settings,
  pace: Pace,
): Promise<Omit<KMeansClusters, "silhouettes">> {
  const kmeans = new Kmeans(points.shape[1], k, { niter, nredo, seed });
  await kmeans.trainInTurns(points, (iterations) => pace.done(iterations));
  const { labels, distances } = kmeans.assign(points);
  const numbered = numberBySize(labels);
  let inertia = 0;
  for (const distance of distances) inertia += distance;
  return {
    labels: numbered.labels,
    count: numbered.count,
    centroids: rowsAt(kmeans.centroids, Uint32Array.from(numbered.old)),
    inertia,
  };
}

function numbersToTry(rows: number, maxK: number | undefined): number[] {
  const most = Math.min(maxK ?? Math.min(MOST_TRIED, Math.ceil(Math.sqrt(rows))), rows - 1);
  const numbers: number[] = [];
  for (let k = 2; k <= most; k = Math.max(k + 1, Math.round(k * RATIO))) numbers.push(k);
  return numbers;
}

function checkK(k: unknown): void {
  if (typeof k === "number" && Number.isInteger(k) && k >= 1) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${WHERE}: "k" must be an integer of at least 1, or "auto", found ${describe(k)}.`,
  );
}
