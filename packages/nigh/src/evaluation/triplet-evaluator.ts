import { checkTexts } from "../encoder/check-texts.js";
import type { Embedder } from "../encoder/embedder.js";
import type { SimilarityName } from "../encoder/model-folder.js";
import { similarityOfPairs } from "../kernels/similarity.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkFinite, checkInteger, checkKeys } from "../shared/options.js";
import {
  checkColumns,
  checkEvaluateOptions,
  checkName,
  type EvaluateOptions,
  encodeOptions,
} from "./evaluate-options.js";
import { type Evaluation, highest, named } from "./evaluation.js";
import { checkRows, checkScores, encodeOnce } from "./pair-scores.js";
import {
  interpretSimilarities,
  isEmbedder,
  type Similarities,
  type SimilarityOptions,
  similarityOfModel,
} from "./similarity-functions.js";

export interface TripletEvaluatorOptions extends SimilarityOptions {
  anchors: readonly string[];
  /** Of each anchor a text that is to be nearer to it … */
  positives: readonly string[];
  /** … than this one. */
  negatives: readonly string[];
  /** By how much at least it is to be nearer. Default 0: nearer at all. */
  margin?: number;
  /** Stands before every key. Default: none. */
  name?: string;
  /** Keep only the first dimensions of the vectors. Default: all. */
  truncateDim?: number;
}

/** Vectors of all three columns, in order, in place of a model. */
export interface TripletVectors {
  readonly anchors: MatrixLike;
  readonly positives: MatrixLike;
  readonly negatives: MatrixLike;
}

/** Besides the figures, what they were computed from. */
export interface TripletEvaluation extends Evaluation {
  /** Of each similarity how much nearer each positive is than its negative; negative numbers are the wrong ones. */
  readonly margins: readonly { similarity: SimilarityName; margins: readonly number[] }[];
}

const WHERE = "TripletEvaluator";
const KEYS = ["anchors", "positives", "negatives", "margin", "name", "truncateDim"];

/**
 * The share of triplets whose positive is nearer to the anchor than the negative is, with the figures and keys of
 * sentence-transformers: "cosine_accuracy" (the primary one), "max_accuracy" where there are several similarities. A tie counts as wrong.
 * Anchors are encoded as queries, the others as documents.
 */
export class TripletEvaluator {
  readonly #columns: readonly [readonly string[], readonly string[], readonly string[]];
  readonly #margin: number;
  readonly #name: string;
  readonly #similarities: Similarities;
  readonly #truncateDim: number | undefined;

  /** @throws NighError `ERR_INVALID_ARGUMENT` for lists that are empty or differ in length; `ERR_INVALID_TEXT`, `ERR_UNKNOWN_OPTION`. */
  constructor(options: TripletEvaluatorOptions) {
    checkKeys(WHERE, options, [...KEYS, "similarityFnNames", "mainSimilarity"]);
    const { anchors, positives, negatives, margin, name, truncateDim } = options;
    checkColumns(WHERE, { anchors, positives, negatives });
    for (const [column, texts] of Object.entries({ anchors, positives, negatives })) {
      checkTexts(`${WHERE}: ${column}`, texts);
    }
    this.#columns = [[...anchors], [...positives], [...negatives]];
    this.#margin = checkFinite(WHERE, "margin", margin ?? 0);
    this.#name = checkName(WHERE, name);
    this.#similarities = interpretSimilarities(WHERE, options);
    if (truncateDim !== undefined) checkInteger(WHERE, "truncateDim", truncateDim, 1);
    this.#truncateDim = truncateDim;
  }

  /** @throws NighError `ERR_INVALID_ARGUMENT` for what gives no vectors, or a score that is not finite; `ERR_ABORTED` and what the model throws. */
  async evaluate(
    source: Embedder | TripletVectors,
    options: EvaluateOptions = {},
  ): Promise<TripletEvaluation> {
    const where = `${WHERE}.evaluate`;
    checkEvaluateOptions(where, options);
    const [anchors, positives, negatives] = await this.#vectors(where, source, options);
    const own = isEmbedder(source) ? similarityOfModel(source) : "cosine";
    const all = (this.#similarities.names ?? [own]).map((similarity) => {
      const count = this.#columns[0].length;
      const near = checkScores(where, similarityOfPairs(similarity, anchors, positives), count);
      const far = checkScores(where, similarityOfPairs(similarity, anchors, negatives), count);
      return { similarity, margins: near.map((score, i) => score - (far[i] as number)) };
    });
    const metrics: Record<string, number> = {};
    for (const { similarity, margins } of all) {
      const right = margins.filter((margin) => margin > this.#margin).length;
      metrics[`${similarity}_accuracy`] = right / margins.length;
    }
    if (all.length > 1) metrics.max_accuracy = highest(Object.values(metrics));
    const main = this.#similarities.main ?? (all.length > 1 ? "max" : all[0]?.similarity);
    return { ...named(this.#name, metrics, `${main}_accuracy`), margins: all };
  }

  async #vectors(
    where: string,
    source: Embedder | TripletVectors,
    options: EvaluateOptions,
  ): Promise<[Matrix, Matrix, Matrix]> {
    const [anchors, positives, negatives] = this.#columns;
    if (isEmbedder(source)) {
      const encoding = {
        ...encodeOptions(options),
        ...(this.#truncateDim !== undefined && { truncateDim: this.#truncateDim }),
      };
      const query = await encodeOnce(anchors, (texts) => source.encodeQuery(texts, encoding));
      const document = await encodeOnce([...positives, ...negatives], (texts) =>
        source.encodeDocument(texts, encoding),
      );
      return [
        Matrix.from(anchors.map(query)),
        Matrix.from(positives.map(document)),
        Matrix.from(negatives.map(document)),
      ];
    }
    const given = (source ?? {}) as Partial<TripletVectors>;
    const { anchors: a, positives: p, negatives: n } = given;
    if (a === undefined || p === undefined || n === undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: expected a model, or vectors as { anchors, positives, negatives }; found ${describe(source)}.`,
      );
    }
    const vectors: [Matrix, Matrix, Matrix] = [Matrix.from(a), Matrix.from(p), Matrix.from(n)];
    for (const [i, column] of ["anchors", "positives", "negatives"].entries()) {
      checkRows(where, column, vectors[i] as Matrix, anchors.length);
    }
    return vectors;
  }
}
