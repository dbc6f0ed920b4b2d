import { NighError } from "../../shared/errors.js";
import type { Matrix } from "../../shared/matrix.js";
import { METRIC_INNER_PRODUCT, type Metric, type VectorIndex } from "../vector-index.js";
import { Kmeans } from "./k-means.js";

/** As in FAISS's training of inverted files. */
const ITERATIONS = 10;
const POINTS_PER_CENTROID = 256;

/**
 * Fills a quantizer with `nlist` centroids, ids 0 to nlist - 1, learned by k-means from at most 256 vectors a centroid. For
 * inner products centroids are scaled to length 1, as in FAISS.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when there are fewer than `nlist` vectors; the quantizer is as before then.
 */
export function trainQuantizer(
  where: string,
  quantizer: VectorIndex,
  nlist: number,
  metric: Metric,
  vectors: Matrix,
): void {
  const count = vectors.shape[0];
  if (count < nlist) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: found ${count} training vectors, ${nlist} lists need at least ${nlist}, and 39 each to be good: give more vectors or use fewer lists.`,
    );
  }
  const clustering = new Kmeans(quantizer.d, nlist, {
    niter: ITERATIONS,
    spherical: metric === METRIC_INNER_PRODUCT,
    maxPointsPerCentroid: POINTS_PER_CENTROID,
  });
  clustering.train(vectors);
  const { centroids } = clustering;
  if (!quantizer.isTrained) quantizer.train(centroids);
  quantizer.removeIds(quantizer.ids());
  quantizer.addWithIds(
    centroids,
    Float64Array.from({ length: nlist }, (_, list) => list),
  );
}
