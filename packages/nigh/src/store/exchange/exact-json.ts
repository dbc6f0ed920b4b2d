import { parse } from "lossless-json";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { Float, kindOf, type Metadata, type MetadataScalar } from "../metadata.js";
import { parsePlainJson } from "./plain-json.js";

const POINT = 46;
const UPPER_E = 69;
const LOWER_E = 101;
/** Integers of so many characters are below 2^53. */
const SAFE_LENGTH = 15;

/**
 * JSON with its numbers as they are written: floats without a fraction (1.0, 1e3, and -0) are {@link Float}s, integers beyond
 * 2^53 bigints.
 *
 * @throws SyntaxError for what is no JSON, or has a key twice with different values.
 */
export function parseExactJson(text: string): unknown {
  const plain = parsePlainJson(text);
  return plain ? plain.value : parse(text, undefined, parseNumber);
}

function parseNumber(text: string): number | bigint | Float {
  const value = Number(text);
  if (!isFloat(text)) {
    if (text.length <= SAFE_LENGTH || Number.isSafeInteger(value)) {
      return Object.is(value, -0) ? new Float(value) : value;
    }
    return BigInt(text);
  }
  return Number.isInteger(value) ? new Float(value) : value;
}

function isFloat(number: string): boolean {
  for (let i = 1; i < number.length; i++) {
    const code = number.charCodeAt(i);
    if (code === POINT || code === LOWER_E || code === UPPER_E) return true;
  }
  return false;
}

/**
 * Metadata as plain JSON that {@link parseExactJson} reads back exactly: 1 is an integer, 1.0 a float.
 *
 * @param floatJson how a float is written.
 */
export function toExactJson(metadata: Metadata, floatJson = shortestFloat): string {
  const fields = Object.entries(metadata).map(([key, value]) => {
    const json = Array.isArray(value)
      ? `[${value.map((one) => scalarJson(one, floatJson)).join(",")}]`
      : scalarJson(value as MetadataScalar, floatJson);
    return `${JSON.stringify(key)}:${json}`;
  });
  return `{${fields.join(",")}}`;
}

/** A single value as {@link toExactJson} writes it. */
export function scalarJson(value: MetadataScalar, floatJson = shortestFloat): string {
  if (kindOf(value) === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `Metadata holds ${describe(value)}; expected a text, a finite number, an integer of 64 bits or a boolean.`,
    );
  }
  if (value instanceof Float) return floatJson(value.value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "number") return JSON.stringify(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : floatJson(value);
}

function shortestFloat(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}
