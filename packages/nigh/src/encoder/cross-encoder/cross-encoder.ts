import { findModel } from "#encoder/find-model";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import type { Matrix } from "../../shared/matrix.js";
import { checkInteger, checkOneOf } from "../../shared/options.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import { checkTexts } from "../check-texts.js";
import type { EncodedTexts } from "../encode-texts.js";
import type { PairTokenIds } from "../engine.js";
import { GraphEngine } from "../graph-engine.js";
import { interpretLoadOptions, type LoadOptions } from "../load-options.js";
import type { Dtype } from "../program.js";
import { choosePrompt } from "../prompts.js";
import { isQuantized } from "../quantized-program.js";
import type { RuntimeName } from "../runtime.js";
import type { TextPair } from "../worker-messages.js";
import { checkPairs, isSinglePair } from "./check-pairs.js";
import { type CrossEncoderFolder, readCrossEncoderFolder } from "./cross-encoder-folder.js";
import {
  checkPredictOptions,
  checkRankOptions,
  type PredictOptions,
  type RankOptions,
  type ScoreOptions,
} from "./predict-options.js";
import {
  applyActivation,
  applySoftmax,
  SCORE_ACTIVATIONS,
  type ScoreActivation,
} from "./score-activation.js";

export interface CrossEncoderLoadOptions extends LoadOptions {
  /** What makes scores of the model's output. Default: what the model's files say, else "sigmoid" for one label, "identity" for several. */
  activation?: ScoreActivation;
  /** Tokens of a pair that are read, special tokens included: fewer are faster. Default: what the model's files say. */
  maxLength?: number;
}

/** A document's place in a ranking. */
export interface RankedText {
  /** Place of the document in the list that was given. */
  readonly corpusId: number;
  readonly score: number;
  /** With `returnDocuments`. */
  readonly text?: string;
  /** Present where query and document together were longer than the model reads: the rest was not judged. */
  readonly truncated?: true;
}

/**
 * A cross-encoder of sentence-transformers: it reads two texts together and says how well they go together,
 * more exactly than by vectors, and anew for each pair. Made to rerank what a search has found.
 *
 * Runs in this process, in worker threads. Scores equal those of Python's CrossEncoder (fp32: within 1e-5, whatever the
 * batch). Forgetting `close()` keeps memory, not the program.
 */
export class CrossEncoder {
  readonly name: string;
  /** Numbers that the model gives for a pair: 1 for a score, several for classes. */
  readonly numLabels: number;
  /** Names of these, as config.json has them. */
  readonly labels: readonly string[];
  /** What makes scores of the model's output, as long as a call does not say otherwise. */
  readonly activation: ScoreActivation;
  /** Tokens of a pair that the model reads, special tokens included; of longer ones the longer text is cut first, and they are counted. */
  readonly maxSeqLength: number;
  readonly prompts: Readonly<Record<string, string>>;
  readonly dtype: Dtype;
  readonly runtime: RuntimeName;
  readonly #folder: CrossEncoderFolder;
  readonly #engine: GraphEngine;

  private constructor(name: string, folder: CrossEncoderFolder, dtype: Dtype, engine: GraphEngine) {
    this.name = name;
    this.labels = folder.labels;
    this.numLabels = folder.labels.length;
    this.activation = folder.activation;
    this.maxSeqLength = engine.maxSeqLength;
    this.prompts = folder.prompts;
    this.dtype = dtype;
    this.runtime = engine.runtime;
    this.#folder = folder;
    this.#engine = engine;
  }

  /**
   * Loads a model: from a folder, or of the Hugging Face Hub by its name there ("cross-encoder/" may be left out), from the cache or
   * by downloading it.
   *
   * @throws NighError as `SentenceTransformer.load`; `ERR_UNSUPPORTED_MODEL` for a model that is no cross-encoder.
   */
  static async load(
    nameOrFolder: string,
    options: CrossEncoderLoadOptions = {},
  ): Promise<CrossEncoder> {
    const where = "CrossEncoder.load";
    const engineOptions = interpretLoadOptions(where, options, ["activation", "maxLength"]);
    const { activation, maxLength, ...hub } = options;
    if (activation !== undefined) checkOneOf(where, "activation", activation, SCORE_ACTIVATIONS);
    if (maxLength !== undefined) checkInteger(where, "maxLength", maxLength, 3);
    const found = await findModel(where, nameOrFolder, hub, "cross-encoder");
    try {
      const folder = await readCrossEncoderFolder(found.folder, { activation, maxLength });
      // A folder that has nothing else says so itself.
      const dtype = options.dtype ?? (isQuantized(folder) ? "int8" : engineOptions.dtype);
      const engine = await GraphEngine.load(folder, { ...engineOptions, dtype });
      return new CrossEncoder(found.name, folder, dtype, engine);
    } finally {
      found.release();
    }
  }

