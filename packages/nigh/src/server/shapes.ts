import { z } from "zod";
import { Float, type MetadataValue } from "../index.js";
import { invalidArgument, unprocessable } from "./http-error.js";

/** Chroma's clients send null for what they do not give. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

export const count = z.int().min(0);
export const texts = z.array(z.string());
export const nullableTexts = z.array(z.string().nullable());
/** What is checked elsewhere: filters, JSON that is only kept. */
export const anything = z.unknown();

export const jsonObject = z.custom<Record<string, unknown>>(isJsonObject, {
  error: "expected an object",
});

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Float)
  );
}

/** A number of JSON as JavaScript's. */
export function plainNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value instanceof Float) return value.value;
  return typeof value === "bigint" ? Number(value) : undefined;
}

export const number = z.unknown().transform((value, context) => {
  const plain = plainNumber(value);
  if (plain !== undefined) return plain;
  context.addIssue("expected a number");
  return z.NEVER;
});

/** JSON with JavaScript's own numbers, for what nigh only keeps. */
export function withPlainNumbers(value: unknown): unknown {
  const plain = plainNumber(value);
  if (plain !== undefined) return plain;
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withPlainNumbers(inner)]),
  );
}

const BYTES_A_NUMBER = 4;

/** A vector as numbers. @returns undefined where it is none. */
export function vectorOfNumbers(value: unknown): Float32Array | undefined {
  if (!Array.isArray(value)) return undefined;
  const vector = new Float32Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    const plain = typeof item === "number" ? item : plainNumber(item);
    if (plain === undefined) return undefined;
    vector[i] = plain;
  }
  return vector;
}

/** A vector as base64 of little-endian float32. @returns undefined where it is none. */
export function vectorOfBase64(value: string): Float32Array | undefined {
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(value)) return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.length % BYTES_A_NUMBER !== 0) return undefined;
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** JSON Schema of what zod cannot describe by itself. */
const VECTOR = { type: "array", items: { type: "number" } } as const;
const BASE64 = { type: "string", format: "byte", description: "little-endian float32" } as const;

/** Vectors of queries: numbers only. */
export const queryVectors = z
  .array(z.unknown().meta({ ...VECTOR }))
  .transform((list, context) => list.map((item, i) => vector(item, i, false, context)));

/** Vectors of records: numbers or base64. */
export const recordVectors = z
  .array(z.unknown().meta({ anyOf: [VECTOR, BASE64] }))
  .transform((list, context) => list.map((item, i) => vector(item, i, true, context)));

/** The same, with null for a vector that stays. */
export const changedVectors = z
  .array(z.unknown().meta({ anyOf: [VECTOR, BASE64, { type: "null" }] }))
  .transform((list, context) =>
    list.map((item, i) => (item === null ? null : vector(item, i, true, context))),
  );

function vector(
  value: unknown,
  i: number,
  base64: boolean,
  context: z.RefinementCtx<unknown>,
): Float32Array {
  const found =
    base64 && typeof value === "string" ? vectorOfBase64(value) : vectorOfNumbers(value);
  if (found !== undefined) return found;
  const expected = base64 ? "numbers, or base64 of little-endian float32" : "numbers";
  context.addIssue({ code: "custom", path: [i], message: `expected ${expected}` });
  return z.NEVER;
}

const METADATA = { type: "object" } as const;

/** Metadata: values and lists of values of one kind. */
export const metadata = z
  .unknown()
  .meta({ ...METADATA })
  .transform((value, context) => checkedMetadata(value, false, context));

/** The same, where null takes a key away. */
export const metadataChanges = z
  .unknown()
  .meta({ ...METADATA })
  .transform((value, context) => checkedMetadata(value, true, context));

function checkedMetadata(
  value: unknown,
  nulls: boolean,
  context: z.RefinementCtx<unknown>,
): Record<string, MetadataValue> {
  if (!isJsonObject(value)) {
    context.addIssue("expected an object");
    return z.NEVER;
  }
  for (const [key, inner] of Object.entries(value)) {
    const problem = problemOf(inner, nulls);
    if (problem !== undefined) {
      context.addIssue({ code: "custom", path: [key], message: problem });
    }
  }
  return value as Record<string, MetadataValue>;
}

function problemOf(value: unknown, nulls: boolean): string | undefined {
  if (value === null && nulls) return undefined;
  if (isJsonObject(value) && value["#type"] === "sparse_vector") {
    return "sparse vectors are not supported";
  }
  if (!Array.isArray(value)) {
    return kind(value) ? undefined : "expected a string, a number, a boolean or a list of these";
  }
  const kinds = new Set(value.map(kind));
  if (kinds.has(undefined)) return "expected a list of strings, numbers or booleans";
  return kinds.size > 1 ? "expected a list of one kind" : undefined;
}

function kind(value: unknown): string | undefined {
  if (plainNumber(value) !== undefined) return "number";
  return typeof value === "string" || typeof value === "boolean" ? typeof value : undefined;
}

/** Checks the body of a request. @throws HttpError 422. */
export function checkBody<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw unprocessable(`The body is not of the shape expected${problemsOf(result.error)}.`);
}

/** Checks the query string of a request. @throws HttpError 400. */
export function checkQuery<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidArgument(`The query string is not as expected${problemsOf(result.error)}.`);
}

function problemsOf({ issues: [issue] }: z.ZodError): string {
  const place = issue?.path.map(String).join(".") ?? "";
  return `${place === "" ? "" : ` at ${JSON.stringify(place.slice(0, 200))}`}: ${issue?.message}`;
}
