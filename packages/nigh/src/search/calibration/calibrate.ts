import { NighError } from "../../shared/errors.js";
import { checkKeys, checkOneOf } from "../../shared/options.js";
import {
  bestThreshold,
  OPTIMIZED,
  type Optimized,
  type ThresholdQuality,
} from "./best-threshold.js";
import { checkLabelledScores, type LabelledScore } from "./labelled-scores.js";
import { plattScaling, probabilityOf, type Sigmoid } from "./platt-scaling.js";

export interface CalibrateOptions {
  /** What the threshold is best at: "f1" (default) or "accuracy". */
  optimize?: Optimized;
}

/** From which score on two texts belong together, and how sure a score is. Plain data: it may be kept as JSON. */
export interface Calibration extends ThresholdQuality, Sigmoid {
  /** What the threshold is best at. */
  readonly optimized: Optimized;
  /** Pairs that it was found by. */
  readonly pairs: number;
  /** Of these, pairs that belong together. */
  readonly positives: number;
}

/** A calibration of a collection's scores: they are those of its embedder, in its space. */
export interface CollectionCalibration extends Calibration {
  /** Whose scores it is of. */
  readonly embedder: { readonly name: string; readonly fingerprint: string };
}

const WHERE = "calibrate";

/**
 * Finds the score that separates pairs that belong together (label 1) from those that do not (0), with its precision and recall on these
 * pairs, and the map from scores to probabilities: a sigmoid (Platt scaling), whose two numbers some dozens of pairs decide, where isotonic
 * regression wants about a thousand (Niculescu-Mizil and Caruana 2005), gives steps, and 0 and 1 at its ends.
 *
 * ```ts
 * const calibration = calibrate([{ score: 0.81, label: 1 }, { score: 0.64, label: 1 }, { score: 0.32, label: 0 }]);
 * calibration.threshold; // 0.48
 * ```
 *
 * @param pairs scores, higher is more alike, with labels; of both labels.
 * @throws NighError `ERR_INVALID_ARGUMENT` for labels other than 0 and 1, scores that are not finite, no pairs, labels that are all the
 * same, and scores that do not rise with the labels: they tell nothing.
 */
export function calibrate(
  pairs: readonly LabelledScore[],
  options: CalibrateOptions = {},
): Calibration {
  const optimized = interpretCalibrate(WHERE, options);
  return calibrateScores(WHERE, pairs, optimized);
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function interpretCalibrate(
  where: string,
  options: CalibrateOptions,
  others: readonly string[] = [],
): Optimized {
  checkKeys(where, options, ["optimize", ...others]);
  return checkOneOf(where, "optimize", options.optimize ?? "f1", OPTIMIZED);
}

/** {@link calibrate}, under another call's name. */
export function calibrateScores(
  where: string,
  pairs: readonly LabelledScore[],
  optimized: Optimized,
): Calibration {
  checkLabelledScores(where, pairs);
  const sigmoid = plattScaling(pairs);
  if (!(sigmoid.slope > 0)) {
    const mean = (wanted: number) => {
      const scores = pairs.filter(({ label }) => label === wanted).map(({ score }) => score);
      return (scores.reduce((a, b) => a + b, 0) / scores.length).toFixed(4);
    };
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the scores do not rise with the labels: their mean is ${mean(1)} for pairs of label 1 and ${mean(0)} for label 0, so no threshold separates them. Are the labels the wrong way round? 1 is for pairs that belong together.`,
    );
  }
  return {
    ...bestThreshold(pairs, optimized),
    ...sigmoid,
    optimized,
    pairs: pairs.length,
    positives: pairs.filter(({ label }) => label === 1).length,
  };
}

/**
 * The probability, 0 to 1, that two texts with this score belong together.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` for a score that is no finite number.
 */
export function calibratedProbability(calibration: Calibration, score: number): number {
  if (Number.isFinite(score)) return probabilityOf(calibration, score);
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `calibratedProbability: the score must be a finite number, found ${String(score)}.`,
  );
}
