import { type MatchedWord, matchedWords } from "../../../store/words/matched-words.js";
import type { Candidate, RecordCandidate, Reranked } from "./candidate.js";

/** Why a row was found, step by step. Ranks count from 1. */
export interface Why {
  /** How near it is in meaning, in modes "semantic" and "hybrid"; without a rank when it is not among the nearest that were fused. */
  readonly semantic?: { readonly score: number; readonly rank?: number };
  /** BM25, and the words that were found as they stand in the document; in modes "keyword" and "hybrid", for rows among the best. */
  readonly keyword?: {
    readonly score: number;
    readonly rank: number;
    readonly words: readonly MatchedWord[];
  };
  /** Reciprocal rank fusion, in mode "hybrid": the sum of 1 / (60 + rank) over the two above. */
  readonly fusion?: { readonly score: number; readonly rank: number };
  /** The reranker's score, its name, and whether it could not read the document to its end. */
  readonly rerank?: Reranked;
  /** What `diversity` weighed: relevance, and the highest cosine to a row above (0 for the first). */
  readonly diversity?: { readonly relevance: number; readonly similarity: number };
}

/** @param words of the query, those that were looked for. */
export function explain(candidates: readonly RecordCandidate[], words: readonly string[]): Why[] {
  const byWords = candidates.filter(({ keyword }) => keyword !== undefined);
  const matched = new Map<Candidate, MatchedWord[]>();
  if (byWords.length > 0) {
    const lists = matchedWords(
      words,
      byWords.map(({ document }) => document ?? ""),
    );
    for (const [i, candidate] of byWords.entries()) matched.set(candidate, lists[i] ?? []);
  }
  return candidates.map((candidate) => {
    const { semantic, keyword, fusion, rerank, diversity } = candidate;
    return {
      ...(semantic && { semantic }),
      ...(keyword && { keyword: { ...keyword, words: matched.get(candidate) ?? [] } }),
      ...(fusion && { fusion }),
      ...(rerank && { rerank }),
      ...(diversity && { diversity }),
    };
  });
}
