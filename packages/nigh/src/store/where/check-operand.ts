import { describe } from "../../shared/describe.js";
import { KINDS, type Kind, kindOf, type MetadataScalar } from "../metadata.js";
import type { Operand } from "./condition.js";
import { refused, wrong } from "./filter-error.js";
import { compareOperands, operandOf } from "./operand.js";

const NO_NULL = "Metadata holds no null: leave the comparison out.";
const LIST = "$in matches any of several values, $contains an element of a list.";

/** A value of metadata to compare with, and its kind. */
export function checkScalar(path: string, value: unknown): { kind: Kind; value: Operand } {
  const kind = kindOf(value);
  if (kind === undefined) {
    if (typeof value === "bigint") throw wrong(path, "an integer of 64 bits at most", value);
    const expected = "a string, a finite number, a bigint, a boolean or a Float";
    const hint = value === null ? NO_NULL : Array.isArray(value) ? LIST : "";
    throw wrong(path, expected, value, hint);
  }
  if (typeof value === "string") checkText(path, value);
  return { kind, value: operandOf(value as MetadataScalar) };
}

/** A number to order by. */
export function checkNumber(path: string, value: unknown): number | bigint {
  if (kindOf(value) === KINDS.number) return operandOf(value as MetadataScalar) as number | bigint;
  const hint = value === null ? NO_NULL : "";
  if (typeof value === "bigint") throw wrong(path, "an integer of 64 bits at most", value, hint);
  throw wrong(
    path,
    "a finite number, a bigint or a Float, for only numbers are ordered",
    value,
    hint,
  );
}

/** A list of values of one kind, without what is twice in it, in order. */
export function checkList(path: string, value: unknown): { kind: Kind; values: Operand[] } {
  if (!Array.isArray(value)) throw wrong(path, "an array of values", value);
  if (value.length === 0) throw wrong(path, "an array of at least one value", value);
  const scalars = Array.from(value, (item, i) => checkScalar(`${path}[${i}]`, item));
  const { kind } = scalars[0] as { kind: Kind };
  const other = scalars.findIndex((scalar) => scalar.kind !== kind);
  if (other > 0) {
    throw refused(
      path,
      `expected values of one kind (strings, booleans, or numbers), found ${describe(value[0])} at [0] and ${describe(value[other])} at [${other}].`,
    );
  }
  const values = new Set(scalars.map((scalar) => scalar.value));
  return { kind, values: [...values].sort(compareOperands) };
}

/** A string that a stored one can be equal to: SQLite keeps text in UTF-8, and a connection may cut it at a NUL. */
export function checkText(path: string, value: unknown): string {
  if (typeof value !== "string")
    throw wrong(path, "a string", value, value === null ? NO_NULL : "");
  if (!value.isWellFormed()) {
    throw wrong(
      path,
      "a string of whole characters",
      value,
      "It has half of a surrogate pair in it, which no record has.",
    );
  }
  if (value.includes("\0")) {
    throw wrong(path, "a string without NUL characters", value, "No record has one.");
  }
  return value;
}
