import { InnerProducts } from "../kernels/inner-products.js";
import { principalDirections } from "../kernels/principal-directions.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";
import { checkPoints } from "./points.js";

export interface Projection {
  /** [rows x components]. */
  readonly coordinates: Matrix;
  /** Share of the variance along each component, 0 to 1. */
  readonly varianceRatio: readonly number[];
}

const WHERE = "principalComponents";
/** As many directions are found at once, at least. */
const STEP = 4;
/** Rounds after which two directions are told apart even where they extend nearly alike. */
const ITERATIONS = 60;
/** Rows whose coordinates are computed at once, and rows that the directions are learned from at most. */
const BLOCK = 4096;
const LEARNED_ROWS = 20_000;
/** What vectors that are all the same differ by, since their mean is rounded: a part of their squares. */
const ROUNDING = 1e-12;

/**
 * Coordinates for a picture: principal component analysis (Pearson 1901), vectors minus their mean along the directions in which they
 * differ most, the widest first, as scikit-learn's PCA. The sign of a direction is such that its largest number is positive. Directions are
 * learned from evenly spread 20,000 vectors where there are more. Components beyond those that the vectors have are 0.
 *
 * @param components at least 1, default 2.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_DIMENSION`.
 */
export function principalComponents(vectors: MatrixLike, components = 2): Projection {
  checkInteger(WHERE, "components", components, 1);
  const points = checkPoints(WHERE, vectors);
  const rows = points.shape[0];
  const coordinates = Matrix.zeros(rows, components);
  if (rows === 0) return { coordinates, varianceRatio: new Array<number>(components).fill(0) };
  const mean = meanOf(points);
  const directions = directionsOf(points, mean, components);
  const products = new InnerProducts();
  const energies = new Float64Array(components);
  let total = 0;
  let lengths = 0;
  for (const x of points.data) lengths += x * x;
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(from + BLOCK, rows);
    const centred = centredRows(points, mean, from, to, 1);
    for (const x of centred.data) total += x * x;
    const along = products.of(centred, directions);
    coordinates.data.set(along.data, from * components);
    for (let i = 0; i < along.data.length; i++) {
      const c = i % components;
      energies[c] = (energies[c] as number) + (along.data[i] as number) ** 2;
    }
  }
  if (total <= ROUNDING * lengths) {
    coordinates.data.fill(0);
    return { coordinates, varianceRatio: new Array<number>(components).fill(0) };
  }
  return { coordinates, varianceRatio: Array.from(energies, (energy) => energy / total) };
}

function directionsOf(points: Matrix, mean: Float64Array, components: number): Matrix {
  const [rows, d] = points.shape;
  const stride = Math.ceil(rows / LEARNED_ROWS);
  const sample = centredRows(points, mean, 0, rows, stride);
  // Vectors of a few dimensions are padded: directions are found by fours.
  const padded = Math.ceil(Math.max(d, components) / STEP) * STEP;
  const wide = padded === d ? sample : widened(sample, padded);
  const count = Math.ceil(components / STEP) * STEP;
  const found = principalDirections(wide, count, ITERATIONS).vectors;
  const directions = Matrix.zeros(components, d);
  for (let c = 0; c < components; c++) {
    const direction = found.row(c).subarray(0, d);
    const largest = direction.reduce((top, x) => (Math.abs(x) > Math.abs(top) ? x : top), 0);
    const sign = largest < 0 ? -1 : 1;
    directions.row(c).set(direction.map((x) => sign * x));
  }
  return directions;
}

function meanOf(points: Matrix): Float64Array {
  const [rows, d] = points.shape;
  const mean = new Float64Array(d);
  for (const row of points) {
    for (let i = 0; i < d; i++) mean[i] = (mean[i] as number) + (row[i] as number) / rows;
  }
  return mean;
}

/** Every `stride`-th row of a range, minus the mean. */
function centredRows(
  points: Matrix,
  mean: Float64Array,
  from: number,
  to: number,
  stride: number,
): Matrix {
  const d = points.shape[1];
  const centred = Matrix.zeros(Math.ceil((to - from) / stride), d);
  for (let i = 0; i < centred.shape[0]; i++) {
    const [row, out] = [points.row(from + i * stride), centred.row(i)];
    for (let c = 0; c < d; c++) out[c] = (row[c] as number) - (mean[c] as number);
  }
  return centred;
}

function widened(matrix: Matrix, columns: number): Matrix {
  const wide = Matrix.zeros(matrix.shape[0], columns);
  for (const [i, row] of Array.from(matrix).entries()) wide.row(i).set(row);
  return wide;
}
