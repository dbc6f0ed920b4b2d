import { describe } from "../../shared/describe.js";
import { messageOf } from "../../shared/errors.js";
import { Float, type Metadata, type MetadataValue } from "../metadata.js";
import { embeddingOf } from "./embedding-json.js";
import { parseExactJson } from "./exact-json.js";
import type { ImportedRecord } from "./exchange.js";
import { badFile } from "./exchange-errors.js";
import { metadataOfJson, metadataValue } from "./metadata-of-json.js";
import { fromCell, type ParquetColumn } from "./parquet-types.js";
import { idOf, textOf } from "./record-line.js";

/**
 * A row as a record. Metadata is what the column "metadata" says, together with the columns of other names.
 *
 * @param cell the value of a column, by its position.
 * @throws NighError `ERR_FILE` where it is no record, or a column and "metadata" disagree.
 */
export function recordOfRow(
  columns: readonly ParquetColumn[],
  cell: (column: number) => unknown,
  place: string,
): ImportedRecord {
  let id: unknown;
  let document: string | null = null;
  let uri: string | null = null;
  let embedding: Float32Array | null = null;
  let stated: Metadata | null = null;
  const found = new Map<string, MetadataValue | null>();
  for (const [i, column] of columns.entries()) {
    const value = cell(i) ?? null;
    const { name } = column;
    if (name === "id") id = value;
    else if (name === "document") document = textOf(value, name, place);
    else if (name === "uri") uri = textOf(value, name, place);
    else if (name === "embedding") embedding = embeddingOf(value, place);
    else if (name === "metadata") stated = metadataOfJson(parseCell(value, name, place), place);
    else found.set(name, columnValue(column, value, place));
  }
  const metadata = found.size === 0 ? stated : together(stated, found, place);
  return { id: idOf(id, place), document, metadata, uri, embedding, place };
}

function columnValue(column: ParquetColumn, cell: unknown, place: string): MetadataValue | null {
  const value =
    column.kind === "json" ? parseCell(cell, column.name, place) : fromCell(column, cell);
  return value === null ? null : metadataValue(value, place, column.name);
}

function parseCell(cell: unknown, name: string, place: string): unknown {
  if (typeof cell !== "string") return cell;
  try {
    return parseExactJson(cell);
  } catch (error) {
    throw badFile(place, `"${name}" is not valid JSON: ${messageOf(error)}.`, error);
  }
}

/** Values stated in "metadata" are exact, so they are kept where a column says the same. */
function together(
  stated: Metadata | null,
  found: ReadonlyMap<string, MetadataValue | null>,
  place: string,
): Metadata | null {
  const entries = new Map<string, MetadataValue>(Object.entries(stated ?? {}));
  for (const [key, value] of found) {
    const exact = entries.get(key);
    if (exact === undefined) {
      if (value !== null) entries.set(key, value);
    } else if (!sameValue(exact, value)) {
      throw badFile(
        place,
        `the column "${key}" has ${shown(value)}, but "metadata" has ${shown(exact)} for it. Where columns were changed, leave out the column "metadata".`,
      );
    }
  }
  return entries.size === 0 ? null : Object.fromEntries(entries);
}

function shown(value: MetadataValue | null): string {
  return describe(value instanceof Float ? value.value : value);
}

/** Numbers are the same by value, whatever their kind. */
function sameValue(a: MetadataValue, b: MetadataValue | null): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  const x = a instanceof Float ? a.value : a;
  const y = b instanceof Float ? b.value : b;
  return isNumber(x) && isNumber(y) ? x >= y && x <= y : x === y;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
