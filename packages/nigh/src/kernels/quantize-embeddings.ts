import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkKeys, checkOneOf } from "../shared/options.js";
import {
  checkRanges,
  isBinary,
  isSigned,
  PRECISIONS,
  type Precision,
  type QuantizedBytes,
  QuantizedMatrix,
  type QuantizedPrecision,
} from "../shared/quantized-matrix.js";

export interface QuantizeOptions {
  /** Lowest and highest number of each dimension, [2 x dimension], for "int8" and "uint8"; what is beyond them is cut. Default: those of `calibrationEmbeddings`. */
  ranges?: MatrixLike | undefined;
  /** Vectors whose lowest and highest numbers are the ranges, at least 2; some hundred make them steady. Default: the vectors themselves. */
  calibrationEmbeddings?: MatrixLike | undefined;
}

/** Highest step of a byte. */
const STEPS = 255;

/**
 * Vectors in a lower precision, as sentence-transformers' quantize_embeddings makes them, byte for byte: "int8" and "uint8" take a
 * quarter of float32's memory, "binary" and "ubinary" a 32nd. `ranges` of the result quantize later vectors alike.
 *
 * @param precision "float32" gives a copy.
 * @throws NighError `ERR_DIMENSION`, `ERR_UNKNOWN_OPTION`; `ERR_INVALID_ARGUMENT` for NaN and infinities, and where the ranges would be those
 * of a single vector.
 */
export function quantizeEmbeddings(
  embeddings: MatrixLike,
  precision: "float32",
  options?: QuantizeOptions,
): Matrix;
export function quantizeEmbeddings<P extends QuantizedPrecision>(
  embeddings: MatrixLike,
  precision: P,
  options?: QuantizeOptions,
): QuantizedMatrix<P>;
export function quantizeEmbeddings(
  embeddings: MatrixLike,
  precision: Precision,
  options?: QuantizeOptions,
): Matrix | QuantizedMatrix;
export function quantizeEmbeddings(
  embeddings: MatrixLike,
  precision: Precision,
  options: QuantizeOptions = {},
): Matrix | QuantizedMatrix {
  const where = "quantizeEmbeddings";
  checkKeys(where, options, ["ranges", "calibrationEmbeddings"]);
  checkOneOf(where, "precision", precision, PRECISIONS);
  const matrix = Matrix.from(embeddings);
  const [rows, dimension] = matrix.shape;
  checkFinite(where, "vector", matrix);
  if (precision === "float32") return new Matrix(matrix.data.slice(), rows, dimension);
  if (dimension === 0) {
    throw new NighError(
      "ERR_DIMENSION",
      `${where}: found vectors without numbers: an empty list has no dimension, give a Matrix of 0 x dimensions.`,
    );
  }
  if (isBinary(precision)) {
    return new QuantizedMatrix({ data: signBits(matrix, precision), precision, dimension });
  }
  const ranges = rangesOf(where, matrix, options);
  const data = ranges === undefined ? bytesOf(precision, 0) : steps(matrix, ranges, precision);
  return new QuantizedMatrix({ data, precision, dimension, ranges });
}

/**
 * The numbers that quantized vectors stand for: the middle of each step for "int8" and "uint8", 1 and -1 for "binary" and "ubinary".
 * Python's own rescoring takes the lower end of a step, which makes every number half a step too low and orders inner products alike.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for "int8" and "uint8" without ranges.
 */
export function dequantizeEmbeddings(matrix: QuantizedMatrix): Matrix {
  const [rows] = matrix.shape;
  const result = Matrix.zeros(rows, matrix.dimension);
  dequantizeRows(matrix, 0, result);
  return result;
}

/** Fills `result` with the numbers of the rows from `first` on. @throws NighError as {@link dequantizeEmbeddings} */
export function dequantizeRows(matrix: QuantizedMatrix, first: number, result: Matrix): void {
  const { precision, dimension: d, data, shape } = matrix;
  const [count] = result.shape;
  // Signed bytes are the unsigned ones with the highest bit turned.
  const turned = isSigned(precision) ? 0x80 : 0;
  const out = result.data;
  if (isBinary(precision)) {
    for (let i = 0; i < count; i++) {
      const start = (first + i) * shape[1];
      for (let t = 0; t < d; t++) {
        const byte = (data[start + (t >> 3)] as number) ^ turned;
        out[i * d + t] = (byte >> (7 - (t & 7))) & 1 ? 1 : -1;
      }
    }
    return;
  }
  if (count === 0) return;
  const { lowest, step } = stepsOf(matrix);
  for (let i = 0; i < count; i++) {
    const start = (first + i) * d;
    for (let t = 0; t < d; t++) {
      const code = ((data[start + t] as number) ^ turned) & 0xff;
      out[i * d + t] = (lowest[t] as number) + (step[t] as number) * (code + 0.5);
    }
  }
}

