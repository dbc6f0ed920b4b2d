import leven from "leven";
import { describe } from "./describe.js";
import { NighError } from "./errors.js";

/** Of `known`, the name closest to `name`, or undefined where none is close. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = leven(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Refuses an options object that is not one, or that has a key outside `known`.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` or `ERR_UNKNOWN_OPTION` (with the nearest known name).
 */
export function checkKeys(where: string, options: object, known: readonly string[]): void {
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the options must be an object, found ${describe(options)}.`,
    );
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    const hint = nearest ? ` Did you mean "${nearest}"?` : "";
    throw new NighError(
      "ERR_UNKNOWN_OPTION",
      `${where}: unknown option "${key}".${hint} Known options: ${known.join(", ")}.`,
    );
  }
}

/** An integer of at least `min`, at most `max`; anything else throws `ERR_INVALID_ARGUMENT` naming the option. */
export function checkInteger(
  where: string,
  name: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  const isTooLarge = typeof value === "number" && Number.isInteger(value) && value > max;
  const range =
    max === Number.MAX_SAFE_INTEGER && !isTooLarge ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "${name}" must be an integer ${range}, found ${describe(value)}.`,
  );
}

/** A finite number; anything else throws `ERR_INVALID_ARGUMENT` naming the option. */
export function checkFinite(where: string, name: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "${name}" must be a finite number, found ${describe(value)}.`,
    );
  }
  return value;
}

/** One of a closed set of strings; anything else throws `ERR_INVALID_ARGUMENT` with the set. */
export function checkOneOf<T extends string>(
  where: string,
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "${name}" must be one of ${allowed.map((a) => `"${a}"`).join(", ")}, found ${describe(value)}.`,
    );
  }
  return found;
}

/** Options that are given must have these types; anything else throws `ERR_INVALID_ARGUMENT`. */
export function checkTypes(
  where: string,
  options: object,
  types: Readonly<Record<string, "boolean" | "string" | "function">>,
): void {
  for (const [name, value] of Object.entries(options)) {
    const type = types[name];
    if (type === undefined || value === undefined || typeof value === type) continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "${name}" must be a ${type}, found ${describe(value)}.`,
    );
  }
}

/** An AbortSignal or nothing; anything else throws `ERR_INVALID_ARGUMENT`. */
export function checkSignal(where: string, signal: unknown): void {
  if (signal === undefined) return;
  if (signal !== null && typeof signal === "object" && "aborted" in signal) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "signal" must be an AbortSignal, found ${describe(signal)}.`,
  );
}
