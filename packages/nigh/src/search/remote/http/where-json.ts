import type { ExactJson } from "../../../store/exchange/stringify-exact-json.js";
import { Float, KINDS } from "../../../store/metadata.js";
import type {
  Condition,
  HasElement,
  IsBeyond,
  IsOneOf,
  Operand,
} from "../../../store/where/condition.js";

const OPERATORS = { "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte" } as const;

/**
 * A filter as Chroma's API has it. Chroma's server cuts the fraction of an operand that it compares with an integer, so bounds
 * by the integers around it say what is meant; and it takes only lists of integers or of floats, not of both. What is left: it compares
 * integers beyond 2^53 with floats inexactly.
 */
export function whereJson(condition: Condition): ExactJson {
  switch (condition.type) {
    case "all":
      return all(condition.conditions.map(whereJson));
    case "any":
      return any(condition.conditions.map(whereJson));
    case "text":
      return comparison("#document", condition.not ? "$not_contains" : "$contains", condition.text);
    case "regex":
      return comparison("#document", condition.not ? "$not_regex" : "$regex", condition.text);
    case "element":
      return isElement(condition);
    case "beyond":
      return isBeyond(condition);
    case "is":
      return isOneOf(condition);
  }
}

/** In lists Chroma's server does not compare integers with floats. */
function isElement({ name, kind, value, not }: HasElement): ExactJson {
  const operator = not ? "$not_contains" : "$contains";
  const own = comparison(name, operator, operand(kind, value));
  if (kind !== KINDS.number || typeof value !== "number" || isFraction(value)) return own;
  const parts = [own, comparison(name, operator, new Float(value))];
  return not ? all(parts) : any(parts);
}

function isBeyond({ name, comparison: symbol, value }: IsBeyond): ExactJson {
  const plain = comparison(name, OPERATORS[symbol], operand(KINDS.number, value));
  if (!isFraction(value)) return plain;
  const [floor, ceiling] = [Math.floor(value), Math.ceil(value)];
  return symbol.startsWith("<")
    ? all([any([plain, comparison(name, "$lte", floor)]), comparison(name, "$lt", ceiling)])
    : all([any([plain, comparison(name, "$gte", ceiling)]), comparison(name, "$gt", floor)]);
}

function isOneOf({ name, kind, values, not }: IsOneOf): ExactJson {
  const whole = values.filter((value) => !isFraction(value));
  const parts = values.filter(isFraction).map((value) => isFractionOf(name, value, not));
  if (whole.length === 1) {
    parts.push(comparison(name, not ? "$ne" : "$eq", operand(kind, whole[0] as Operand)));
  } else if (whole.length > 1) {
    const operands = whole.map((value) => operand(kind, value));
    // A list is of one type of number: those that are no integers of 64 bits come by themselves.
    const integers = operands.filter((value) => typeof value !== "number" || !isHuge(value));
    for (const huge of operands.filter((value) => typeof value === "number" && isHuge(value))) {
      parts.push(comparison(name, not ? "$ne" : "$eq", huge));
    }
    if (integers.length > 0) parts.push(comparison(name, not ? "$nin" : "$in", integers));
  }
  return not ? all(parts) : any(parts);
}

function isFractionOf(name: string, value: number, not: boolean): ExactJson {
  const [floor, ceiling] = [Math.floor(value), Math.ceil(value)];
  return not
    ? any([
        comparison(name, "$ne", value),
        comparison(name, "$lte", floor),
        comparison(name, "$gte", ceiling),
      ])
    : all([
        comparison(name, "$eq", value),
        comparison(name, "$gt", floor),
        comparison(name, "$lt", ceiling),
      ]);
}

function isFraction(value: Operand): value is number {
  return typeof value === "number" && !Number.isInteger(value);
}

/** Beyond integers of 64 bits. */
function isHuge(value: number): boolean {
  return Math.abs(value) >= 2 ** 63;
}

function operand(kind: number, value: Operand): Operand | boolean {
  if (kind === KINDS.boolean) return value === 1;
  const isInteger = typeof value === "number" && Number.isInteger(value) && !isHuge(value);
  return isInteger ? BigInt(value) : value;
}

function comparison(name: string, operator: string, value: ExactJson): ExactJson {
  return { [name]: { [operator]: value } };
}

function all(parts: readonly ExactJson[]): ExactJson {
  return parts.length === 1 ? parts[0] : { $and: parts };
}

function any(parts: readonly ExactJson[]): ExactJson {
  return parts.length === 1 ? parts[0] : { $or: parts };
}
