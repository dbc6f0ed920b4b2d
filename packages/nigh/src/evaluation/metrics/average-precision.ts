import {
  checkLabelledScores,
  type LabelledScore,
} from "../../search/calibration/labelled-scores.js";

/**
 * Average precision of scores, 0 to 1: the mean of the precisions at the scores of the pairs that belong together, where equal scores
 * are taken together, as in scikit-learn.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for labels other than 0 and 1 or all the same, and scores that are not finite.
 */
export function averagePrecision(pairs: readonly LabelledScore[]): number {
  checkLabelledScores("averagePrecision", pairs);
  return averagePrecisionOf(pairs);
}

/** @param pairs checked. */
export function averagePrecisionOf(pairs: readonly LabelledScore[]): number {
  const sorted = [...pairs].sort((a, b) => b.score - a.score);
  let right = 0;
  let rightBefore = 0;
  let sum = 0;
  for (const [i, { score, label }] of sorted.entries()) {
    right += label;
    if (score === sorted[i + 1]?.score) continue;
    sum += (right - rightBefore) * (right / (i + 1));
    rightBefore = right;
  }
  return sum / right;
}
