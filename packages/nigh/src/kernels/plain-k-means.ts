import { Matrix } from "../shared/matrix.js";

/** What a step of k-means gives. */
export interface KMeansStep {
  /** Number of the nearest centroid of each vector, of equally near ones the first. */
  readonly labels: Uint32Array;
  /** Squared distance to it. */
  readonly distances: Float64Array;
  /** Vectors of each centroid. */
  readonly counts: Uint32Array;
  /** Mean of each centroid's vectors; of one without vectors, the centroid. */
  readonly means: Matrix;
}

/** Squared distance of two vectors of the same length. */
export type SquaredDistance = (a: Float32Array, b: Float32Array) => number;

/**
 * A step of k-means in plain TypeScript: the reference for assembly/k-means.ts. Sums and means are in float64.
 *
 * @param distanceOf in float64 by default; the kernel compares as `squaredDistanceFloats` of plain-float-distance.ts does. What is no
 * number counts as Infinity.
 */
export function kMeansStep(
  vectors: Matrix,
  centroids: Matrix,
  distanceOf: SquaredDistance = squaredDistance,
): KMeansStep {
  const [n, d] = vectors.shape;
  const k = centroids.shape[0];
  const labels = new Uint32Array(n);
  const distances = new Float64Array(n).fill(Infinity);
  const counts = new Uint32Array(k);
  const sums = new Float64Array(k * d);
  for (let i = 0; i < n; i++) {
    const vector = vectors.row(i);
    for (let j = 0; j < k; j++) {
      const distance = distanceOf(vector, centroids.row(j));
      if (distance < (distances[i] as number)) {
        labels[i] = j;
        distances[i] = distance;
      }
    }
    const label = labels[i] as number;
    counts[label] = (counts[label] as number) + 1;
    for (let t = 0; t < d; t++) {
      sums[label * d + t] = (sums[label * d + t] as number) + (vector[t] as number);
    }
  }
  const means = new Matrix(centroids.data.slice(), k, d);
  for (let j = 0; j < k; j++) {
    const count = counts[j] as number;
    if (count === 0) continue;
    for (let t = 0; t < d; t++) means.data[j * d + t] = (sums[j * d + t] as number) / count;
  }
  return { labels, distances, counts, means };
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += ((a[t] as number) - (b[t] as number)) ** 2;
  return sum;
}
