import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]*[a-zA-Z0-9]$/u;
/** Addresses of version 6 have colons, which no name has. */
const IP_V4 = /^(?:(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}$/u;
const MIN_LENGTH = 3;
const MAX_LENGTH = 512;

/**
 * Chroma's rules for the name of a collection.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`.
 */
export function checkCollectionName(where: string, name: unknown): string {
  const problem = problemOf(name);
  if (problem === undefined) return name as string;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: ${describe(name)} is no name for a collection: ${problem}.`,
  );
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== "string") return "expected a string";
  if (name.length < MIN_LENGTH || name.length > MAX_LENGTH) {
    return `it has ${name.length} characters, expected ${MIN_LENGTH} to ${MAX_LENGTH}`;
  }
  // "topology+name": one plus may join two names.
  const parts = name.split("+");
  if (parts.length > 2 || !parts.every((part) => NAME.test(part))) {
    return "expected letters, digits, dots, underscores and hyphens of ASCII, a letter or digit first and last";
  }
  if (name.includes("..")) return "it has two dots in a row";
  return IP_V4.test(name) ? "it is an IP address" : undefined;
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for the name of a tenant or database that is too short. */
export function checkSpaceName(where: string, what: "tenant" | "database", name: unknown): string {
  const isText = typeof name === "string" && name.isWellFormed() && !name.includes("\0");
  if (isText && name.length >= MIN_LENGTH) return name;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the name of a ${what} must be a string of at least ${MIN_LENGTH} characters without NUL, found ${describe(name)}.`,
  );
}
