import { NighError, type Where, type WhereDocument } from "../../index.js";
import { isJsonObject } from "../shapes.js";

/** What a filter lets through before anything is looked at; or the filter. */
export type Simplified<T> = "all" | "none" | T;

/** Beyond this depth a filter is refused elsewhere. */
const DEEPEST = 101;

/** A filter without empty lists of `$and`, which is everything, and `$or`, which is nothing. */
export function simplified<T>(filter: T, depth = 0): Simplified<T> {
  if (!isJsonObject(filter) || depth > DEEPEST) return filter;
  const [entry, ...others] = Object.entries(filter);
  if (entry === undefined || others.length > 0) return filter;
  const [operator, list] = entry;
  if ((operator !== "$and" && operator !== "$or") || !Array.isArray(list)) return filter;
  const parts = list.map((part) => simplified(part as unknown, depth + 1));
  const [neutral, absorbing] =
    operator === "$and" ? (["all", "none"] as const) : (["none", "all"] as const);
  if (parts.includes(absorbing)) return absorbing;
  const rest = parts.filter((part) => part !== neutral);
  if (rest.length === 0) return neutral;
  return { [operator]: rest } as T;
}

/** Filters of a request, as nigh's collections take them; undefined when nothing can pass. */
export function filtersOf(
  where: unknown,
  whereDocument: unknown,
): { where: Where | undefined; whereDocument: WhereDocument | undefined } | undefined {
  checkFilter("where", where);
  checkFilter("whereDocument", whereDocument);
  const one = simplified(where ?? "all");
  const other = simplified(whereDocument ?? "all");
  if (one === "none" || other === "none") return undefined;
  return {
    where: one === "all" ? undefined : (one as Where),
    whereDocument: other === "all" ? undefined : (other as WhereDocument),
  };
}

/** A text in the place of a filter must not be taken for one of the words above. */
function checkFilter(name: string, filter: unknown): void {
  if (filter === undefined || filter === null || isJsonObject(filter)) return;
  throw new NighError("ERR_INVALID_FILTER", `${name}: expected an object.`);
}
