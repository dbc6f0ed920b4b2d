import type { Operand } from "./condition.js";

/** SQL with what to bind to its question marks, in order. */
export interface Sql {
  readonly sql: string;
  readonly parameters: readonly Operand[];
}

/** Names of tables, quoted where they need it. */
export interface FilterTables {
  /** Columns: key INTEGER PRIMARY KEY, document TEXT. */
  readonly records: string;
  /** Columns: name, kind, value, key, which are the primary key. */
  readonly metadata: string;
  /** The full-text index of the documents. */
  readonly words: string;
}

/** SQL put together of text and parts: the parts' parameters in their order. */
export function sql(texts: TemplateStringsArray, ...parts: readonly Sql[]): Sql {
  return {
    sql: texts.map((text, i) => text + (parts[i]?.sql ?? "")).join(""),
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}

/** Text of our own, such as the name of a table or an operator. */
export function raw(text: string): Sql {
  return { sql: text, parameters: [] };
}

/**
 * A question mark and what to bind to it. Numbers less than 2^-52 above an integer go by way of their decimals: the package
 * @photostructure/sqlite binds 0 for them. What is stored has to be bound in the same way.
 */
export function bound(value: Operand): Sql {
  if (typeof value === "number") {
    const above = value - Math.floor(value);
    if (above > 0 && above < Number.EPSILON) {
      return { sql: "nigh_float(?)", parameters: [String(value)] };
    }
  }
  return { sql: "?", parameters: [value] };
}

export function joined(parts: readonly Sql[], separator: string): Sql {
  return {
    sql: parts.map((part) => part.sql).join(separator),
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}
