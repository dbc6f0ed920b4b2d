import { describe } from "./describe.js";
import { NighError } from "./errors.js";
import { isFloat32Array } from "./plain-values.js";

/** Anything that nigh takes as a list of vectors. */
export type MatrixLike = Matrix | readonly Float32Array[] | readonly (readonly number[])[];

/**
 * Many vectors in one contiguous buffer, row after row.
 *
 * `data` has `shape[0] * shape[1]` float32 values; `row(i)` is a view, not a copy.
 */
export class Matrix implements Iterable<Float32Array> {
  readonly data: Float32Array;
  readonly shape: readonly [rows: number, columns: number];

  /**
   * @throws NighError `ERR_DIMENSION` when `data` does not hold exactly rows x columns values.
   */
  constructor(data: Float32Array, rows: number, columns: number) {
    if (data.length !== rows * columns) {
      throw new NighError(
        "ERR_DIMENSION",
        `A Matrix of ${rows} x ${columns} needs ${rows * columns} values, found ${data.length}.`,
      );
    }
    this.data = data;
    this.shape = [rows, columns];
  }

  static zeros(rows: number, columns: number): Matrix {
    return new Matrix(new Float32Array(rows * columns), rows, columns);
  }

  /**
   * Copies nothing when given a Matrix; otherwise packs the rows into one buffer.
   *
   * @throws NighError `ERR_DIMENSION` when rows differ in length, `ERR_INVALID_ARGUMENT` when a
   * row is not a vector of numbers.
   */
  static from(vectors: MatrixLike): Matrix {
    if (vectors instanceof Matrix) return vectors;
    if (!Array.isArray(vectors)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `Vectors must be a Matrix, a Float32Array[] or a number[][], found ${describe(vectors)}${isFloat32Array(vectors) ? ": put a single vector into a list, [vector]" : ""}.`,
      );
    }
    const columns = vectors.length === 0 ? 0 : checkVector(vectors[0], 0).length;
    const matrix = Matrix.zeros(vectors.length, columns);
    for (const [i, candidate] of vectors.entries()) {
      const vector = checkVector(candidate, i);
      if (vector.length !== columns) {
        throw new NighError(
          "ERR_DIMENSION",
          `Vector ${i} has ${vector.length} dimensions, vector 0 has ${columns}: all must be equal.`,
        );
      }
      matrix.data.set(vector, i * columns);
    }
    return matrix;
  }

  /** Row `i` as a view into `data`. */
  row(i: number): Float32Array {
    const [rows, columns] = this.shape;
    if (!Number.isInteger(i) || i < 0 || i >= rows) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `Row ${i} is outside of a Matrix of ${rows} rows.`,
      );
    }
    return this.data.subarray(i * columns, (i + 1) * columns);
  }

  /** Rows `from` to `to` (exclusive) as a view into `data`. */
  rows(from: number, to: number): Matrix {
    const [rows, columns] = this.shape;
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from > to || to > rows) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `Rows ${from} to ${to} are outside of a Matrix of ${rows} rows.`,
      );
    }
    return new Matrix(this.data.subarray(from * columns, to * columns), to - from, columns);
  }

  toArray(): number[][] {
    return Array.from(this, (row) => Array.from(row));
  }

  *[Symbol.iterator](): IterableIterator<Float32Array> {
    for (let i = 0; i < this.shape[0]; i++) yield this.row(i);
  }
}

function checkVector(value: unknown, i: number): Float32Array | readonly number[] {
  if (isFloat32Array(value)) return value;
  if (Array.isArray(value) && value.every((x) => typeof x === "number")) return value;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `Vector ${i} must be a Float32Array or an array of numbers, found ${describe(value)}${typeof value === "number" ? ": put a single vector into a list, [vector]" : ""}.`,
  );
}
