import type { SchemaElement, SchemaTree } from "hyparquet";
import { Float } from "../metadata.js";
import { badFile } from "./exchange-errors.js";
import type { ColumnKind } from "./metadata-columns.js";

/** What a column of a Parquet file holds. */
export interface ParquetColumn {
  readonly name: string;
  readonly kind: ColumnKind | "json";
  readonly list: boolean;
}

/** @throws NighError `ERR_FILE` for a type that records cannot hold: names column and type. */
export function parquetColumn(node: SchemaTree, path: string): ParquetColumn {
  const { name } = node.element;
  const item = listItem(node);
  const leaf = item ?? node.element;
  const isLeaf = item !== undefined || node.children.length === 0;
  const repeated = node.element.repetition_type === "REPEATED";
  const kind = isLeaf && !repeated ? leafKind(leaf) : undefined;
  if (kind !== undefined) return { name, kind, list: item !== undefined };
  throw badFile(
    path,
    `the column "${name}" is of type ${typeName(node)}; expected text, integers, floats, booleans, or lists of one of these. Cast the column, or leave it out.`,
  );
}

/** The element of a list of plain values. */
function listItem({ element, children }: SchemaTree): SchemaElement | undefined {
  const list = children[0];
  if (element.converted_type !== "LIST" || children.length !== 1 || list === undefined)
    return undefined;
  const item = list.children[0];
  if (list.element.repetition_type !== "REPEATED" || list.children.length !== 1) return undefined;
  return item?.children.length === 0 && item.element.repetition_type !== "REPEATED"
    ? item.element
    : undefined;
}

function leafKind({
  type,
  converted_type,
  logical_type,
}: SchemaElement): ParquetColumn["kind"] | undefined {
  const meaning = logical_type?.type ?? converted_type;
  switch (type) {
    case "BOOLEAN":
      return meaning === undefined ? "boolean" : undefined;
    case "INT32":
    case "INT64":
      // NULL: a column in which nothing is.
      return meaning === undefined || /^(U?INT_\d+|INTEGER|NULL)$/u.test(meaning)
        ? "integer"
        : undefined;
    case "FLOAT":
    case "DOUBLE":
      return meaning === undefined ? "float" : undefined;
    case "FIXED_LEN_BYTE_ARRAY":
      return meaning === "FLOAT16" ? "float" : meaning === "UUID" ? "text" : undefined;
    case "BYTE_ARRAY":
      if (meaning === "JSON") return "json";
      return meaning === "STRING" || meaning === "UTF8" || meaning === "ENUM" ? "text" : undefined;
    default:
      return undefined;
  }
}

function typeName({ element, children }: SchemaTree): string {
  const meaning = element.logical_type?.type ?? element.converted_type;
  if (children.length > 0) return meaning ?? "STRUCT";
  return meaning
    ? `${element.type} (${meaning})`
    : `${element.type}${element.repetition_type === "REPEATED" ? " (REPEATED)" : ""}`;
}

/** A value that hyparquet read, with the kinds of numbers that metadata keeps apart. null stays null. */
export function fromCell({ kind }: ParquetColumn, cell: unknown): unknown {
  if (Array.isArray(cell)) return cell.map((item) => fromScalar(kind, item));
  return fromScalar(kind, cell);
}

function fromScalar(kind: ParquetColumn["kind"], value: unknown): unknown {
  if (kind === "float" && typeof value === "number") {
    return Number.isInteger(value) ? new Float(value) : value;
  }
  if (kind !== "integer" || typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
