import { describe } from "./describe.js";
import { NighError } from "./errors.js";
import { Matrix, type MatrixLike } from "./matrix.js";
import { checkInteger, checkKeys, checkOneOf } from "./options.js";

/** Precisions below float32 that vectors can be kept in, with sentence-transformers' names. */
export const QUANTIZED_PRECISIONS = ["int8", "uint8", "binary", "ubinary"] as const;
export type QuantizedPrecision = (typeof QUANTIZED_PRECISIONS)[number];

export const PRECISIONS = ["float32", ...QUANTIZED_PRECISIONS] as const;
export type Precision = (typeof PRECISIONS)[number];

/** The bytes of quantized vectors: signed for "int8" and "binary", unsigned for "uint8" and "ubinary". */
export type QuantizedBytes<P extends QuantizedPrecision = QuantizedPrecision> = P extends
  | "int8"
  | "binary"
  ? Int8Array
  : Uint8Array;

export interface QuantizedMatrixParts<P extends QuantizedPrecision = QuantizedPrecision> {
  /** Row after row: a byte a dimension for "int8" and "uint8", a bit a dimension in whole bytes for the others. */
  readonly data: QuantizedBytes<P>;
  readonly precision: P;
  /** Numbers of each vector before it was quantized, at least 1. */
  readonly dimension: number;
  /** Lowest and highest number of each dimension, [2 x dimension], by which "int8" and "uint8" were made. */
  readonly ranges?: MatrixLike | undefined;
}

/**
 * Many quantized vectors in one buffer, with what is needed to read them: what numpy holds after sentence-transformers'
 * quantize_embeddings, byte for byte.
 *
 * - "uint8": step `floor((x - lowest) / step)` of 255 between the lowest and the highest number of its dimension; "int8" is 128 less.
 * - "ubinary": a bit a dimension, 1 where the number is above 0, the first dimension in the highest bit of the first byte (numpy.packbits),
 *   zeros behind the last; "binary" is 128 less.
 */
export class QuantizedMatrix<P extends QuantizedPrecision = QuantizedPrecision>
  implements Iterable<QuantizedBytes<P>>
{
  readonly data: QuantizedBytes<P>;
  /** Vectors, and bytes of each. */
  readonly shape: readonly [rows: number, bytes: number];
  readonly precision: P;
  readonly dimension: number;
  /** [2 x dimension]; always undefined for "binary" and "ubinary". */
  readonly ranges: Matrix | undefined;

  /**
   * Copies nothing: also for vectors that were quantized elsewhere and read from a file.
   *
   * @throws NighError `ERR_DIMENSION` when `data` has no whole rows or `ranges` another shape, `ERR_INVALID_ARGUMENT` for the wrong kind of
   * array, precision or dimension, `ERR_UNKNOWN_OPTION`.
   */
  constructor(parts: QuantizedMatrixParts<P>) {
    const where = "QuantizedMatrix";
    checkKeys(where, parts, ["data", "precision", "dimension", "ranges"]);
    const { data, precision, dimension, ranges } = parts;
    checkOneOf(where, "precision", precision, QUANTIZED_PRECISIONS);
    checkInteger(where, "dimension", dimension, 1);
    const Bytes = isSigned(precision) ? Int8Array : Uint8Array;
    if (!(data instanceof Bytes)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the data of precision "${precision}" must be an ${Bytes.name}, found ${describe(data)}.`,
      );
    }
    const bytes = isBinary(precision) ? Math.ceil(dimension / 8) : dimension;
    if (data.length % bytes !== 0) {
      throw new NighError(
        "ERR_DIMENSION",
        `${where}: rows of ${dimension} dimensions have ${bytes} bytes each in precision "${precision}", found ${data.length} bytes in all.`,
      );
    }
    this.data = data;
    this.shape = [data.length / bytes, bytes];
    this.precision = precision;
    this.dimension = dimension;
    this.ranges =
      ranges === undefined || isBinary(precision)
        ? undefined
        : checkRanges(where, Matrix.from(ranges), dimension);
  }

  /** Row `i` as a view into `data`. @throws NighError `ERR_INVALID_ARGUMENT` */
  row(i: number): QuantizedBytes<P> {
    const [rows, bytes] = this.shape;
    if (!Number.isInteger(i) || i < 0 || i >= rows) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `Row ${i} is outside of a QuantizedMatrix of ${rows} rows.`,
      );
    }
    return this.data.subarray(i * bytes, (i + 1) * bytes) as QuantizedBytes<P>;
  }

  toArray(): number[][] {
    return Array.from(this, (row) => Array.from(row));
  }

  *[Symbol.iterator](): IterableIterator<QuantizedBytes<P>> {
    for (let i = 0; i < this.shape[0]; i++) yield this.row(i);
  }
}

export function isBinary(precision: Precision): boolean {
  return precision === "binary" || precision === "ubinary";
}

/** Whether bytes are 128 less than the codes that they stand for. */
export function isSigned(precision: Precision): boolean {
  return precision === "int8" || precision === "binary";
}

/** @throws NighError `ERR_DIMENSION`, `ERR_INVALID_ARGUMENT` unless it is the lowest and the highest number of each dimension. */
export function checkRanges(where: string, ranges: Matrix, dimension: number): Matrix {
  const [rows, columns] = ranges.shape;
  if (rows !== 2 || columns !== dimension) {
    throw new NighError(
      "ERR_DIMENSION",
      `${where}: the ranges must be 2 x ${dimension} numbers, the lowest and the highest of each dimension, found ${rows} x ${columns}.`,
    );
  }
  for (let t = 0; t < dimension; t++) {
    const [lowest, highest] = [ranges.data[t] as number, ranges.data[dimension + t] as number];
    if (lowest <= highest && Number.isFinite(Math.fround(highest - lowest))) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the range of dimension ${t} goes from ${lowest} to ${highest}: both must be finite, the second not below the first, and their distance within float32.`,
    );
  }
  return ranges;
}
