import type { SqlValue } from "./sqlite.js";

/** SQL and what to bind to its question marks. */
export interface Binding {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/**
 * The same statement where SQLite's bindings would change a value: the package @photostructure/sqlite cuts texts at the first
 * NUL and takes numbers less than 2^-52 above an integer for that integer. The first goes by way of bytes, the second by way of
 * its decimals, which the connection's function nigh_float reads.
 *
 * @param sql in which every question mark is a parameter.
 */
export function faithful({ sql, parameters }: Binding): Binding {
  if (!parameters.some(isOdd)) return { sql, parameters };
  const texts = sql.split("?");
  const marks = parameters.map((value) => (isOdd(value) ? oddMark(value) : "?"));
  return {
    sql: texts.map((text, i) => text + (marks[i] ?? "")).join(""),
    parameters: parameters.map((value) => (isOdd(value) ? oddValue(value) : value)),
  };
}

function isOdd(value: SqlValue): value is string | number {
  if (typeof value === "string") return value.includes("\0");
  if (typeof value !== "number") return false;
  const above = value - Math.floor(value);
  return above > 0 && above < Number.EPSILON;
}

function oddMark(value: string | number): string {
  return typeof value === "string" ? "CAST(? AS TEXT)" : "nigh_float(?)";
}

function oddValue(value: string | number): SqlValue {
  return typeof value === "string" ? Buffer.from(value) : String(value);
}
