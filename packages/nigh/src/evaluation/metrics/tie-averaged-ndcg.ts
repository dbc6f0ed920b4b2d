import type { LabelledScore } from "../../search/calibration/labelled-scores.js";

/**
 * nDCG@k of scores, where documents with the same score share the gain of their places (McSherry and Najork 2008), as scikit-learn
 * has it: an order among them would be chance.
 *
 * @param pairs finite scores, with at least one label of 1.
 */
export function tieAveragedNdcg(pairs: readonly LabelledScore[], k: number): number {
  const sorted = [...pairs].sort((a, b) => b.score - a.score);
  let gain = 0;
  let from = 0;
  while (from < Math.min(k, sorted.length)) {
    let to = from;
    let labels = 0;
    let discounts = 0;
    for (; to < sorted.length && sorted[to]?.score === sorted[from]?.score; to++) {
      labels += sorted[to]?.label ?? 0;
      if (to < k) discounts += 1 / Math.log2(to + 2);
    }
    gain += (labels / (to - from)) * discounts;
    from = to;
  }
  const positives = pairs.filter(({ label }) => label === 1).length;
  let best = 0;
  for (let i = 0; i < Math.min(k, positives); i++) best += 1 / Math.log2(i + 2);
  return gain / best;
}
