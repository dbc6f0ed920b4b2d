import { checkVectors } from "../indexes/check-vectors.js";
import { dot } from "../kernels/plain.js";
import { normalizeL2 } from "../kernels/similarity.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";

/** Squared distances of vectors that are no longer can be said in float32. */
const LONGEST = 1e18;

/**
 * The vectors to analyse, any number of them, as a Matrix of finite numbers.
 *
 * @throws NighError `ERR_DIMENSION` for rows of different length or none, `ERR_INVALID_ARGUMENT` for NaN, infinities and lengths beyond 1e18.
 */
export function checkPoints(where: string, vectors: MatrixLike): Matrix {
  const matrix = Matrix.from(vectors);
  const [rows, columns] = matrix.shape;
  if (rows > 0 && columns === 0) {
    throw new NighError("ERR_DIMENSION", `${where}: the vectors have no dimensions.`);
  }
  checkVectors(where, matrix, columns);
  for (let row = 0; row < rows; row++) {
    const vector = matrix.row(row);
    const length = Math.sqrt(dot(vector, vector));
    if (length <= LONGEST) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: vector ${row} has a length of ${length.toExponential(1)}, expected at most 1e18: distances would not fit into float32.`,
    );
  }
  return matrix;
}

/** A copy with rows of length 1; rows of length 0 stay, so that their cosine with everything is 0. */
export function unitRows(matrix: Matrix): Matrix {
  return normalizeL2(new Matrix(matrix.data.slice(), ...matrix.shape));
}

/** A cosine, -1 to 1. @throws NighError `ERR_INVALID_ARGUMENT` for anything else. */
export function checkCosine(where: string, name: string, value: unknown): number {
  if (typeof value === "number" && value >= -1 && value <= 1) return value;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "${name}" is compared with cosines and must be from -1 to 1, found ${describe(value)}.`,
  );
}

/**
 * A list of strings, one for each of `rows` vectors where that is given.
 *
 * @throws NighError `ERR_INVALID_TEXT`, `ERR_INVALID_ARGUMENT`.
 */
export function checkTextList(where: string, texts: unknown, rows?: number): readonly string[] {
  if (!Array.isArray(texts)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the texts must be a list of strings, found ${describe(texts)}.`,
    );
  }
  const bad = texts.findIndex((text) => typeof text !== "string");
  if (bad >= 0) {
    throw new NighError(
      "ERR_INVALID_TEXT",
      `${where}: text ${bad} must be a string, found ${describe(texts[bad])}.`,
    );
  }
  if (rows !== undefined && texts.length !== rows) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: found ${texts.length} texts for ${rows} vectors: each needs one.`,
    );
  }
  return texts;
}
