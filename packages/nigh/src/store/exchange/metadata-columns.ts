import { Float, type Metadata, type MetadataScalar } from "../metadata.js";

/** What the values of a column of metadata all are. */
export type ColumnKind = "boolean" | "integer" | "float" | "text";

/** A key of metadata that has a column of its own. */
export interface MetadataColumn {
  readonly key: string;
  readonly kind: ColumnKind;
  /** Each value is a list. */
  readonly list: boolean;
}

/** Columns that every file has: a key of such a name has none of its own. */
export const RECORD_COLUMNS = ["id", "document", "uri", "embedding", "metadata"] as const;

/** More columns than that help nobody, and slow every tool down. */
const MAX_COLUMNS = 500;

interface KeyFacts {
  readonly kinds: Set<ColumnKind>;
  readonly shapes: Set<"scalar" | "list">;
  exactAsFloat: boolean;
}

/** Finds the keys of metadata whose values are all of one kind, so that a column of that type holds them. */
export class ColumnFinder {
  readonly #keys = new Map<string, KeyFacts>();

  add(metadata: Metadata | null): void {
    if (metadata === null) return;
    for (const [key, value] of Object.entries(metadata)) {
      let facts = this.#keys.get(key);
      if (!facts) {
        facts = { kinds: new Set(), shapes: new Set(), exactAsFloat: true };
        this.#keys.set(key, facts);
      }
      const list = Array.isArray(value);
      facts.shapes.add(list ? "list" : "scalar");
      for (const item of (list ? value : [value]) as MetadataScalar[]) {
        facts.kinds.add(columnKindOf(item));
        if (typeof item === "bigint" && BigInt(Number(item)) !== item) facts.exactAsFloat = false;
      }
    }
  }

  /** In the order in which keys were met; at most {@link MAX_COLUMNS}. */
  columns(): MetadataColumn[] {
    const columns: MetadataColumn[] = [];
    for (const [key, facts] of this.#keys) {
      const kind = commonKind(facts);
      if (kind === undefined || !canName(key)) continue;
      columns.push({ key, kind, list: facts.shapes.has("list") });
      if (columns.length === MAX_COLUMNS) break;
    }
    return columns;
  }
}

function columnKindOf(value: MetadataScalar): ColumnKind {
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "bigint") return "integer";
  const whole = typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0);
  return whole ? "integer" : "float";
}

/** Integers among floats are floats to other tools, where that loses nothing. */
function commonKind({ kinds, shapes, exactAsFloat }: KeyFacts): ColumnKind | undefined {
  if (shapes.size > 1) return undefined;
  const [first] = kinds;
  if (kinds.size === 1) return first;
  const numbers = kinds.size === 2 && kinds.has("integer") && kinds.has("float");
  return numbers && exactAsFloat ? "float" : undefined;
}

/** A byte order mark at the start of a name would be lost on the way. */
function canName(key: string): boolean {
  return key !== "" && !key.startsWith("\ufeff") && !RECORD_COLUMNS.some((name) => name === key);
}

/** A value of metadata as Parquet's type of its column takes it; null where the record has none. */
export function toColumnValue({ key, kind }: MetadataColumn, metadata: Metadata | null): unknown {
  if (metadata === null || !Object.hasOwn(metadata, key)) return null;
  const value = metadata[key];
  return Array.isArray(value)
    ? value.map((item) => toCell(kind, item))
    : toCell(kind, value as MetadataScalar);
}

function toCell(kind: ColumnKind, value: MetadataScalar): unknown {
  if (kind === "integer") return BigInt(value as number | bigint);
  return kind === "float" ? Number(value instanceof Float ? value.value : value) : value;
}
