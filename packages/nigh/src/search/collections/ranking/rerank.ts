import { describe } from "../../../shared/describe.js";
import { NighError } from "../../../shared/errors.js";
import type { RecordCandidate } from "./candidate.js";

/** A document's score for a query, higher is better; which document by `index` or, as sentence-transformers says, `corpusId`. */
export type RankedDocument = { readonly score: number } & (
  | { readonly index: number }
  | { readonly corpusId: number }
);

type MaybePromise<T> = T | Promise<T>;

/** What scores documents anew, such as a cross-encoder. */
export interface Reranker {
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
    where,
    `"rerank" must be an object with rank(query, documents), or a function that gives a score for each document; found ${describe(rerank)}`,
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
  const scores =
    typeof reranker === "function"
      ? scoresOf(where, await reranker(query, documents), documents.length)
      : scoresOfRanked(where, await reranker.rank(query, documents), documents.length);
  const order = candidates.map((candidate, i) => ({ candidate, score: scores[i] as number }));
  order.sort((a, b) => b.score - a.score);
  return order.map(({ candidate, score }, i) =>
    Object.assign(candidate, { score, rerank: { score, rank: i + 1 } }),
  );
}

function scoresOf(where: string, given: unknown, count: number): number[] {
  if (!Array.isArray(given) && !ArrayBuffer.isView(given)) {
    throw invalid(where, `the reranker must give a list of scores, found ${describe(given)}`);
  }
  const scores = Array.from(given as unknown as ArrayLike<unknown>);
  if (scores.length !== count) {
    throw invalid(
      where,
      `the reranker gave ${scores.length} scores for ${count} documents: expected one for each`,
    );
  }
  return scores.map((score, i) => checkScore(where, score, i));
}

function scoresOfRanked(where: string, given: unknown, count: number): number[] {
  if (!Array.isArray(given)) {
    throw invalid(
      where,
      `rank() of the reranker must give a list of { index, score }, found ${describe(given)}`,
    );
  }
  const scores = new Map<number, number>();
  for (const [i, one] of given.entries()) {
    const { index, corpusId, score } = (one ?? {}) as Record<string, unknown>;
    const place = index ?? corpusId;
    if (typeof place !== "number" || !Number.isInteger(place) || place < 0 || place >= count) {
      throw invalid(
        where,
        `"index" (or "corpusId") of result ${i} of the reranker must be an integer from 0 to ${count - 1}, found ${describe(place)}`,
      );
    }
    scores.set(place, checkScore(where, score, place));
  }
  if (scores.size === count && given.length === count) {
    return Array.from({ length: count }, (_, i) => scores.get(i) as number);
  }
  throw invalid(
    where,
    `the reranker gave ${given.length} results for ${scores.size} of ${count} documents: expected one for each`,
  );
}

function checkScore(where: string, score: unknown, i: number): number {
  if (typeof score === "number" && Number.isFinite(score)) return score;
  throw invalid(
    where,
    `the reranker's score of document ${i} must be a finite number, found ${describe(score)}`,
  );
}

function invalid(where: string, message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", `${where}: ${message}.`);
}
