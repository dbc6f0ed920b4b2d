import { kindOf, type Metadata, type MetadataScalar } from "../metadata.js";
import type { Condition, HasElement, IsBeyond, IsOneOf } from "./condition.js";
import { operandOf } from "./operand.js";
import { compileRegex } from "./regex.js";

/** Whether a record matches: what the SQL of the condition says of it too. */
export function matches(
  condition: Condition,
  metadata: Metadata | null,
  document: string | null,
): boolean {
  switch (condition.type) {
    case "all":
      return condition.conditions.every((part) => matches(part, metadata, document));
    case "any":
      return condition.conditions.some((part) => matches(part, metadata, document));
    case "text":
      return (document?.includes(condition.text) ?? false) !== condition.not;
    case "regex":
      return (document !== null && compileRegex(condition.text).test(document)) !== condition.not;
    default:
      return matchesValue(condition, metadata);
  }
}

function matchesValue(
  condition: IsOneOf | IsBeyond | HasElement,
  metadata: Metadata | null,
): boolean {
  // What an object inherits is of no kind.
  const value = metadata?.[condition.name];
  if (condition.type === "element") {
    const { kind, value: element } = condition;
    const isThere =
      Array.isArray(value) &&
      (value as MetadataScalar[]).some((x) => kindOf(x) === kind && operandOf(x) === element);
    return isThere !== condition.not;
  }
  if (condition.type === "beyond") {
    const isNumber = typeof value !== "boolean" && typeof value !== "string";
    return isNumber && kindOf(value) !== undefined && isBeyond(condition, value as MetadataScalar);
  }
  const isOne =
    kindOf(value) === condition.kind &&
    condition.values.includes(operandOf(value as MetadataScalar));
  return isOne !== condition.not;
}

/** JavaScript compares bigint with number exactly. */
function isBeyond({ comparison, value }: IsBeyond, found: MetadataScalar): boolean {
  const number = operandOf(found) as number | bigint;
  if (comparison === "<") return number < value;
  if (comparison === "<=") return number <= value;
  return comparison === ">" ? number > value : number >= value;
}
