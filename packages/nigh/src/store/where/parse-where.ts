import type { Condition } from "./condition.js";

/**
 * Checks a filter of metadata and one of documents, and makes one condition of them; undefined where neither is given.
 *
 * @throws NighError `ERR_INVALID_FILTER` saying where in the filter, what was found and what was expected.
 */
export function parseWhere(_where: unknown, _whereDocument: unknown): Condition | undefined {
  return undefined;
}
