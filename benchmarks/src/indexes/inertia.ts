import { COLUMNS, chunksOf, readRows, type VectorFile } from "./vector-file.js";

/** The sum of all vectors' squared distances to the nearest centroid, by plain JavaScript. */
export function inertiaOf(vectors: VectorFile, centroids: string, clusters: number): number {
  const centres = readRows(centroids, 0, clusters);
  let sum = 0;
  for (const chunk of chunksOf(vectors))
    for (let start = 0; start < chunk.length; start += COLUMNS)
      sum += nearestSquare(chunk, start, centres);
  return sum;
}

function nearestSquare(rows: Float32Array, row: number, centres: Float32Array): number {
  let nearest = Infinity;
  for (let centre = 0; centre < centres.length; centre += COLUMNS) {
    let square = 0;
    for (let j = 0; j < COLUMNS; j++) {
      const difference = (rows[row + j] as number) - (centres[centre + j] as number);
      square += difference * difference;
    }
    nearest = Math.min(nearest, square);
  }
  return nearest;
}
