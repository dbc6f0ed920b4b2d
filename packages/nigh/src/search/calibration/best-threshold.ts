import { checkFinite, checkOneOf } from "../../shared/options.js";
import { checkLabelledScores, type LabelledScore } from "./labelled-scores.js";

/** A threshold: what scores as high or higher is taken for a pair that belongs together. */
export interface ThresholdQuality {
  readonly threshold: number;
  /** The share of pairs that are taken for what they are. */
  readonly accuracy: number;
  /** The share of those that are accepted which belong together; 0 where none is. */
  readonly precision: number;
  /** The share of those that belong together which are accepted. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Matthews' correlation of what is accepted with the labels, -1 to 1; 0 where all or none are accepted. */
  readonly mcc: number;
}

/** What a threshold is chosen by. */
export const OPTIMIZED = ["f1", "accuracy"] as const;
export type Optimized = (typeof OPTIMIZED)[number];

/**
 * The threshold with the highest F1 or accuracy, as sentence-transformers finds it: half way between the scores beside it, the highest
 * one where several are equally good. By accuracy, accepting nothing is a choice too: then it lies just above the highest score.
 *
 * @param optimized "f1" (default) or "accuracy".
 * @throws NighError `ERR_INVALID_ARGUMENT` for labels other than 0 and 1 or all the same, and scores that are not finite.
 */
export function bestThreshold(
  pairs: readonly LabelledScore[],
  optimized: Optimized = "f1",
): ThresholdQuality {
  checkLabelledScores("bestThreshold", pairs);
  checkOneOf("bestThreshold", "optimized", optimized, OPTIMIZED);
  const sorted = [...pairs].sort((a, b) => b.score - a.score);
  const total = sorted.length;
  const positives = sorted.filter(({ label }) => label === 1).length;
  const highest = sorted[0]?.score ?? 0;
  let best = qualityOf(nextUp(highest), { accepted: 0, right: 0, positives, total });
  let right = 0;
  for (const [i, { score, label }] of sorted.entries()) {
    right += label;
    const next = sorted[i + 1]?.score;
    if (score === next) continue;
    const threshold = next === undefined ? score : between(score, next);
    const quality = qualityOf(threshold, { accepted: i + 1, right, positives, total });
    if (quality[optimized] > best[optimized]) best = quality;
  }
  return best;
}

/** What a given threshold comes to. @throws NighError as {@link bestThreshold}. */
export function thresholdQuality(
  pairs: readonly LabelledScore[],
  threshold: number,
): ThresholdQuality {
  checkLabelledScores("thresholdQuality", pairs);
  checkFinite("thresholdQuality", "threshold", threshold);
  const accepted = pairs.filter(({ score }) => score >= threshold);
  return qualityOf(threshold, {
    accepted: accepted.length,
    right: accepted.filter(({ label }) => label === 1).length,
    positives: pairs.filter(({ label }) => label === 1).length,
    total: pairs.length,
  });
}

interface Counts {
  readonly accepted: number;
  /** Of these, those that belong together. */
  readonly right: number;
  readonly positives: number;
  readonly total: number;
}

function qualityOf(
  threshold: number,
  { accepted, right, positives, total }: Counts,
): ThresholdQuality {
  const falsePositives = accepted - right;
  const falseNegatives = positives - right;
  const trueNegatives = total - accepted - falseNegatives;
  const spread = accepted * positives * (total - positives) * (total - accepted);
  return {
    threshold,
    accuracy: (right + trueNegatives) / total,
    precision: accepted === 0 ? 0 : right / accepted,
    recall: positives === 0 ? 0 : right / positives,
    f1: right === 0 ? 0 : (2 * right) / (accepted + positives),
    mcc:
      spread === 0
        ? 0
        : (right * trueNegatives - falsePositives * falseNegatives) / Math.sqrt(spread),
  };
}

/** Rounding must not bring it down to the lower one, which is not accepted. */
function between(higher: number, lower: number): number {
  const middle = higher / 2 + lower / 2;
  return middle > lower ? middle : higher;
}

/** The next larger float64. */
function nextUp(value: number): number {
  const float = new Float64Array([value === 0 ? 0 : value]);
  const bits = new BigInt64Array(float.buffer);
  bits[0] = (bits[0] as bigint) + (value < 0 ? -1n : 1n);
  return float[0] as number;
}
