import { describe } from "../../../shared/describe.js";
import { invalid } from "../../../shared/errors.js";
import type { RecordCandidate, Reranked } from "./candidate.js";

/** A document's score for a query, higher is better; which document by `index` or, as sentence-transformers says, `corpusId`. */
export type RankedDocument = {
  readonly score: number;
  /** Whether the document was too long to be read to its end. */
  readonly truncated?: boolean;
} & ({ readonly index: number } | { readonly corpusId: number });

type MaybePromise<T> = T | Promise<T>;

/** What scores documents anew, such as a `CrossEncoder`. */
export interface Reranker {
  /** Said in `why`. */
  readonly name?: string;
  /** In any order, one for each document. */
  rank(query: string, documents: readonly string[]): MaybePromise<readonly RankedDocument[]>;
}

/** Gives a score for each document, in the order of the documents. */
export type RerankFunction = (
  query: string,
  documents: readonly string[],
) => MaybePromise<ArrayLike<number>>;

/** @throws NighError `ERR_INVALID_ARGUMENT` for what is no reranker. */
export function checkReranker(
  where: string,
  rerank: unknown,
): Reranker | RerankFunction | undefined {
  if (rerank === undefined || typeof rerank === "function") return rerank as RerankFunction;
  if (typeof (rerank as Reranker | null)?.rank === "function") return rerank as Reranker;
  throw invalid(
    `${where}: "rerank" must be an object with rank(query, documents), or a function that gives a score for each document; found ${describe(rerank)}`,
  );
}

/**
 * Candidates by the scores of a reranker, the highest first, ties in the order of before. A record without a document is judged
 * as an empty text.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when the reranker does not give one finite score for each document.
 */
export async function rerank(
  where: string,
  reranker: Reranker | RerankFunction,
  query: string,
  candidates: readonly RecordCandidate[],
): Promise<RecordCandidate[]> {
  if (candidates.length === 0) return [];
  const documents = candidates.map(({ document }) => document ?? "");
  const judged =
    typeof reranker === "function"
      ? scoresOf(where, await reranker(query, documents), documents.length)
      : scoresOfRanked(where, await reranker.rank(query, documents), documents.length);
  const order = candidates.map((candidate, i) => ({ candidate, ...(judged[i] as Judged) }));
  order.sort((a, b) => b.score - a.score);
  // A function has a name as well, which says nothing.
  const name = typeof reranker === "function" ? undefined : reranker.name;
  return order.map(({ candidate, score, truncated }, i) => {
    const how: Reranked = {
      score,
      rank: i + 1,
      ...(typeof name === "string" && { model: name }),
      ...(truncated && { truncated }),
    };
    return Object.assign(candidate, { score, rerank: how });
  });
}

/** What a reranker says of a document. */
interface Judged {
  readonly score: number;
  readonly truncated: boolean;
}

function scoresOf(where: string, given: unknown, count: number): Judged[] {
  if (!Array.isArray(given) && !ArrayBuffer.isView(given)) {
    throw invalid(`${where}: the reranker must give a list of scores, found ${describe(given)}`);
  }
  const scores = Array.from(given as unknown as ArrayLike<unknown>);
  if (scores.length !== count) {
    throw invalid(
      `${where}: the reranker gave ${scores.length} scores for ${count} documents: expected one for each`,
    );
  }
  return scores.map((score, i) => ({ score: checkScore(where, score, i), truncated: false }));
}

function scoresOfRanked(where: string, given: unknown, count: number): Judged[] {
  if (!Array.isArray(given)) {
    throw invalid(
      `${where}: rank() of the reranker must give a list of { index, score }, found ${describe(given)}`,
    );
  }
  const scores = new Map<number, Judged>();
  for (const [i, one] of given.entries()) {
    const { index, corpusId, score, truncated } = (one ?? {}) as Record<string, unknown>;
    const place = index ?? corpusId;
    if (typeof place !== "number" || !Number.isInteger(place) || place < 0 || place >= count) {
      throw invalid(
        `${where}: "index" (or "corpusId") of result ${i} of the reranker must be an integer from 0 to ${count - 1}, found ${describe(place)}`,
      );
    }
    scores.set(place, { score: checkScore(where, score, place), truncated: truncated === true });
  }
  if (scores.size === count && given.length === count) {
    return Array.from({ length: count }, (_, i) => scores.get(i) as Judged);
  }
  throw invalid(
    `${where}: the reranker gave ${given.length} results for ${scores.size} of ${count} documents: expected one for each`,
  );
}

function checkScore(where: string, score: unknown, i: number): number {
  if (typeof score === "number" && Number.isFinite(score)) return score;
  throw invalid(
    `${where}: the reranker's score of document ${i} must be a finite number, found ${describe(score)}`,
  );
}
