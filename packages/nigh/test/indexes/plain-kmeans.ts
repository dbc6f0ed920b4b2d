import { Matrix } from "nigh";

/** Lloyd's algorithm from given centroids, in float64: the plain reference of Kmeans. */
export function plainKmeans(points: Matrix, initial: Matrix, iterations: number): Matrix {
  const [k, d] = initial.shape;
  let centroids = initial;
  for (let i = 0; i < iterations; i++) {
    const sums = new Float64Array(k * d);
    const counts = new Float64Array(k);
    for (const point of points) {
      const { label } = nearestCentroid(point, centroids);
      counts[label] = (counts[label] as number) + 1;
      for (const [j, x] of point.entries())
        sums[label * d + j] = (sums[label * d + j] as number) + x;
    }
    const means = sums.map((sum, at) => sum / (counts[Math.floor(at / d)] as number));
    centroids = new Matrix(Float32Array.from(means), k, d);
  }
  return centroids;
}

/** Of equally near ones the first. */
export function nearestCentroid(point: Float32Array, centroids: Matrix) {
  let label = 0;
  let distance = Infinity;
  for (const [c, centroid] of [...centroids].entries()) {
    let sum = 0;
    for (const [j, x] of point.entries()) sum += (x - (centroid[j] as number)) ** 2;
    if (sum < distance) [label, distance] = [c, sum];
  }
  return { label, distance };
}

/** Sum of the squared distances from the points to their nearest centroids. */
export function inertiaOf(points: Matrix, centroids: Matrix): number {
  let sum = 0;
  for (const point of points) sum += nearestCentroid(point, centroids).distance;
  return sum;
}
