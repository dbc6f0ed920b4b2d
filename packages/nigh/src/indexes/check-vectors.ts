import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { type Ids, METRIC_INNER_PRODUCT, METRIC_L2, type Metric } from "./vector-index.js";

/** More would let the int32 sums of codes overflow. */
export const MOST_DIMENSIONS = 65_536;

/**
 * Vectors of `d` finite numbers as a Matrix, which is not copied where it is one already.
 *
 * @throws NighError `ERR_DIMENSION` for other dimensions, `ERR_INVALID_ARGUMENT` for NaN and infinities.
 */
export function checkVectors(where: string, vectors: MatrixLike, d: number): Matrix {
  const matrix = Matrix.from(vectors);
  const [rows, columns] = matrix.shape;
  if (rows > 0 && columns !== d) {
    throw new NighError(
      "ERR_DIMENSION",
      `${where}: the vectors have ${columns} dimensions, the index has ${d}.`,
    );
  }
  if (!allFinite(matrix.data)) throw notFinite(where, matrix);
  return matrix;
}

/** Ids as numbers; one for each of `count` vectors, when a count is given. */
export function checkIds(where: string, ids: Ids, count?: number): Float64Array {
  const isList = Array.isArray(ids) || ArrayBuffer.isView(ids);
  if (!isList) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the ids must be a list of numbers, found ${describe(ids)}.`,
    );
  }
  if (count !== undefined && ids.length !== count) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: found ${ids.length} ids for ${count} vectors: each needs one.`,
    );
  }
  for (const id of ids) {
    if (Number.isSafeInteger(id) && id >= 0) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: an id must be an integer from 0 to 2^53 - 1, found ${describe(id)}.`,
    );
  }
  return Float64Array.from(ids);
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for anything else than the two metrics. */
export function checkMetric(where: string, metric: unknown): Metric {
  if (metric === METRIC_INNER_PRODUCT || metric === METRIC_L2) return metric;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the metric must be METRIC_INNER_PRODUCT (0) or METRIC_L2 (1), found ${describe(metric)}.`,
  );
}

/** @throws NighError `ERR_INVALID_ARGUMENT` when it is no integer of 1 to 65,536. */
export function checkDimension(where: string, d: unknown): number {
  if (typeof d === "number" && Number.isInteger(d) && d >= 1 && d <= MOST_DIMENSIONS) return d;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "d" must be an integer from 1 to ${MOST_DIMENSIONS}, found ${describe(d)}.`,
  );
}

/** A finite number times 0 is 0, anything else NaN: one addition for each instead of two comparisons. */
function allFinite(data: Float32Array): boolean {
  let even = 0;
  let odd = 0;
  const end = data.length & ~1;
  for (let i = 0; i < end; i += 2) {
    even += (data[i] as number) * 0;
    odd += (data[i + 1] as number) * 0;
  }
  if (end < data.length) even += (data[end] as number) * 0;
  return even + odd === 0;
}

function notFinite(where: string, matrix: Matrix): NighError {
  const columns = matrix.shape[1];
  const at = matrix.data.findIndex((x) => !Number.isFinite(x));
  return new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: vector ${Math.floor(at / columns)} has ${matrix.data[at]} at dimension ${at % columns}: every number must be finite.`,
  );
}
