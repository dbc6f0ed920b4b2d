import { InnerProducts } from "../../kernels/inner-products.js";
import { principalDirections } from "../../kernels/principal-directions.js";
import { Matrix } from "../../shared/matrix.js";

/** How many directions are found: the next multiple of 4, cut afterwards. */
const STEP = 4;

/** The most dimensions that vectors of length `d` can be reduced to. */
export function mostDimensions(d: number): number {
  return Math.floor(d / STEP) * STEP;
}

/**
 * Principal component analysis: vectors minus their mean, along the directions in which they differ most, the widest first.
 *
 * @param dimensions at most `mostDimensions(d)`.
 * @returns [rows x dimensions], and the share of the variance that it keeps.
 */
export function reduceDimensions(
  vectors: Matrix,
  dimensions: number,
): { readonly reduced: Matrix; readonly varianceKept: number } {
  const centred = centre(vectors);
  const components = Math.ceil(dimensions / STEP) * STEP;
  const directions = principalDirections(centred, components).vectors;
  const [, d] = vectors.shape;
  const kept = new Matrix(directions.data.subarray(0, dimensions * d), dimensions, d);
  const reduced = new InnerProducts().of(centred, kept);
  return { reduced, varianceKept: energy(reduced) / energy(centred) };
}

function centre(vectors: Matrix): Matrix {
  const [rows, d] = vectors.shape;
  const mean = new Float64Array(d);
  for (const row of vectors)
    for (let j = 0; j < d; j++) mean[j] = (mean[j] as number) + (row[j] as number);
  const centred = Matrix.zeros(rows, d);
  for (let i = 0; i < rows; i++) {
    const [from, to] = [vectors.row(i), centred.row(i)];
    for (let j = 0; j < d; j++) to[j] = (from[j] as number) - (mean[j] as number) / rows;
  }
  return centred;
}

function energy(matrix: Matrix): number {
  let sum = 0;
  for (let i = 0; i < matrix.data.length; i++) sum += (matrix.data[i] as number) ** 2;
  return sum;
}