/**
 * Code c of dimension t stands for what lies from `lowest[t] + step[t] * c` on, up to the next.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` without ranges.
 */
export function stepsOf({ precision, ranges }: QuantizedMatrix): {
  lowest: Float32Array;
  step: Float32Array;
} {
  if (ranges !== undefined) return scaleOf(ranges);
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `These ${precision} vectors do not say which numbers they stand for: make the QuantizedMatrix with the "ranges" that they were quantized by.`,
  );
}

/** numpy.packbits of what is above 0. */
function signBits<P extends QuantizedPrecision>(matrix: Matrix, precision: P): QuantizedBytes<P> {
  const [rows, d] = matrix.shape;
  const bytes = Math.ceil(d / 8);
  const bits = new Uint8Array(rows * bytes);
  for (let i = 0; i < rows; i++) {
    for (let t = 0; t < d; t++) {
      if ((matrix.data[i * d + t] as number) > 0) {
        const at = i * bytes + (t >> 3);
        bits[at] = (bits[at] as number) | (0x80 >> (t & 7));
      }
    }
  }
  return asStored(bits, precision);
}

/** In float32, operation by operation, as numpy computes it. */
function steps<P extends QuantizedPrecision>(
  matrix: Matrix,
  ranges: Matrix,
  precision: P,
): QuantizedBytes<P> {
  const [rows, d] = matrix.shape;
  const { lowest, step } = scaleOf(ranges);
  const codes = new Uint8Array(rows * d);
  for (let i = 0; i < rows; i++) {
    for (let t = 0; t < d; t++) {
      const above = Math.fround((matrix.data[i * d + t] as number) - (lowest[t] as number));
      const code = Math.floor(Math.fround(above / (step[t] as number)));
      codes[i * d + t] = Math.max(0, Math.min(STEPS, code));
    }
  }
  return asStored(codes, precision);
}

function scaleOf(ranges: Matrix): { lowest: Float32Array; step: Float32Array } {
  const [lowest, highest] = [ranges.row(0), ranges.row(1)];
  // A dimension without a range has one step, of any size.
  const step = highest.map((x, t) => Math.fround(x - (lowest[t] as number)) / STEPS);
  return { lowest, step: step.map((x) => x || 1) };
}

function asStored<P extends QuantizedPrecision>(
  codes: Uint8Array,
  precision: P,
): QuantizedBytes<P> {
  if (!isSigned(precision)) return codes as QuantizedBytes<P>;
  return new Int8Array(codes.buffer).map((code) => code ^ 0x80) as QuantizedBytes<P>;
}

function bytesOf<P extends QuantizedPrecision>(precision: P, length: number): QuantizedBytes<P> {
  const bytes = isSigned(precision) ? new Int8Array(length) : new Uint8Array(length);
  return bytes as QuantizedBytes<P>;
}

/** @returns undefined where there is nothing to quantize and no ranges were given. */
function rangesOf(
  where: string,
  matrix: Matrix,
  { ranges, calibrationEmbeddings }: QuantizeOptions,
): Matrix | undefined {
  const [rows, dimension] = matrix.shape;
  if (ranges !== undefined) return checkRanges(where, copyOf(ranges), dimension);
  if (rows === 0 && calibrationEmbeddings === undefined) return undefined;
  const sample = calibrationEmbeddings === undefined ? matrix : Matrix.from(calibrationEmbeddings);
  if (sample.shape[0] < 2) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the range of each dimension needs at least 2 vectors, found ${sample.shape[0]}: give "ranges", such as those of the vectors to compare with, or more "calibrationEmbeddings".`,
    );
  }
  if (sample.shape[1] !== dimension) {
    throw new NighError(
      "ERR_DIMENSION",
      `${where}: the calibrationEmbeddings have ${sample.shape[1]} dimensions, the vectors have ${dimension}.`,
    );
  }
  if (sample !== matrix) checkFinite(where, "calibration vector", sample);
  const found = Matrix.zeros(2, dimension);
  const [lowest, highest] = [found.row(0), found.row(1)];
  lowest.set(sample.row(0));
  highest.set(sample.row(0));
  for (const row of sample) {
    for (let t = 0; t < dimension; t++) {
      const x = row[t] as number;
      if (x < (lowest[t] as number)) lowest[t] = x;
      if (x > (highest[t] as number)) highest[t] = x;
    }
  }
  return checkRanges(where, found, dimension);
}

function copyOf(vectors: MatrixLike): Matrix {
  const matrix = Matrix.from(vectors);
  return new Matrix(matrix.data.slice(), ...matrix.shape);
}

function checkFinite(where: string, what: string, matrix: Matrix): void {
  const at = matrix.data.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return;
  const columns = matrix.shape[1];
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: ${what} ${Math.floor(at / columns)} has ${matrix.data[at]} at dimension ${at % columns}: every number must be finite.`,
  );
}
