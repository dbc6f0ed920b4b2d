import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";

/** An object read from JSON. */
export type Json = Readonly<Record<string, unknown>>;

const REMEDY =
  "Fetch the model's files again, or save it with sentence-transformers so that they are written anew.";

/** The error of a tokenizer file that does not hold what it should. */
export function malformed(where: string, expected: string, found: unknown): NighError {
  return new NighError(
    "ERR_MODEL_FORMAT",
    `${where} must be ${expected}, found ${describe(found)}. ${REMEDY}`,
  );
}

export function asObject(value: unknown, where: string): Json {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw malformed(where, "an object", value);
  }
  return value as Json;
}

export function asArray(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(where, "an array", value);
  return value;
}

export function asString(value: unknown, where: string): string {
  if (typeof value !== "string") throw malformed(where, "a string", value);
  return value;
}

export function asNumber(value: unknown, where: string): number {
  if (typeof value !== "number") throw malformed(where, "a number", value);
  return value;
}

/** A token id: an integer of at least 0 that fits into an Int32Array. */
export function asId(value: unknown, where: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0x7fffffff) {
    throw malformed(where, "a token id (an integer of at least 0)", value);
  }
  return value as number;
}

/** The value as boolean, `fallback` where it is missing or null. */
export function asFlag(value: unknown, where: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== "boolean") throw malformed(where, "true or false", value);
  return value;
}
