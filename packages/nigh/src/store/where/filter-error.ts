import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { nearestName } from "../../shared/options.js";
import { isObject } from "../../shared/plain-values.js";

/** A part of a filter that is not as it has to be: where it is, what was expected there, and what was found. */
export function wrong(path: string, expected: string, found: unknown, hint = ""): NighError {
  const empty = found !== null && typeof found === "object" && Object.keys(found).length === 0;
  const what = empty && isObject(found) ? "an empty object" : describe(found);
  return refused(path, `expected ${expected}, found ${what}.${hint && ` ${hint}`}`);
}

export function refused(path: string, message: string): NighError {
  return new NighError("ERR_INVALID_FILTER", `${path}: ${message}`);
}

const NO_NOT =
  "There is no $not: use the opposite comparison ($eq and $ne, $in and $nin, $gt and $lte, $gte and $lt, $contains and $not_contains, $regex and $not_regex), with $and and $or the other way round.";

/** An operator that is not one of those that its place takes. */
export function unknownOperator(
  path: string,
  operator: string,
  expected: readonly string[],
  hint = "",
): NighError {
  const nearest = nearestName(operator, expected);
  const advice = operator === "$not" ? NO_NOT : hint || (nearest ? `Did you mean ${nearest}?` : "");
  return refused(
    path,
    `expected one of ${expected.join(", ")}, found ${JSON.stringify(operator)}.${advice && ` ${advice}`}`,
  );
}

/** The path of a key below another. */
export function pathTo(path: string, key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key)}]`;
}

/**
 * The one key of an object and its value.
 *
 * @param example how the object may look.
 */
export function onlyEntry(path: string, value: unknown, example: string): [string, unknown] {
  if (!isObject(value)) throw wrong(path, `an object such as ${example}`, value);
  const keys = Object.keys(value);
  const [key] = keys;
  if (key === undefined) {
    throw wrong(
      path,
      `an object such as ${example}`,
      value,
      "To match every record, give no filter.",
    );
  }
  if (keys.length > 1) {
    const shown = keys.slice(0, 4).map((name) => JSON.stringify(name));
    throw refused(
      path,
      `expected an object of one key, found ${keys.length}: ${shown.join(", ")}${keys.length > 4 ? ", …" : ""}. Combine several with $and: { $and: [{ … }, { … }] }.`,
    );
  }
  return [key, value[key]];
}
