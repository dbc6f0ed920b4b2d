import { KINDS } from "../metadata.js";
import { ELEMENT } from "../metadata-entries.js";
import type { Condition, HasElement, IsBeyond, IsOneOf, Operand } from "./condition.js";
import { bound, type FilterTables, joined, raw, type Sql, sql } from "./sql.js";

/** SQLite takes at most 500 parts of one compound SELECT. */
const MOST_PARTS = 100;

/** Records by their keys: those that a SELECT gives, each once; or, as a complement, all but those. */
export interface KeySet {
  readonly select: Sql;
  readonly isCompound: boolean;
  readonly isComplement: boolean;
}

/** Whether metadata alone decides. */
export function isOfMetadata(condition: Condition): boolean {
  if ("conditions" in condition) return condition.conditions.every(isOfMetadata);
  return condition.type !== "text" && condition.type !== "regex";
}

/**
 * The records that match conditions on metadata, by the metadata table alone: each comparison is one range of its index,
 * and combinations are set operations, so that the time is that of what the comparisons find, whatever their order.
 */
export function keySetOf(condition: Condition, tables: FilterTables): KeySet {
  switch (condition.type) {
    case "is":
      return leaf(tables, condition, condition.kind, valueIsOneOf(condition), condition.not);
    case "element":
      return leaf(
        tables,
        condition,
        condition.kind + ELEMENT,
        sql`value = ${bound(condition.value)}`,
        condition.not,
      );
    case "beyond":
      return range(tables, [condition]);
    case "all":
    case "any":
      return combineSets(condition.type, condition.conditions, tables);
    default:
      throw new TypeError("A condition on documents is no set of metadata's keys.");
  }
}

/** The set of several conditions on metadata, of which all or any have to hold. */
export function combineSets(
  type: "all" | "any",
  conditions: readonly Condition[],
  tables: FilterTables,
): KeySet {
  const ranges = new Map<string, IsBeyond[]>();
  const sets: KeySet[] = [];
  for (const condition of conditions) {
    // A key has one number at most: its bounds are those of one range.
    if (type === "all" && condition.type === "beyond") {
      const bounds = ranges.get(condition.name);
      if (bounds === undefined) ranges.set(condition.name, [condition]);
      else bounds.push(condition);
    } else sets.push(keySetOf(condition, tables));
  }
  for (const bounds of ranges.values()) sets.push(range(tables, bounds));
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;

  const plain = sets.filter(({ isComplement }) => !isComplement);
  const complements = sets.filter(({ isComplement }) => isComplement);
  if (type === "all") {
    return plain.length > 0 ? subtract(plain, complements) : complementOf(unite(complements));
  }
  return complements.length > 0 ? complementOf(subtract(complements, plain)) : unite(plain);
}

function complementOf(set: KeySet): KeySet {
  return { ...set, isComplement: true };
}

/** What all of `kept` and none of `dropped` have. */
function subtract(kept: readonly KeySet[], dropped: readonly KeySet[]): KeySet {
  const common = compound("INTERSECT", kept);
  return dropped.length === 0 ? common : compound("EXCEPT", [common, unite(dropped)]);
}

function unite(sets: readonly KeySet[]): KeySet {
  return compound("UNION", sets);
}

function compound(operator: string, sets: readonly KeySet[]): KeySet {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return { ...only, isComplement: false };
  if (sets.length > MOST_PARTS) {
    const chunks: KeySet[] = [];
    for (let i = 0; i < sets.length; i += MOST_PARTS) {
      chunks.push(compound(operator, sets.slice(i, i + MOST_PARTS)));
    }
    return compound(operator, chunks);
  }
  const parts = sets.map(({ select, isCompound }) =>
    isCompound ? sql`SELECT key FROM (${select})` : select,
  );
  return { select: joined(parts, ` ${operator} `), isCompound: true, isComplement: false };
}

function leaf(
  { metadata }: FilterTables,
  { name }: IsOneOf | IsBeyond | HasElement,
  kind: number,
  condition: Sql,
  isComplement: boolean,
): KeySet {
  const select = sql`SELECT key FROM ${raw(metadata)} WHERE name = ${bound(name)} AND kind = ${raw(String(kind))} AND ${condition}`;
  return { select, isCompound: false, isComplement };
}

/** The numbers within all bounds, which are of one name: the narrowest bound of either side decides. */
function range(tables: FilterTables, bounds: readonly IsBeyond[]): KeySet {
  const lower = narrowest(bounds, ">");
  const upper = narrowest(bounds, "<");
  const sides = [lower, upper].filter((side) => side !== undefined);
  const conditions = sides.map(
    ({ comparison, value }) => sql`value ${raw(comparison)} ${bound(value)}`,
  );
  return leaf(tables, sides[0] as IsBeyond, KINDS.number, joined(conditions, " AND "), false);
}

function narrowest(bounds: readonly IsBeyond[], side: ">" | "<"): IsBeyond | undefined {
  const onSide = bounds.filter(({ comparison }) => comparison.startsWith(side));
  const [first, ...others] = onSide;
  return others.reduce<IsBeyond | undefined>((best, other) => {
    if (best === undefined || other.value === best.value)
      return other.comparison === side ? other : best;
    return other.value > best.value === (side === ">") ? other : best;
  }, first);
}

function valueIsOneOf({ kind, values }: IsOneOf): Sql {
  const [only] = values;
  if (only !== undefined && values.length === 1) return sql`value = ${bound(only)}`;
  const list = bound(`[${values.map(toJson).join()}]`);
  // A list is one parameter, of which SQLite takes at most 32,766.
  return kind === KINDS.number
    ? sql`value IN (SELECT iif(type = 'text', nigh_float(value), value) FROM json_each(${list}))`
    : sql`value IN (SELECT value FROM json_each(${list}))`;
}

/** Integers of 64 bits in digits, which SQLite reads exactly; other numbers as strings, for nigh_float. */
function toJson(value: Operand): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return value.toString();
  const isInteger = Number.isInteger(value) && Math.abs(value) < 2 ** 63;
  return isInteger ? BigInt(value).toString() : `"${value}"`;
}
