import { NighError } from "../../shared/errors.js";
import { checkInteger } from "../../shared/options.js";
import { type Relevance, type RelevantDocuments, relevanceOf } from "./relevance.js";

/**
 * Normalized discounted cumulative gain of the first `k` answers, 0 to 1: the sum of grade / log2(rank + 1), as a share of the
 * best possible one (Järvelin and Kekäläinen 2002). With a set every grade is 1, as in sentence-transformers; with grades it is
 * trec_eval's and BEIR's, whose gain is the grade itself.
 *
 * @param ranked ids of documents, the best first, none twice.
 * @throws NighError `ERR_INVALID_ARGUMENT` when no document is relevant, an id comes twice, or `k` is no integer of at least 1; so do the others.
 */
export function ndcgAtK(ranked: readonly string[], relevant: RelevantDocuments, k: number): number {
  return of("ndcgAtK", ndcg, ranked, relevant, k);
}

/** 1 / rank of the first relevant answer among the first `k`, else 0: its mean over queries is MRR@k. */
export function reciprocalRankAtK(
  ranked: readonly string[],
  relevant: RelevantDocuments,
  k: number,
): number {
  return of("reciprocalRankAtK", reciprocalRank, ranked, relevant, k);
}

/** The mean of the precisions at the ranks of the relevant answers among the first `k`, where at most `k` could be: its mean over queries is MAP@k. */
export function averagePrecisionAtK(
  ranked: readonly string[],
  relevant: RelevantDocuments,
  k: number,
): number {
  return of("averagePrecisionAtK", averagePrecision, ranked, relevant, k);
}

/** The share of the relevant documents that are among the first `k` answers. */
export function recallAtK(
  ranked: readonly string[],
  relevant: RelevantDocuments,
  k: number,
): number {
  return of("recallAtK", recall, ranked, relevant, k);
}

/** The share of `k` that relevant answers among the first `k` make; places that stay empty count as wrong. */
export function precisionAtK(
  ranked: readonly string[],
  relevant: RelevantDocuments,
  k: number,
): number {
  return of("precisionAtK", precision, ranked, relevant, k);
}

/** 1 where a relevant document is among the first `k` answers, else 0. */
export function accuracyAtK(
  ranked: readonly string[],
  relevant: RelevantDocuments,
  k: number,
): number {
  return of("accuracyAtK", accuracy, ranked, relevant, k);
}

/** A metric of checked arguments: grades of the answers in order, all grades there are. */
type RankingMetric = (ranked: readonly string[], relevance: Relevance, k: number) => number;

const ndcg: RankingMetric = (ranked, relevance, k) => {
  const best = [...relevance.values()].sort((a, b) => b - a);
  return discountedGain(gradesOf(ranked, relevance, k)) / discountedGain(best.slice(0, k));
};

const reciprocalRank: RankingMetric = (ranked, relevance, k) => {
  const place = gradesOf(ranked, relevance, k).findIndex((grade) => grade > 0);
  return place === -1 ? 0 : 1 / (place + 1);
};

const averagePrecision: RankingMetric = (ranked, relevance, k) => {
  let found = 0;
  let sum = 0;
  for (const [i, grade] of gradesOf(ranked, relevance, k).entries()) {
    if (grade === 0) continue;
    found += 1;
    sum += found / (i + 1);
  }
  return sum / Math.min(k, relevance.size);
};

const recall: RankingMetric = (ranked, relevance, k) =>
  countFound(ranked, relevance, k) / relevance.size;

const precision: RankingMetric = (ranked, relevance, k) => countFound(ranked, relevance, k) / k;

const accuracy: RankingMetric = (ranked, relevance, k) =>
  countFound(ranked, relevance, k) > 0 ? 1 : 0;

/** By the names that sentence-transformers gives them, in its order. */
export const RANKING_METRICS = {
  accuracy,
  precision,
  recall,
  ndcg,
  mrr: reciprocalRank,
  map: averagePrecision,
} as const satisfies Readonly<Record<string, RankingMetric>>;

export type RankingMetricName = keyof typeof RANKING_METRICS;

function of(
  where: string,
  metric: RankingMetric,
  ranked: readonly string[],
  relevant: RelevantDocuments,
  k: number,
): number {
  checkInteger(where, "k", k, 1);
  checkRanking(where, ranked);
  const relevance = relevanceOf(where, relevant);
  if (relevance.size === 0) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: no document is relevant, so there is nothing to find: leave such a query out.`,
    );
  }
  return metric(ranked, relevance, k);
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for what is no list of different ids. */
export function checkRanking(where: string, ranked: readonly string[]): void {
  if (!Array.isArray(ranked)) {
    throw new NighError("ERR_INVALID_ARGUMENT", `${where}: the ranking must be a list of ids.`);
  }
  const seen = new Set<string>();
  for (const id of ranked) {
    if (typeof id === "string" && !seen.has(id)) seen.add(id);
    else {
      const problem = typeof id === "string" ? "is there twice" : "is no string";
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: the id ${JSON.stringify(id)} in the ranking ${problem}: expected different ids, the best first.`,
      );
    }
  }
}

function gradesOf(ranked: readonly string[], relevance: Relevance, k: number): number[] {
  return ranked.slice(0, k).map((id) => relevance.get(id) ?? 0);
}

function countFound(ranked: readonly string[], relevance: Relevance, k: number): number {
  return gradesOf(ranked, relevance, k).filter((grade) => grade > 0).length;
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, i) => sum + grade / Math.log2(i + 2), 0);
}
