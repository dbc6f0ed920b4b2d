/** How good a list of answers is, by judgments. */
import { sum } from "../statistics.js";

type Judgments = ReadonlyMap<string, number>;

/** Discounted gain of the first `k` answers, as a share of the best possible one: trec_eval's ndcg_cut. */
export function ndcg(ids: readonly string[], judgments: Judgments, k: number): number {
  const best = [...judgments.values()].sort((a, b) => b - a);
  return (
    discounted(
      ids.map((id) => judgments.get(id) ?? 0),
      k,
    ) / discounted(best, k)
  );
}

/** The share of the documents that are worth anything which are among the first `k` answers. */
export function recall(ids: readonly string[], judgments: Judgments, k: number): number {
  const relevant = [...judgments].filter(([, worth]) => worth > 0);
  const first = new Set(ids.slice(0, k));
  return relevant.filter(([id]) => first.has(id)).length / relevant.length;
}

function discounted(worths: readonly number[], k: number): number {
  return sum(worths.slice(0, k).map((worth, i) => worth / Math.log2(i + 2)));
}
