import type { Columns, PartialRecord, Selection } from "../../../store/record-reader.js";
import type { Condition } from "../../../store/where/condition.js";
import { compileRegex } from "../../../store/where/regex.js";
import { metadataOfJsonb } from "./metadata-json.js";
import type { Row, Transaction } from "./postgres-pool.js";
import { recordsTable } from "./schema.js";
import { Parameters } from "./sql.js";
import { type RegexKeys, regexesOf, whereSql } from "./where-sql.js";

const DOCUMENTS_A_PAGE = 1000;
const NONE: RegexKeys = new Map();

/** What of a record is selected. */
export function columnsSql(columns: Columns): string {
  return [
    "id",
    ...(columns.document ? ["document"] : []),
    ...(columns.metadata ? ["metadata::text AS metadata"] : []),
    ...(columns.uri ? ["uri"] : []),
    ...(columns.embedding ? ["embedding::text AS embedding"] : []),
  ].join(", ");
}

export function recordOf(row: Row, columns: Columns): PartialRecord {
  const { id, document, metadata, uri, embedding } = row as Record<string, string | null>;
  return {
    id: id as string,
    ...(columns.document ? { document: document as string | null } : {}),
    ...(columns.metadata
      ? { metadata: metadataOfJsonb(metadata as string | null, columns.floats ?? false) }
      : {}),
    ...(columns.uri ? { uri: uri as string | null } : {}),
    ...(columns.embedding ? { embedding: vectorOf(embedding as string) } : {}),
  };
}

/** pgvector prints the shortest decimals of a float32. */
function vectorOf(text: string): Float32Array {
  return Float32Array.from(JSON.parse(text) as number[]);
}

/** A boolean expression for ids and a condition; in a transaction, because regular expressions are matched here. */
export async function selectionSql(
  transaction: Transaction,
  number: number,
  { ids, condition }: Pick<Selection, "ids" | "condition">,
  parameters: Parameters,
): Promise<string> {
  const parts: string[] = [];
  if (ids !== undefined) parts.push(`id = ANY(${parameters.add(ids, "text[]")})`);
  if (condition !== undefined) {
    const regexes = await regexKeys(transaction, number, condition);
    parts.push(whereSql(condition, parameters, regexes));
  }
  return parts.length === 0 ? "true" : parts.join(" AND ");
}

/** Reads the documents that the rest of the condition leaves, and matches them in RE2's way. */
async function regexKeys(
  transaction: Transaction,
  number: number,
  condition: Condition,
): Promise<RegexKeys> {
  const patterns = [...new Set(regexesOf(condition))];
  if (patterns.length === 0) return NONE;
  const compiled = patterns.map((pattern) => compileRegex(pattern));
  const keys = patterns.map((): string[] => []);
  let after = "-1";
  for (;;) {
    const parameters = new Parameters();
    const from = `key > ${parameters.add(after, "bigint")}`;
    const rest = restOf(condition).map((part) => whereSql(part, parameters, NONE));
    const rows = await transaction.run({
      text: `SELECT key, document FROM ${recordsTable(number)}
        WHERE ${[from, "document IS NOT NULL", ...rest].join(" AND ")} ORDER BY key LIMIT ${DOCUMENTS_A_PAGE}`,
      values: parameters.values,
    });
    for (const { key, document } of rows) {
      for (const [i, regex] of compiled.entries()) {
        if (regex.test(document as string)) keys[i]?.push(key as string);
      }
    }
    if (rows.length < DOCUMENTS_A_PAGE) break;
    after = rows.at(-1)?.key as string;
  }
  return new Map(patterns.map((pattern, i) => [pattern, keys[i] as string[]]));
}

/** What must hold beside conditions with regular expressions. */
function restOf(condition: Condition): readonly Condition[] {
  if (condition.type !== "all") return [];
  return condition.conditions.filter((part) => regexesOf(part).length === 0);
}
