import { normalizeL2 } from "../kernels/similarity.js";
import { Matrix } from "../shared/matrix.js";

/** The first dimensions of each vector, where these are asked for, then scaled to length 1, if that is asked for. */
export function shapeVectors(
  matrix: Matrix,
  truncateDim: number | undefined,
  normalize: boolean,
): Matrix {
  let shaped = matrix;
  if (truncateDim !== undefined && truncateDim < matrix.shape[1]) {
    shaped = Matrix.zeros(matrix.shape[0], truncateDim);
    for (let i = 0; i < matrix.shape[0]; i++)
      shaped.row(i).set(matrix.row(i).subarray(0, truncateDim));
  }
  return normalize ? normalizeL2(shaped) : shaped;
}
