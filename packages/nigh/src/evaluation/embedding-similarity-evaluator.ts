import { checkTexts } from "../encoder/check-texts.js";
import { pearsonCorrelation, spearmanCorrelation } from "../kernels/correlation.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import {
  checkColumns,
  checkEvaluateOptions,
  checkName,
  type EvaluateOptions,
} from "./evaluate-options.js";
import { type Evaluation, highest, named } from "./evaluation.js";
import { type PairScores, type PairSource, pairScores } from "./pair-scores.js";
import {
  interpretSimilarities,
  type Similarities,
  type SimilarityOptions,
} from "./similarity-functions.js";

export interface EmbeddingSimilarityEvaluatorOptions extends SimilarityOptions {
  sentences1: readonly string[];
  /** As many. */
  sentences2: readonly string[];
  /** How alike the sentences of each pair are, on any scale, higher for more. */
  scores: readonly number[];
  /** Stands before every key. Default: none. */
  name?: string;
  /** Keep only the first dimensions of the vectors. Default: all. */
  truncateDim?: number;
}

/** Besides the figures, what they were computed from. */
export interface EmbeddingSimilarityEvaluation extends Evaluation {
  /** The scores of all pairs, one list for each similarity. */
  readonly pairScores: readonly PairScores[];
}

const WHERE = "EmbeddingSimilarityEvaluator";
const KEYS = ["sentences1", "sentences2", "scores", "name", "truncateDim"];

/**
 * How far the similarities of vectors go with people's judgments of likeness, as in the STS benchmark: Spearman's and Pearson's
 * correlation, with the figures and keys of sentence-transformers: "spearman_cosine" (the primary one), "pearson_cosine" and so on for
 * each similarity, "spearman_max" and "pearson_max" where there are several. What scores pairs itself, such as a CrossEncoder, has
 * "spearman" and "pearson". A model that gives all pairs the same score has the correlation 0.
 */
export class EmbeddingSimilarityEvaluator {
  readonly #sentences: readonly [readonly string[], readonly string[]];
  readonly #scores: readonly number[];
  readonly #name: string;
  readonly #similarities: Similarities;
  readonly #truncateDim: number | undefined;

  /**
   * @throws NighError `ERR_INVALID_ARGUMENT` for lists that are empty or differ in length, a score that is not finite, scores that are all
   * the same; `ERR_INVALID_TEXT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(options: EmbeddingSimilarityEvaluatorOptions) {
    checkKeys(WHERE, options, [...KEYS, "similarityFnNames", "mainSimilarity"]);
    const { sentences1, sentences2, scores, name, truncateDim } = options;
    checkColumns(WHERE, { sentences1, sentences2, scores });
    checkTexts(`${WHERE}: sentences1`, sentences1);
    checkTexts(`${WHERE}: sentences2`, sentences2);
    for (const [i, score] of scores.entries()) {
      if (typeof score === "number" && Number.isFinite(score)) continue;
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: the score of pair ${i} must be a finite number, found ${describe(score)}.`,
      );
    }
    if (scores.every((score) => score === scores[0])) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: all ${scores.length} scores are ${scores[0]}: there is no order that a model could follow.`,
      );
    }
    this.#sentences = [[...sentences1], [...sentences2]];
    this.#scores = [...scores];
    this.#name = checkName(WHERE, name);
    this.#similarities = interpretSimilarities(WHERE, options);
    if (truncateDim !== undefined) checkInteger(WHERE, "truncateDim", truncateDim, 1);
    this.#truncateDim = truncateDim;
  }

  /** @throws NighError `ERR_INVALID_ARGUMENT` for what gives no score, or one that is not finite; `ERR_ABORTED` and what the model throws. */
  async evaluate(
    source: PairSource,
    options: EvaluateOptions = {},
  ): Promise<EmbeddingSimilarityEvaluation> {
    const where = `${WHERE}.evaluate`;
    checkEvaluateOptions(where, options);
    const all = await pairScores(where, source, this.#sentences, this.#similarities, {
      ...options,
      ...(this.#truncateDim !== undefined && { truncateDim: this.#truncateDim }),
    });
    const metrics: Record<string, number> = {};
    for (const { similarity, scores } of all) {
      const suffix = similarity === undefined ? "" : `_${similarity}`;
      metrics[`pearson${suffix}`] = pearsonCorrelation(this.#scores, scores);
      metrics[`spearman${suffix}`] = spearmanCorrelation(this.#scores, scores);
    }
    if (all.length > 1) {
      for (const metric of ["pearson", "spearman"]) {
        metrics[`${metric}_max`] = highest(
          all.map(({ similarity }) => metrics[`${metric}_${similarity}`] as number),
        );
      }
    }
    const main = this.#similarities.main ?? (all.length > 1 ? "max" : all[0]?.similarity);
    const primary = main === undefined ? "spearman" : `spearman_${main}`;
    return { ...named(this.#name, metrics, primary), pairScores: all };
  }
}
