import { KINDS } from "../../../store/metadata.js";
import type { Condition, Operand } from "../../../store/where/condition.js";
import { scalarJsonb } from "./metadata-json.js";
import type { Parameters } from "./sql.js";

/** The keys of records whose documents match a regular expression: Postgres' own are others than RE2's. */
export type RegexKeys = ReadonlyMap<string, readonly string[]>;

/**
 * A boolean expression over a row of records, which is true for those that match: as src/store/where/matches.ts says. jsonb compares numbers by their exact value, and
 * values of different kinds as different.
 */
export function whereSql(condition: Condition, parameters: Parameters, regexes: RegexKeys): string {
  switch (condition.type) {
    case "all":
    case "any": {
      const parts = condition.conditions.map((part) => whereSql(part, parameters, regexes));
      return `(${parts.join(condition.type === "all" ? " AND " : " OR ")})`;
    }
    case "text": {
      const found = `coalesce(strpos(document COLLATE "C", ${parameters.add(condition.text, "text")}), 0)`;
      return `${found} ${condition.not ? "=" : ">"} 0`;
    }
    case "regex": {
      const keys = regexes.get(condition.text) ?? [];
      return negated(`key = ANY(${parameters.add(keys, "bigint[]")})`, condition.not);
    }
    case "is": {
      const values = condition.values.map((value) => operandJson(condition.kind, value));
      const is = `${valueSql(condition.name, parameters)} = ANY(${parameters.add(values, "jsonb[]")})`;
      // Where nothing is negated NULL is as good as false, and an index of the user's can be used.
      return condition.not ? `NOT coalesce(${is}, false)` : is;
    }
    case "beyond": {
      const value = valueSql(condition.name, parameters);
      const operand = parameters.add(operandJson(KINDS.number, condition.value), "numeric");
      return onlyOf("number", value, `${value}::numeric ${condition.comparison} ${operand}`);
    }
    case "element": {
      const value = valueSql(condition.name, parameters);
      const operand = parameters.add(operandJson(condition.kind, condition.value), "jsonb");
      return negated(onlyOf("array", value, `${value} @> ${operand}`), condition.not);
    }
  }
}

/** The regular expressions of a condition. */
export function regexesOf(condition: Condition): string[] {
  if ("conditions" in condition) return condition.conditions.flatMap(regexesOf);
  return condition.type === "regex" ? [condition.text] : [];
}

function valueSql(name: string, parameters: Parameters): string {
  return `(metadata -> ${parameters.add(name, "text")})`;
}

/** Postgres evaluates the branches of CASE in order. */
function onlyOf(type: "number" | "array", value: string, condition: string): string {
  return `CASE WHEN jsonb_typeof(${value}) = '${type}' THEN ${condition} ELSE false END`;
}

function negated(condition: string, not: boolean): string {
  return not ? `NOT (${condition})` : condition;
}

function operandJson(kind: number, value: Operand): string {
  return scalarJsonb(kind === KINDS.boolean ? value === 1 : value);
}
