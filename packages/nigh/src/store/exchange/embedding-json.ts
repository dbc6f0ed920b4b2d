import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { Float } from "../metadata.js";
import { badFile } from "./exchange-errors.js";

/** Decimal places to try, fewest first: embeddings of length 1 mostly need eight or nine. */
const SCALES = [1e7, 1e8, 1e9, 1e10, 1e11];
/** From here on nine digits have few decimal places. */
const LARGE = 1e4;

/** Numbers of single precision as JSON, with few digits, that read as the same float32 again, -0 too. */
export function embeddingJson(embedding: Float32Array): string {
  const short = Array.from(embedding, shortest);
  return short.some((value) => Object.is(value, -0))
    ? `[${short.map((value) => (Object.is(value, -0) ? "-0" : String(value))).join(",")}]`
    : JSON.stringify(short);
}

/** A double of few digits whose nearest float32 is `value`. */
function shortest(value: number): number {
  if (Math.abs(value) < LARGE) {
    for (const scale of SCALES) {
      // Math.round keeps the sign of a zero.
      const rounded = Math.round(value * scale) / scale;
      if (Math.fround(rounded) === value) return rounded;
    }
  }
  return Number(value.toPrecision(9));
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for an embedding that is not finite: no file keeps it. */
export function checkFinite(id: string, embedding: Float32Array): void {
  for (const value of embedding) {
    if (Number.isFinite(value)) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `The embedding of ${describe(id)} holds ${value}; expected finite numbers.`,
    );
  }
}

/** Parsed numbers as an embedding, rounded to float32; null where there is none. @throws NighError `ERR_FILE` */
export function embeddingOf(value: unknown, place: string): Float32Array | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value) || value.length === 0) {
    const found = Array.isArray(value) ? "an empty list" : describe(value);
    throw badFile(place, `"embedding" is ${found}; expected a list of numbers, or null.`);
  }
  const embedding = new Float32Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    embedding[i] = typeof item === "number" ? item : otherNumber(item);
    if (Number.isFinite(embedding[i])) continue;
    throw badFile(
      place,
      `number ${i} of "embedding" is ${describe(item)}; expected a finite number within the range of float32.`,
    );
  }
  return embedding;
}

function otherNumber(value: unknown): number {
  if (value instanceof Float) return value.value;
  return typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** Holds the embeddings of a file to one length. */
export class OneDimension {
  #dimension: number | null;

  constructor(dimension: number | null) {
    this.#dimension = dimension;
  }

  /** @throws NighError `ERR_FILE` */
  check(embedding: Float32Array | null, place: string): void {
    if (embedding === null) return;
    this.#dimension ??= embedding.length;
    if (embedding.length === this.#dimension) return;
    throw badFile(
      place,
      `"embedding" has ${embedding.length} dimensions; expected ${this.#dimension}, as in the rest of the file.`,
    );
  }
}
