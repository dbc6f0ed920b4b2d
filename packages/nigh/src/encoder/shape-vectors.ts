import { quantizeEmbeddings } from "../kernels/quantize-embeddings.js";
import { normalizeL2 } from "../kernels/similarity.js";
import { Matrix } from "../shared/matrix.js";
import type { Precision, QuantizedBytes, QuantizedMatrix } from "../shared/quantized-matrix.js";

/** What `encode` gives: a vector for one text, rows for a list. */
export type Encoded = Float32Array | Matrix | QuantizedBytes | QuantizedMatrix;

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

/** Vectors in a precision; the first alone, where one text was given and not a list. */
export function inPrecision(vectors: Matrix, precision: Precision, isSingle: boolean): Encoded {
  if (precision === "float32") return isSingle ? vectors.row(0).slice() : vectors;
  const quantized = quantizeEmbeddings(vectors, precision);
  return isSingle ? quantized.row(0) : quantized;
}
