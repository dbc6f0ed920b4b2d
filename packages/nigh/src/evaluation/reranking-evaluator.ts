import { checkTexts } from "../encoder/check-texts.js";
import type { Embedder } from "../encoder/embedder.js";
import type { SimilarityName } from "../encoder/model-folder.js";
import { similarityMatrix } from "../kernels/similarity.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { Matrix } from "../shared/matrix.js";
import { checkInteger, checkKeys } from "../shared/options.js";
import {
  checkEvaluateOptions,
  checkName,
  type EvaluateOptions,
  encodeOptions,
} from "./evaluate-options.js";
import { type Evaluation, named } from "./evaluation.js";
import { averagePrecisionOf } from "./metrics/average-precision.js";
import { tieAveragedNdcg } from "./metrics/tie-averaged-ndcg.js";
import { checkScores, encodeOnce, type PairScorer } from "./pair-scores.js";
import { interpretSimilarities, isEmbedder } from "./similarity-functions.js";

/** A query with documents that answer it and documents that do not. */
export interface RerankingSample {
  readonly query: string;
  readonly positive: readonly string[] | string;
  readonly negative: readonly string[] | string;
}

export interface RerankingEvaluatorOptions {
  samples: readonly RerankingSample[];
  /** Of MRR and nDCG. Default 10. */
  atK?: number;
  /** By which the vectors of a model are compared. Default "cosine", whatever the model's own, as in sentence-transformers. */
  mainSimilarity?: SimilarityName;
  /** Stands before every key. Default: none. */
  name?: string;
  /** Keep only the first dimensions of the vectors. Default: all. */
  truncateDim?: number;
}

/** Besides the figures, those of each sample. */
export interface RerankingEvaluation extends Evaluation {
  /** In the order of the samples that have documents of both kinds. */
  readonly perQuery: readonly {
    /** Place among the samples that were given. */
    readonly sample: number;
    readonly metrics: Readonly<Record<string, number>>;
    /** Of the positive documents, then of the negative ones. */
    readonly scores: readonly number[];
  }[];
  /** Places of samples without a positive or without a negative document: they are in no figure. */
  readonly skipped: readonly number[];
}

interface Sample {
  readonly place: number;
  readonly query: string;
  readonly documents: readonly string[];
  readonly positives: number;
}

const WHERE = "RerankingEvaluator";

/**
 * How well documents of each sample are put in order, with the figures and keys of sentence-transformers: "ndcg@10" (the primary one),
 * "mrr@10" and "map", means over the samples. Equal scores share their gain in nDCG and precision, as in scikit-learn; in MRR, where torch's order is
 * none in particular, a positive document stands behind negative ones with the same score: what tells nothing apart earns nothing.
 */
export class RerankingEvaluator {
  readonly #samples: readonly Sample[];
  readonly #skipped: readonly number[];
  readonly #k: number;
  readonly #similarity: SimilarityName;
  readonly #name: string;
  readonly #truncateDim: number | undefined;

