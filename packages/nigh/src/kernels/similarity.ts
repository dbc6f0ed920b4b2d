import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { dot, euclidean, manhattan } from "./plain.js";

type Vector = Float32Array | readonly number[];
type Compare = (a: Float32Array, b: Float32Array) => number;

/**
 * Cosine of the angle between vectors, -1 to 1; 0 where a vector has length 0. Two vectors give a
 * number, two sets a Matrix [rows of a, rows of b].
 *
 * @throws NighError `ERR_DIMENSION` when dimensions differ.
 */
export function cosineSimilarity(a: Vector, b: Vector): number;
export function cosineSimilarity(a: MatrixLike, b: MatrixLike): Matrix;
export function cosineSimilarity(a: Vector | MatrixLike, b: Vector | MatrixLike): number | Matrix {
  if (isVector(a) && isVector(b)) return cosineMatrix(one(a), one(b)).data[0] as number;
  return cosineMatrix(rowsOf(a), rowsOf(b));
}

/** Sum of products. Two vectors give a number, two sets a Matrix [rows of a, rows of b]. */
export function dotScore(a: Vector, b: Vector): number;
export function dotScore(a: MatrixLike, b: MatrixLike): Matrix;
export function dotScore(a: Vector | MatrixLike, b: Vector | MatrixLike): number | Matrix {
  return compare(a, b, dot);
}

/** Straight distance, 0 or more. Two vectors give a number, two sets a Matrix [rows of a, rows of b]. */
export function euclideanDistance(a: Vector, b: Vector): number;
export function euclideanDistance(a: MatrixLike, b: MatrixLike): Matrix;
export function euclideanDistance(a: Vector | MatrixLike, b: Vector | MatrixLike): number | Matrix {
  return compare(a, b, euclidean);
}

/**
 * Scales every row to length 1, in place, as FAISS does; rows of length 0 stay.
 *
 * @param vectors a Matrix, a list of Float32Array, or one Float32Array.
 * @returns what it was given.
 */
export function normalizeL2<T extends Matrix | Float32Array | readonly Float32Array[]>(
  vectors: T,
): T {
  const rows: Iterable<unknown> = vectors instanceof Float32Array ? [vectors] : vectors;
  for (const row of rows) {
    if (!(row instanceof Float32Array)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `normalizeL2 changes a Matrix, a Float32Array or a list of them in place; found ${describe(row)}.`,
      );
    }
    const length = Math.sqrt(dot(row, row));
    if (length > 0) for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / length;
  }
  return vectors;
}

/** Vectors as a Matrix; a single one is one row. */
export function rowsOf(vectors: Vector | MatrixLike): Matrix {
  return isVector(vectors) ? one(vectors) : Matrix.from(vectors);
}

/** Similarity by name, higher is nearer: distances are negative, as sentence-transformers has them. */
export function similarityMatrix(
  name: "cosine" | "dot" | "euclidean" | "manhattan",
  a: Matrix,
  b: Matrix,
): Matrix {
  if (name === "cosine") return cosineMatrix(a, b);
  if (name === "dot") return compareAll(a, b, dot);
  const distance = name === "euclidean" ? euclidean : manhattan;
  return compareAll(a, b, (x, y) => -distance(x, y));
}

/** {@link similarityMatrix} of row i with row i only. */
export function similarityOfPairs(
  name: "cosine" | "dot" | "euclidean" | "manhattan",
  a: Matrix,
  b: Matrix,
): Float32Array {
  checkSameDimension(a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new NighError(
      "ERR_DIMENSION",
      `Pairs need as many rows on both sides, found ${a.shape[0]} and ${b.shape[0]}.`,
    );
  }
  return Float32Array.from(
    { length: a.shape[0] },
    (_, i) => similarityMatrix(name, one(a.row(i)), one(b.row(i))).data[0] as number,
  );
}

function compare(a: Vector | MatrixLike, b: Vector | MatrixLike, by: Compare): number | Matrix {
  if (isVector(a) && isVector(b)) return compareAll(one(a), one(b), by).data[0] as number;
  return compareAll(rowsOf(a), rowsOf(b), by);
}

/** Divides in float64: products of tiny vectors would vanish in float32 before they are scaled. */
function cosineMatrix(a: Matrix, b: Matrix): Matrix {
  checkSameDimension(a, b);
  const scores = Matrix.zeros(a.shape[0], b.shape[0]);
  const lengthsB = Array.from(b, (row) => Math.sqrt(dot(row, row)));
  for (let i = 0; i < a.shape[0]; i++) {
    const left = a.row(i);
    const lengthA = Math.sqrt(dot(left, left));
    const out = scores.row(i);
    for (const [j, lengthB] of lengthsB.entries()) {
      const length = lengthA * lengthB;
      out[j] = length === 0 ? 0 : dot(left, b.row(j)) / length;
    }
  }
  return scores;
}

function compareAll(a: Matrix, b: Matrix, by: Compare): Matrix {
  checkSameDimension(a, b);
  const scores = Matrix.zeros(a.shape[0], b.shape[0]);
  for (let i = 0; i < a.shape[0]; i++) {
    const left = a.row(i);
    const out = scores.row(i);
    for (let j = 0; j < b.shape[0]; j++) out[j] = by(left, b.row(j));
  }
  return scores;
}

function isVector(value: unknown): value is Vector {
  return value instanceof Float32Array || (Array.isArray(value) && typeof value[0] === "number");
}

function one(vector: Vector): Matrix {
  if (!isVector(vector))
    throw new NighError("ERR_INVALID_ARGUMENT", `Expected a vector, found ${describe(vector)}.`);
  return new Matrix(Float32Array.from(vector), 1, vector.length);
}

function checkSameDimension(a: Matrix, b: Matrix): void {
  if (a.shape[1] === b.shape[1] || a.shape[0] === 0 || b.shape[0] === 0) return;
  throw new NighError(
    "ERR_DIMENSION",
    `The vectors have ${a.shape[1]} and ${b.shape[1]} dimensions: they must be equal.`,
  );
}
