import { Float, type MetadataScalar } from "../metadata.js";
import { embeddingJson } from "./embedding-json.js";
import { scalarJson } from "./exact-json.js";

/** What is written as JSON without loss: undefined fields are left out, vectors are lists of numbers. */
export type ExactJson =
  | MetadataScalar
  | null
  | undefined
  | Float32Array
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/**
 * JSON that keeps integers of 64 bits, and 1.0 apart from 1: what `parseExactJson` reads back exactly.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for numbers that JSON has not.
 */
export function stringifyExactJson(value: ExactJson): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Float32Array) return embeddingJson(value);
  if (Array.isArray(value)) return `[${value.map(stringifyExactJson).join(",")}]`;
  if (typeof value !== "object" || value instanceof Float)
    return scalarJson(value as MetadataScalar);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => `${JSON.stringify(key)}:${stringifyExactJson(field as ExactJson)}`);
  return `{${fields.join(",")}}`;
}