  /** @throws NighError `ERR_INVALID_ARGUMENT` when no sample has documents of both kinds; `ERR_INVALID_TEXT`, `ERR_UNKNOWN_OPTION`. */
  constructor(options: RerankingEvaluatorOptions) {
    checkKeys(WHERE, options, ["samples", "atK", "mainSimilarity", "name", "truncateDim"]);
    const { samples, atK, name, truncateDim } = options;
    if (!Array.isArray(samples)) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: "samples" must be a list of { query, positive, negative }, found ${describe(samples)}.`,
      );
    }
    const read = samples.map(readSample);
    this.#samples = read.filter(
      ({ positives, documents }) => positives > 0 && positives < documents.length,
    );
    const kept = new Set(this.#samples.map(({ place }) => place));
    this.#skipped = read.map(({ place }) => place).filter((place) => !kept.has(place));
    if (kept.size === 0) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${WHERE}: none of the ${samples.length} samples has both positive and negative documents: there is nothing to put in order.`,
      );
    }
    this.#k = checkInteger(WHERE, "atK", atK ?? 10, 1);
    this.#similarity = interpretSimilarities(WHERE, options).main ?? "cosine";
    this.#name = checkName(WHERE, name);
    if (truncateDim !== undefined) checkInteger(WHERE, "truncateDim", truncateDim, 1);
    this.#truncateDim = truncateDim;
  }

  /**
   * @param source a model, or what has predict(pairs), such as a CrossEncoder.
   * @throws NighError `ERR_INVALID_ARGUMENT` for what gives no score, or one that is not finite; `ERR_ABORTED` and what the model throws.
   */
  async evaluate(
    source: Embedder | PairScorer,
    options: EvaluateOptions = {},
  ): Promise<RerankingEvaluation> {
    const where = `${WHERE}.evaluate`;
    checkEvaluateOptions(where, options);
    const all = await this.#scores(where, source, options);
    const perQuery = this.#samples.map(({ place, positives }, i) => {
      const scores = all[i] as number[];
      return { sample: place, metrics: this.#figures(scores, positives), scores };
    });
    const metrics: Record<string, number> = {};
    for (const key of Object.keys(perQuery[0]?.metrics ?? {})) {
      const sum = perQuery.reduce((total, one) => total + (one.metrics[key] as number), 0);
      metrics[key] = sum / perQuery.length;
    }
    return { ...named(this.#name, metrics, `ndcg@${this.#k}`), perQuery, skipped: this.#skipped };
  }

  #figures(scores: readonly number[], positives: number): Record<string, number> {
    const pairs = scores.map((score, i) => ({ score, label: i < positives ? 1 : 0 }));
    const ranked = [...pairs].sort((a, b) => b.score - a.score || a.label - b.label);
    const first = ranked.findIndex(({ label }) => label === 1);
    return {
      map: averagePrecisionOf(pairs),
      [`mrr@${this.#k}`]: first < this.#k ? 1 / (first + 1) : 0,
      [`ndcg@${this.#k}`]: tieAveragedNdcg(pairs, this.#k),
    };
  }

  async #scores(
    where: string,
    source: Embedder | PairScorer,
    options: EvaluateOptions,
  ): Promise<number[][]> {
    const queries = this.#samples.map(({ query }) => query);
    const documents = this.#samples.flatMap((sample) => sample.documents);
    if (isEmbedder(source)) {
      const encoding = {
        ...encodeOptions(options),
        ...(this.#truncateDim !== undefined && { truncateDim: this.#truncateDim }),
      };
      const query = await encodeOnce(queries, (texts) => source.encodeQuery(texts, encoding));
      const document = await encodeOnce(documents, (texts) =>
        source.encodeDocument(texts, encoding),
      );
      return this.#samples.map((sample) => {
        const left = Matrix.from([query(sample.query)]);
        const right = Matrix.from(sample.documents.map(document));
        const scores = similarityMatrix(this.#similarity, left, right).data;
        return checkScores(where, scores, sample.documents.length);
      });
    }
    if (typeof source?.predict !== "function") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: expected a model, or what has predict(pairs), such as a CrossEncoder; found ${describe(source)}.`,
      );
    }
    const pairs = this.#samples.flatMap((sample) =>
      sample.documents.map((document): [string, string] => [sample.query, document]),
    );
    const scores = checkScores(
      where,
      await source.predict(pairs, encodeOptions(options)),
      pairs.length,
    );
    let from = 0;
    return this.#samples.map(({ documents: { length } }) => {
      from += length;
      return scores.slice(from - length, from);
    });
  }
}

function readSample(given: RerankingSample, place: number): Sample {
  const { query, positive, negative } = given ?? {};
  const where = `${WHERE}: sample ${place}`;
  const [positives, negatives] = [positive, negative].map((texts) =>
    typeof texts === "string" ? [texts] : texts,
  );
  checkTexts(`${where}: query`, [query]);
  checkTexts(`${where}: positive`, positives);
  checkTexts(`${where}: negative`, negatives);
  return { place, query, documents: [...positives, ...negatives], positives: positives.length };
}
