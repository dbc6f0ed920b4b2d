import { checkLabelledPairs, type LabelledPair } from "../search/calibration/labelled-pairs.js";
import { checkFinite } from "../shared/options.js";
import { checkEvaluateOptions, type EvaluateOptions } from "./evaluate-options.js";
import { type PairSource, pairScores } from "./pair-scores.js";

export interface JudgePairsOptions extends EvaluateOptions {
  /** Pairs that score as high or higher are taken for pairs that belong together. Default 0.5. */
  threshold?: number;
}

/** A pair with its score and what was made of it. */
export interface JudgedPair extends LabelledPair {
  readonly score: number;
  /** Whether the score reaches the threshold. */
  readonly accepted: boolean;
  /** Whether that is what the label says. */
  readonly correct: boolean;
}

export interface JudgedPairs {
  readonly threshold: number;
  /** The share of pairs that were taken for what they are. */
  readonly accuracy: number;
  /** In order. */
  readonly pairs: readonly JudgedPair[];
}

/**
 * Judges labelled pairs by a fixed threshold of similarity: which are taken for what they are, and what share. Nothing is fitted to
 * the pairs, so they may be all of one label.
 *
 * @param source a model, whose own similarity it is (mostly cosine); vectors; or what has predict(pairs), such as a CrossEncoder.
 * @throws NighError `ERR_INVALID_ARGUMENT` for no pairs, labels other than 0 and 1, scores that are not finite; `ERR_ABORTED`.
 */
export async function judgePairs(
  source: PairSource,
  pairs: readonly LabelledPair[],
  options: JudgePairsOptions = {},
): Promise<JudgedPairs> {
  const where = "judgePairs";
  checkEvaluateOptions(where, options, ["threshold"]);
  const threshold = checkFinite(where, "threshold", options.threshold ?? 0.5);
  checkLabelledPairs(where, pairs, { both: false });
  const texts = [
    pairs.map(({ sentence1 }) => sentence1),
    pairs.map(({ sentence2 }) => sentence2),
  ] as const;
  const own = { names: undefined, main: undefined };
  const [found] = await pairScores(where, source, texts, own, options);
  const judged = pairs.map(({ sentence1, sentence2, label }, i) => {
    const score = found?.scores[i] as number;
    const accepted = score >= threshold;
    return { sentence1, sentence2, label, score, accepted, correct: accepted === (label === 1) };
  });
  const right = judged.filter(({ correct }) => correct).length;
  return { threshold, accuracy: right / judged.length, pairs: judged };
}
