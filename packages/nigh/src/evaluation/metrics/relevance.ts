import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { isObject } from "../../shared/plain-values.js";

/**
 * Which documents answer a query, by their ids: a set or a list of them, or a grade for each. A grade of 0 or less says that a
 * document was looked at and does not answer.
 */
export type RelevantDocuments =
  | ReadonlySet<string>
  | readonly string[]
  | ReadonlyMap<string, number>
  | Readonly<Record<string, number>>;

/** Each relevant document's grade, above 0. */
export type Relevance = ReadonlyMap<string, number>;

/**
 * The grades of documents: 1 for each of a set or a list.
 *
 * @param where the call, and where it matters the query, in messages.
 * @throws NighError `ERR_INVALID_ARGUMENT` for a grade that is no finite number.
 */
export function relevanceOf(where: string, given: unknown): Relevance {
  if (given instanceof Set || Array.isArray(given)) {
    return new Map(Array.from(given, (id: unknown) => [checkId(where, id), 1]));
  }
  if (!(given instanceof Map) && !isObject(given)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the relevant documents must be a set or a list of ids, or a map from ids to grades, found ${describe(given)}.`,
    );
  }
  const grades: Iterable<[unknown, unknown]> =
    given instanceof Map ? given.entries() : Object.entries(given);
  const relevance = new Map<string, number>();
  for (const [id, grade] of grades) {
    if (typeof grade !== "number" || !Number.isFinite(grade)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the document ${JSON.stringify(id)} must have a grade that is a finite number, found ${describe(grade)}.`,
      );
    }
    if (grade > 0) relevance.set(checkId(where, id), grade);
  }
  return relevance;
}

function checkId(where: string, id: unknown): string {
  if (typeof id === "string") return id;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the id of a document must be a string, found ${describe(id)}.`,
  );
}
