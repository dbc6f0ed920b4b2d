import { throwIfAborted } from "../../shared/abort.js";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { ProgressMeter } from "../../shared/progress.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import { checkRanking } from "../metrics/ranking-metrics.js";
import { type JudgedQuery, type JudgedSet, unknownDocument } from "./judged-queries.js";
import type {
  Rankings,
  RetrievalOptions,
  RetrievedDocument,
  SearchedCollection,
  SearchedList,
  SearchFunction,
} from "./retrieval-source.js";

/** As many as `search` reranks when it is asked for its 10 rows. */
const CANDIDATES = 50;

type Search = (query: JudgedQuery, limit: number) => Promise<readonly RetrievedDocument[]>;

/**
 * One ranking for each query, by asking for one after the other.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for answers that are no ids or come twice.
 */
export async function searchAll(
  where: string,
  queries: readonly JudgedQuery[],
  search: Search,
  depth: number,
  { showProgressBar = false, onProgress, signal }: RetrievalOptions,
): Promise<RetrievedDocument[][]> {
  const meter = new ProgressMeter(queries.length);
  const bar = { show: showProgressBar, label: "Searching", onProgress };
  return withProgressBar(bar, async (report) => {
    const rankings: RetrievedDocument[][] = [];
    for (const query of queries) {
      throwIfAborted(signal);
      const found = (await search(query, depth)).slice(0, depth);
      checkRanking(
        `${where}: query ${JSON.stringify(query.id)}`,
        found.map(({ id }) => id),
      );
      rankings.push(found);
      meter.add(1);
      report?.(meter.read());
    }
    return rankings;
  });
}

/** @throws NighError `ERR_UNKNOWN_ID` for judged documents that the collection lacks. */
export async function collectionSearch(
  where: string,
  collection: SearchedCollection,
  { queries }: JudgedSet,
  { mode, rerank, candidates = CANDIDATES }: RetrievalOptions,
): Promise<Search> {
  const judged = new Map<string, string>();
  for (const { id, relevance } of queries) {
    for (const document of relevance.keys()) judged.set(document, id);
  }
  const { ids } = await collection.get({ ids: [...judged.keys()], include: [] });
  const there = new Set(ids);
  const lacking = [...judged].find(([document]) => !there.has(document));
  if (lacking) {
    const [document, query] = lacking;
    throw unknownDocument(where, query, document, await collection.count());
  }
  return async ({ text }, limit) => {
    const wanted = rerank === undefined ? limit : Math.min(limit, candidates);
    const rows = await collection.search({
      query: text,
      limit: wanted,
      ...(mode !== undefined && { mode }),
      ...(rerank !== undefined && { rerank, candidates }),
    });
    return rows.map(({ id, score }) => ({ id, score }));
  };
}

/** @throws NighError `ERR_INVALID_ARGUMENT` when the evaluator has no documents, or not as many as the list. */
export function listSearch(where: string, list: SearchedList, { corpus }: JudgedSet): Search {
  if (corpus?.size !== list.size) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the search has ${list.size} documents, the evaluator's corpus ${corpus?.size ?? "is missing"}: index the corpus' texts in its order.`,
    );
  }
  const ids = [...corpus.keys()];
  return async ({ text }, limit) =>
    (await list.search(text, { topK: limit })).map(({ index, score }) => ({
      id: ids[index] as string,
      score,
    }));
}

export function functionSearch(
  where: string,
  search: SearchFunction,
  { signal }: RetrievalOptions,
): Search {
  return async ({ id, text }, limit) => {
    const found = await search(text, { id, limit, ...(signal && { signal }) });
    if (!Array.isArray(found)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the search must give a list of ids, or of { id, score }, found ${describe(found)}.`,
      );
    }
    return found.map((one) => (typeof one === "string" ? { id: one } : (one as RetrievedDocument)));
  };
}

/** @throws NighError `ERR_UNKNOWN_ID` for a ranking of a query that is not there. */
export function rankingsSearch(where: string, { rankings }: Rankings, set: JudgedSet): Search {
  const given = rankings instanceof Map ? rankings : new Map(Object.entries(rankings ?? {}));
  const known = new Set([...set.queries.map(({ id }) => id), ...set.unjudged]);
  for (const id of given.keys()) {
    if (known.has(id)) continue;
    throw new NighError(
      "ERR_UNKNOWN_ID",
      `${where}: there is a ranking for the query ${JSON.stringify(id)}, which is not among the queries.`,
    );
  }
  return async ({ id }) => {
    const ids: unknown = given.get(id) ?? [];
    checkRanking(`${where}: query ${JSON.stringify(id)}`, ids as string[]);
    return (ids as string[]).map((one) => ({ id: one }));
  };
}
