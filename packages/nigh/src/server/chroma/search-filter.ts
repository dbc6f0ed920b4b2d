import type { Collection, Where } from "../../index.js";
import { invalidArgument } from "../http-error.js";
import { isJsonObject } from "../shapes.js";
import { filtersOf } from "./filters.js";

/** Which records a search is about. */
export interface SearchFilter {
  readonly where?: Where | undefined;
  /** Only these; all when undefined. */
  readonly ids?: readonly string[] | undefined;
}

const ID = "#id";
const DEEPEST = 100;

/** The filter of a search, which may have conditions on ids anywhere. @throws HttpError 400; NighError `ERR_INVALID_FILTER`. */
export async function searchFilter(collection: Collection, filter: unknown): Promise<SearchFilter> {
  if (filter === undefined || filter === null) return {};
  if (!mentionsId(filter, 0)) {
    const filters = filtersOf(filter, undefined);
    return filters ? { where: filters.where } : { ids: [] };
  }
  const { [ID]: ofId, $and, $or } = filter as Record<string, unknown>;
  if (Object.keys(filter).length > 1) {
    throw invalidArgument("Invalid where clause: expected one key in an object.");
  }
  if (ofId !== undefined) return { ids: await idsOf(collection, ofId) };
  const parts = await Promise.all(
    (($and ?? $or) as unknown[]).map((part) => searchFilter(collection, part)),
  );
  return $and ? intersection(parts) : { ids: await union(collection, parts) };
}

function mentionsId(filter: unknown, depth: number): filter is object {
  if (!isJsonObject(filter) || depth > DEEPEST) return false;
  if (ID in filter) return true;
  const lists = [filter["$and"], filter["$or"]].filter(Array.isArray);
  return lists.some((list) => list.some((part: unknown) => mentionsId(part, depth + 1)));
}

async function idsOf(collection: Collection, condition: unknown): Promise<readonly string[]> {
  const [operator, operand] = isJsonObject(condition)
    ? (Object.entries(condition)[0] ?? [])
    : ["$eq", condition];
  const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const isList = operator === "$in" || operator === "$nin";
  const isKnown = isList || operator === "$eq" || operator === "$ne";
  const isText = (id: unknown): id is string => typeof id === "string" && id !== "";
  if (!isKnown || isList !== Array.isArray(operand) || !list.every(isText)) {
    throw invalidArgument(
      "Invalid where clause: #id takes $eq and $ne with an id, $in and $nin with a list of ids.",
    );
  }
  if (operator === "$eq" || operator === "$in") return list;
  const excluded = new Set<string>(list);
  const { ids } = await collection.get({ include: [] });
  return ids.filter((id) => !excluded.has(id));
}

function intersection(parts: readonly SearchFilter[]): SearchFilter {
  const wheres = parts.flatMap(({ where }) => (where === undefined ? [] : [where]));
  const sets = parts.flatMap(({ ids }) => (ids === undefined ? [] : [new Set(ids)]));
  const [first, ...others] = sets;
  return {
    where: wheres.length > 1 ? { $and: wheres } : wheres[0],
    ids: first && [...first].filter((id) => others.every((set) => set.has(id))),
  };
}

async function union(
  collection: Collection,
  parts: readonly SearchFilter[],
): Promise<readonly string[]> {
  const lists = await Promise.all(
    parts.map(async (part) => (await collection.get({ ...part, include: [] })).ids),
  );
  return [...new Set(lists.flat())];
}
