import { isObject } from "../../shared/plain-values.js";
import { checkList, checkNumber, checkScalar, checkText } from "./check-operand.js";
import type { Condition, IsBeyond } from "./condition.js";
import { onlyEntry, pathTo, refused, unknownOperator } from "./filter-error.js";
import { DOCUMENT_OPERATORS, operatorOf, VALUE_OPERATORS } from "./operators.js";
import { compileRegex } from "./regex.js";

const COMPARISONS: Readonly<Record<string, IsBeyond["comparison"]>> = {
  $gt: ">",
  $gte: ">=",
  $lt: "<",
  $lte: "<=",
};

/** What follows the name of a value: a value, or an operator with its operand. */
export function parseValueComparison(path: string, name: string, value: unknown): Condition {
  if (!isObject(value)) return isScalar(path, name, value, false);
  const [key, operand] = onlyComparison(path, value, name);
  const below = pathTo(path, key);
  const operator = operatorOf(key, VALUE_OPERATORS);
  switch (operator) {
    case undefined:
      throw unknownOperator(below, key, VALUE_OPERATORS, hintForValue(key));
    case "$eq":
    case "$ne":
      return isScalar(below, name, operand, operator === "$ne");
    case "$in":
    case "$nin":
      return { type: "is", name, ...checkList(below, operand), not: operator === "$nin" };
    case "$contains":
    case "$not_contains": {
      const not = operator === "$not_contains";
      return { type: "element", name, ...checkScalar(below, operand), not };
    }
    default: {
      const comparison = COMPARISONS[operator] as IsBeyond["comparison"];
      return { type: "beyond", name, comparison, value: checkNumber(below, operand) };
    }
  }
}

/**
 * What is asked of the document.
 *
 * @param others operators that the place takes besides, for errors.
 */
export function parseDocumentComparison(
  path: string,
  value: unknown,
  others: readonly string[] = [],
): Condition {
  const [key, operand] = onlyEntry(path, value, '{ $contains: "engine" }');
  const below = pathTo(path, key);
  const operator = operatorOf(key, DOCUMENT_OPERATORS);
  if (operator === undefined) {
    throw unknownOperator(below, key, [...DOCUMENT_OPERATORS, ...others], hintForDocument(key));
  }
  const text = checkText(below, operand);
  const isRegex = operator === "$regex" || operator === "$not_regex";
  if (isRegex) compileRegex(text, below);
  return { type: isRegex ? "regex" : "text", text, not: operator.startsWith("$not_") };
}

function isScalar(path: string, name: string, found: unknown, not: boolean): Condition {
  const { kind, value } = checkScalar(path, found);
  return { type: "is", name, kind, values: [value], not };
}

/** The one operator of an object; several belong into $and, with the name each. */
function onlyComparison(path: string, value: Record<string, unknown>, name: string) {
  const keys = Object.keys(value);
  if (keys.length > 1 && keys.every((key) => key.startsWith("$"))) {
    const parts = keys.slice(0, 2).map((key) => `{ ${JSON.stringify(name)}: { ${key}: … } }`);
    throw refused(
      path,
      `expected one operator, found ${keys.length}: ${keys.join(", ")}. Combine them with $and: { $and: [${parts.join(", ")}] }.`,
    );
  }
  return onlyEntry(path, value, "{ $gte: 1990 }");
}

function hintForValue(key: string): string {
  if (operatorOf(key, DOCUMENT_OPERATORS)) return `${key} is for "#document".`;
  return key.startsWith("$") ? "" : "Metadata is not nested: its values are no objects.";
}

function hintForDocument(key: string): string {
  return operatorOf(key, VALUE_OPERATORS) ? `${key} is for values of metadata, in where.` : "";
}
