import { checkTexts } from "../../encoder/check-texts.js";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { isObject } from "../../shared/plain-values.js";
import { type Relevance, type RelevantDocuments, relevanceOf } from "../metrics/relevance.js";

/** Values by ids. */
export type ById<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>;

/** A query with what answers it. */
export interface JudgedQuery {
  readonly id: string;
  readonly text: string;
  /** Place among all queries that were given. */
  readonly row: number;
  /** At least one document. */
  readonly relevance: Relevance;
}

/** What an evaluation by judgments is made of. */
export interface JudgedSet {
  readonly queries: readonly JudgedQuery[];
  /** Ids of queries that no document answers. */
  readonly unjudged: readonly string[];
  /** Texts by ids; undefined where what is evaluated has the documents itself. */
  readonly corpus: ReadonlyMap<string, string> | undefined;
}

/**
 * @throws NighError `ERR_INVALID_ARGUMENT` for no queries, no judgments, grades that are no numbers; `ERR_UNKNOWN_ID` for
 * judgments of queries or of documents that are not there; `ERR_INVALID_TEXT`.
 */
export function judgedSet(
  where: string,
  queries: ById<string>,
  corpus: ById<string> | undefined,
  relevantDocs: ById<RelevantDocuments>,
): JudgedSet {
  const texts = textsById(where, "queries", queries);
  const judgments = mapOf(where, "relevantDocs", relevantDocs);
  const documents = corpus === undefined ? undefined : textsById(where, "corpus", corpus);
  const judged: JudgedQuery[] = [];
  const relevances = new Map<string, Relevance>();
  for (const [id, given] of judgments) {
    const relevance = relevanceOf(`${where}: query ${JSON.stringify(id)}`, given);
    if (!texts.has(id)) {
      throw new NighError(
        "ERR_UNKNOWN_ID",
        `${where}: there are judgments for the query ${JSON.stringify(id)}, which is not among the ${texts.size} queries: leave them out, or add the query.`,
      );
    }
    const unknown = documents && [...relevance.keys()].find((document) => !documents.has(document));
    if (unknown !== undefined) throw unknownDocument(where, id, unknown, documents?.size ?? 0);
    relevances.set(id, relevance);
  }
  const unjudged: string[] = [];
  for (const [row, [id, text]] of [...texts].entries()) {
    const relevance = relevances.get(id);
    if (relevance && relevance.size > 0) judged.push({ id, text, row, relevance });
    else unjudged.push(id);
  }
  if (judged.length === 0) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: no document is relevant to any of the ${texts.size} queries: there is nothing to measure by.`,
    );
  }
  return { queries: judged, unjudged, corpus: documents };
}

/** A judgment for a document that cannot be found would count as a miss of every model. */
export function unknownDocument(
  where: string,
  query: string,
  document: string,
  size: number,
): NighError {
  return new NighError(
    "ERR_UNKNOWN_ID",
    `${where}: the document ${JSON.stringify(document)}, judged for the query ${JSON.stringify(query)}, is not among the ${size} documents, so nothing could find it: leave the judgment out, or add the document.`,
  );
}

function mapOf<T>(where: string, name: string, given: ById<T>): ReadonlyMap<string, T> {
  if (!(given instanceof Map) && !isObject(given)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "${name}" must be a Map or an object by ids, found ${describe(given)}.`,
    );
  }
  const map: Map<string, T> =
    given instanceof Map ? new Map(given) : new Map(Object.entries(given));
  for (const id of map.keys()) {
    if (typeof id === "string") continue;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: ids of "${name}" must be strings, found ${describe(id)}.`,
    );
  }
  if (map.size > 0) return map;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "${name}" is empty: there is nothing to evaluate.`,
  );
}

/** Texts by their ids, checked. */
export function textsById(
  where: string,
  name: string,
  given: ById<string>,
): ReadonlyMap<string, string> {
  const texts = mapOf(where, name, given);
  checkTextsOf(where, name, texts);
  return texts;
}

function checkTextsOf(where: string, name: string, texts: ReadonlyMap<string, string>): void {
  for (const [id, text] of texts) checkTexts(`${where}: ${name} ${JSON.stringify(id)}`, [text]);
}
