import { checkTexts } from "../encoder/check-texts.js";
import { bestThreshold } from "../search/calibration/best-threshold.js";
import { checkBothLabels, checkLabel } from "../search/calibration/labelled-scores.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import {
  checkColumns,
  checkEvaluateOptions,
  checkName,
  type EvaluateOptions,
} from "./evaluate-options.js";
import { type Evaluation, highest, named } from "./evaluation.js";
import { averagePrecisionOf } from "./metrics/average-precision.js";
import { type PairScores, type PairSource, pairScores } from "./pair-scores.js";
import {
  interpretSimilarities,
  type Similarities,
  type SimilarityOptions,
} from "./similarity-functions.js";

export interface BinaryClassificationEvaluatorOptions extends SimilarityOptions {
  sentences1: readonly string[];
  /** As many. */
  sentences2: readonly string[];
  /** 1 where the sentences of a pair belong together, else 0; some of each. */
  labels: readonly number[];
  /** Stands before every key. Default: none. */
  name?: string;
  /** Keep only the first dimensions of the vectors. Default: all. */
  truncateDim?: number;
}

/** Besides the figures, what they were computed from. */
export interface BinaryClassificationEvaluation extends Evaluation {
  /** The scores of all pairs, one list for each similarity. */
  readonly pairScores: readonly PairScores[];
}

const WHERE = "BinaryClassificationEvaluator";
const KEYS = ["sentences1", "sentences2", "labels", "name", "truncateDim"];

/**
 * How well similarity tells pairs that belong together from those that do not, with the figures and keys of sentence-transformers:
 * accuracy at the threshold where it is best ("cosine_accuracy", "cosine_accuracy_threshold"); F1, precision, recall and Matthews'
 * correlation where F1 is ("cosine_f1", "cosine_f1_threshold", "cosine_precision", "cosine_recall", "cosine_mcc"); average precision
 * ("cosine_ap", the primary one). Thresholds of "euclidean" and "manhattan" are distances, as there. With several similarities
 * there are "max_…" too. What scores pairs itself, such as a CrossEncoder, has keys without a similarity.
 *
 * The thresholds are found on the pairs themselves: on others they do a little worse.
 */
export class BinaryClassificationEvaluator {
  readonly #sentences: readonly [readonly string[], readonly string[]];
  readonly #labels: readonly number[];
  readonly #name: string;
  readonly #similarities: Similarities;
  readonly #truncateDim: number | undefined;

  /**
   * @throws NighError `ERR_INVALID_ARGUMENT` for lists that are empty or differ in length, labels other than 0 and 1 or all the same;
   * `ERR_INVALID_TEXT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(options: BinaryClassificationEvaluatorOptions) {
    checkKeys(WHERE, options, [...KEYS, "similarityFnNames", "mainSimilarity"]);
    const { sentences1, sentences2, labels, name, truncateDim } = options;
    checkColumns(WHERE, { sentences1, sentences2, labels });
    checkTexts(`${WHERE}: sentences1`, sentences1);
    checkTexts(`${WHERE}: sentences2`, sentences2);
    for (const [i, label] of labels.entries()) checkLabel(WHERE, i, label);
    checkBothLabels(WHERE, labels);
    this.#sentences = [[...sentences1], [...sentences2]];
    this.#labels = [...labels];
    this.#name = checkName(WHERE, name);
    this.#similarities = interpretSimilarities(WHERE, options);
    if (truncateDim !== undefined) checkInteger(WHERE, "truncateDim", truncateDim, 1);
    this.#truncateDim = truncateDim;
  }

  /** @throws NighError `ERR_INVALID_ARGUMENT` for what gives no score, or one that is not finite; `ERR_ABORTED` and what the model throws. */
  async evaluate(
    source: PairSource,
    options: EvaluateOptions = {},
  ): Promise<BinaryClassificationEvaluation> {
    const where = `${WHERE}.evaluate`;
    checkEvaluateOptions(where, options);
    const all = await pairScores(where, source, this.#sentences, this.#similarities, {
      ...options,
      ...(this.#truncateDim !== undefined && { truncateDim: this.#truncateDim }),
    });
    const each = all.map((one) => [prefixOf(one), this.#figures(one)] as const);
    const metrics = Object.fromEntries(
      each.flatMap(([prefix, figures]) =>
        Object.entries(figures).map(([key, value]) => [prefix + key, value]),
      ),
    );
    const [prefix = "", first = {}] = each[0] ?? [];
    if (each.length > 1) {
      for (const key of Object.keys(first)) {
        metrics[`max_${key}`] = highest(each.map(([, figures]) => figures[key] as number));
      }
    }
    const { main } = this.#similarities;
    const several = each.length > 1 ? "max_" : prefix;
    return {
      ...named(this.#name, metrics, `${main === undefined ? several : `${main}_`}ap`),
      pairScores: all,
    };
  }

  #figures({ similarity, scores }: PairScores): Record<string, number> {
    const pairs = scores.map((score, i) => ({ score, label: this.#labels[i] as number }));
    const byAccuracy = bestThreshold(pairs, "accuracy");
    const byF1 = bestThreshold(pairs, "f1");
    const isDistance = similarity === "euclidean" || similarity === "manhattan";
    const shown = (threshold: number) => (isDistance ? -threshold : threshold);
    return {
      accuracy: byAccuracy.accuracy,
      accuracy_threshold: shown(byAccuracy.threshold),
      f1: byF1.f1,
      f1_threshold: shown(byF1.threshold),
      precision: byF1.precision,
      recall: byF1.recall,
      ap: averagePrecisionOf(pairs),
      mcc: byF1.mcc,
    };
  }
}

function prefixOf({ similarity }: PairScores): string {
  return similarity === undefined ? "" : `${similarity}_`;
}
