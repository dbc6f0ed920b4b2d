import { InvalidArgumentError } from "commander";
import { messageOf } from "../shared/errors.js";

/** Stands before the digits of a large integer until it is one again: no text of JSON holds a raw NUL. */
const LARGE = "\0";

/** A string of JSON, or a number. */
const TOKEN = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gsu;

/** A flag whose value is JSON; integers beyond 2^53 are read as bigint. What it means is checked by who uses it. */
export function jsonFlag(text: string): unknown {
  let isNull: boolean;
  try {
    isNull = JSON.parse(text) === null;
  } catch (error) {
    throw new InvalidArgumentError(
      `Expected JSON, such as '{"year": 2024}', in single quotation marks for the shell: ${messageOf(error)}.`,
    );
  }
  // commander takes null for a flag without a value.
  if (isNull) throw new InvalidArgumentError("Expected an object, found null.");
  const marked = text.replace(TOKEN, (token) =>
    /^-?\d+$/u.test(token) && !Number.isSafeInteger(Number(token))
      ? JSON.stringify(LARGE + token)
      : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(LARGE) ? BigInt(value.slice(1)) : value,
  );
}
