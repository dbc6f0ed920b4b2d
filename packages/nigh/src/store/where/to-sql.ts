import type { Condition, Operand } from "./condition.js";

/** Names of tables, quoted where they need it. */
export interface FilterTables {
  /** Columns: key INTEGER PRIMARY KEY, document TEXT. */
  readonly records: string;
  /** Columns: name, kind, value, key, which are the primary key. */
  readonly metadata: string;
}

/** SQL with what to bind to its question marks, in order. */
export interface Sql {
  readonly sql: string;
  readonly parameters: readonly Operand[];
}

/** A boolean expression over a row of the table of records. */
export function toSql(_condition: Condition, _tables: FilterTables): Sql {
  return { sql: "TRUE", parameters: [] };
}