  /**
   * Scores of pairs, in order.
   *
   * A list gives a `Float32Array`, or of a model with several labels a `Matrix` with one row a pair; a single pair gives a number, or a
   * `Float32Array`. An empty text is a text. Pairs that are cut at `maxSeqLength` are counted in `onProgress`.
   *
   * @throws NighError `ERR_INVALID_TEXT` for what is no pair of strings, `ERR_ABORTED`, `ERR_CLOSED`, `ERR_RUNTIME`,
   * `ERR_MODEL_FORMAT` when scores are no finite numbers, `ERR_INVALID_ARGUMENT` or `ERR_UNKNOWN_OPTION` for wrong options.
   */
  predict(pairs: readonly TextPair[], options?: PredictOptions): Promise<Float32Array | Matrix>;
  predict(pair: TextPair, options?: PredictOptions): Promise<number | Float32Array>;
  async predict(
    input: TextPair | readonly TextPair[],
    options: PredictOptions = {},
  ): Promise<number | Float32Array | Matrix> {
    const where = "predict";
    checkPredictOptions(where, options);
    const isSingle = isSinglePair(input);
    const pairs: unknown = isSingle ? [input] : input;
    checkPairs(where, pairs);
    const { vectors } = await this.#score(pairs, options);
    if (options.applySoftmax === true && this.numLabels > 1) applySoftmax(vectors);
    const scores = this.numLabels === 1 ? vectors.data : vectors;
    if (!isSingle) return scores;
    return this.numLabels === 1 ? (vectors.data[0] as number) : vectors.row(0);
  }

  /**
   * Documents by their score with a query, the highest first, ties in the order of the list.
   *
   * @throws NighError as {@link predict}; `ERR_INVALID_ARGUMENT` for a model with several labels, which gives no score to rank by.
   */
  async rank(
    query: string,
    documents: readonly string[],
    options: RankOptions = {},
  ): Promise<RankedText[]> {
    const where = "rank";
    checkRankOptions(where, options);
    if (typeof query !== "string") {
      throw new NighError(
        "ERR_INVALID_TEXT",
        `${where}: the query must be a string, found ${describe(query)}.`,
      );
    }
    checkTexts(`${where}: the query`, [query]);
    checkTexts(where, documents);
    if (this.numLabels !== 1) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: ${this.name} gives ${this.numLabels} numbers for a pair (${this.labels.join(", ")}), not one score to rank by: use predict, or a model with one label.`,
      );
    }
    const pairs = documents.map((document): TextPair => [query, document]);
    const { vectors, truncated } = await this.#score(pairs, options);
    const ranked = documents.map(
      (text, corpusId): RankedText => ({
        corpusId,
        score: vectors.data[corpusId] as number,
        ...(options.returnDocuments === true && { text }),
        ...(truncated[corpusId] === 1 && { truncated: true }),
      }),
    );
    return ranked.sort((a, b) => b.score - a.score).slice(0, options.topK);
  }

  /** Token ids of each pair as the model reads them, special tokens included, with their types and whether any were cut. */
  async tokenize(pairs: readonly TextPair[]): Promise<PairTokenIds[]> {
    checkPairs("tokenize", pairs);
    return this.#engine.tokenizePairs(pairs);
  }

  /** Frees the model's memory and threads. Later calls reject with `ERR_CLOSED`; closing twice is no error. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** One row a pair, after the activation. */
  async #score(pairs: readonly TextPair[], options: ScoreOptions): Promise<EncodedTexts> {
    const { batchSize = 32, signal, showProgressBar: show = false, onProgress } = options;
    const prompt = choosePrompt(this.#folder, options, []);
    const scored = await withProgressBar({ show, label: "Scoring", onProgress }, (onProgress) =>
      this.#engine.classify(pairs, { prompt, batchSize, onProgress, signal }),
    );
    const { data } = scored.vectors;
    applyActivation(data, options.activation ?? this.activation);
    const bad = data.findIndex((score) => !Number.isFinite(score));
    if (bad === -1) return scored;
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${this.name} gives ${data[bad]} for pair ${Math.floor(bad / this.numLabels)}, which is no score: its weights are damaged. Bring the whole model folder from its source.`,
    );
  }
}
