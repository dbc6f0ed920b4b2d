import { Matrix } from "../shared/matrix.js";
import { InnerProducts } from "./inner-products.js";
import { dot } from "./plain.js";

/** Directions in which vectors extend most: rows of `vectors` are nearly orthonormal, the widest direction first. */
export interface Directions {
  /** [components x d]. */
  readonly vectors: Matrix;
  /** Frobenius norm of what they miss of being orthonormal. */
  readonly error: number;
}

const ITERATIONS = 4;

/**
 * The leading eigenvectors of the second moments (not centred) of `sample`, nearly: orthogonal iteration (Golub & Van Loan, Matrix
 * Computations, 8.2.4) from a fixed start. Four rounds come within a percent of the energy that the eigenvectors hold.
 *
 * @param sample [m x d], finite.
 * @param components at most d, a multiple of 4.
 * @param iterations rounds; more come nearer to each single eigenvector.
 */
export function principalDirections(
  sample: Matrix,
  components: number,
  iterations = ITERATIONS,
): Directions {
  const d = sample.shape[1];
  const products = new InnerProducts();
  const moments = products.of(transpose(sample), transpose(sample));
  let basis = orthonormalize(products.of(fixedStart(components, d), moments));
  for (let i = 1; i < iterations; i++) basis = orthonormalize(products.of(basis, moments));
  return { vectors: basis, error: orthonormalError(basis) };
}

function transpose(matrix: Matrix): Matrix {
  const [rows, columns] = matrix.shape;
  const result = Matrix.zeros(columns, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      result.data[j * rows + i] = matrix.data[i * columns + j] as number;
    }
  }
  return result;
}

/** Numbers that look random and are always the same. */
function fixedStart(rows: number, columns: number): Matrix {
  const start = Matrix.zeros(rows, columns);
  let state = 1;
  for (let i = 0; i < start.data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    start.data[i] = state / 2 ** 31 - 1;
  }
  return start;
}

/** Gram-Schmidt, twice for each row ("twice is enough", Giraud et al. 2005); a row that vanishes becomes zeros. */
function orthonormalize(basis: Matrix): Matrix {
  const result = Matrix.zeros(...basis.shape);
  for (let i = 0; i < basis.shape[0]; i++) {
    const row = basis.row(i);
    const length = Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = result.row(j);
        const share = dot(row, other);
        for (let c = 0; c < row.length; c++) {
          row[c] = (row[c] as number) - share * (other[c] as number);
        }
      }
    }
    const left = Math.sqrt(dot(row, row));
    if (!(left > 1e-6 * length)) continue;
    const target = result.row(i);
    for (let c = 0; c < row.length; c++) target[c] = (row[c] as number) / left;
  }
  return result;
}

/** Rows of zeros are left out: they project to 0, as if they were not there. */
function orthonormalError(basis: Matrix): number {
  let squares = 0;
  for (let i = 0; i < basis.shape[0]; i++) {
    const row = basis.row(i);
    const square = dot(row, row);
    if (square > 0) squares += (square - 1) ** 2;
    for (let j = 0; j < i; j++) squares += 2 * dot(row, basis.row(j)) ** 2;
  }
  return Math.sqrt(squares);
}
