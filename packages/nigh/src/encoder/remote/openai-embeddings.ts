import { createHash } from "node:crypto";
import { rowsOf, similarityMatrix, similarityOfPairs } from "../../kernels/similarity.js";
import { NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import type {
  QuantizedBytes,
  QuantizedMatrix,
  QuantizedPrecision,
} from "../../shared/quantized-matrix.js";
import { checkTexts } from "../check-texts.js";
import type { Embedder, EncodeOptions, QuantizedEncodeOptions } from "../embedder.js";
import { type AnyEncodeOptions, checkEncodeOptions, checkPrecision } from "../encode-options.js";
import { choosePrompt, DOCUMENT_PROMPTS, QUERY_PROMPTS } from "../prompts.js";
import { type Encoded, inPrecision, shapeVectors } from "../shape-vectors.js";
import { EmbeddingsApi } from "./embeddings-api.js";
import { countTokens, measureTexts } from "./measure-texts.js";
import { LIMITS, usdOf } from "./openai-models.js";
import {
  type OpenAIEmbeddingsOptions,
  type OpenAISettings,
  openAISettings,
} from "./openai-options.js";
import { runRequests } from "./run-requests.js";

/** What embedding texts would take. */
export interface OpenAIEstimate {
  /** Of cl100k_base: exact for OpenAI's models, about right for others. */
  readonly tokens: number;
  /** US dollars by the price list of May 2026; undefined for models that it does not have. */
  readonly usd: number | undefined;
}

/** What was taken so far. */
export interface OpenAIUsage {
  /** Requests that were answered with vectors. */
  readonly requests: number;
  /** Tokens of their texts, as the server counted them; servers that count none add nothing. */
  readonly promptTokens: number;
  /** US dollars by the price list of May 2026; undefined for models that it does not have. */
  readonly usd: number | undefined;
}

/** Text whose vector shows how long vectors are. */
const PROBE = "dimension";

/**
 * Vectors of OpenAI's embedding models, or of any server with the same API (Ollama, vLLM, LM Studio …) by its `baseURL`; an
 * {@link Embedder} like a local model. Texts go to that server, and to nowhere else.
 *
 * ```ts
 * const model = new OpenAIEmbeddings({ model: "text-embedding-3-small" });
 * const search = new SemanticSearch(model);
 * ```
 */
export class OpenAIEmbeddings implements Embedder {
  /** "openai:" and the model, "openai-compatible:" where another server answers; "@" and the dimensions, where they were given. */
  readonly name: string;
  readonly model: string;
  readonly baseURL: string;
  /** Tokens of a text that the model reads; undefined where that is not known. */
  readonly maxSeqLength: number | undefined;
  readonly #settings: OpenAISettings;
  readonly #api: EmbeddingsApi;
  #dimension: number | undefined;
  #learning: Promise<void> | undefined;
  #requests = 0;
  #promptTokens = 0;

  /**
   * Opens no connection.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION` for wrong options; `ERR_CONNECTION` where OpenAI's key is missing.
   */
  constructor(options: OpenAIEmbeddingsOptions = {}) {
    const settings = openAISettings(options);
    const { model, known, isOpenAI, dimensions } = settings;
    this.name = `openai${isOpenAI ? "" : "-compatible"}:${model}${dimensions === undefined ? "" : `@${dimensions}`}`;
    this.model = model;
    this.baseURL = settings.baseURL;
    this.maxSeqLength = known && LIMITS.textTokens;
    this.#settings = settings;
    this.#api = new EmbeddingsApi(settings);
    this.#dimension = dimensions ?? known?.dimension;
  }

  /**
   * Length of the vectors.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` before it is known: of OpenAI's models it always is, of others when {@link ready} or a
   * first `encode` is done, or `dimensions` were given.
   */
  get dimension(): number {
    if (this.#dimension !== undefined) return this.#dimension;
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `How long the vectors of "${this.model}" are is not known before its server was asked: await ready() first, or give "dimensions".`,
    );
  }

  /** Of model, dimension, prompts, and whether OpenAI or another server answers; not of its address. @throws as {@link dimension} */
  get fingerprint(): string {
    const { model, isOpenAI, prompts } = this.#settings;
    const sorted = Object.entries(prompts).sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = [isOpenAI ? "openai" : "openai-compatible", model, this.dimension, sorted];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  }

  get prompts(): Readonly<Record<string, string>> {
    return this.#settings.prompts;
  }

  /** Of all requests of this object. */
  get usage(): OpenAIUsage {
    return {
      requests: this.#requests,
      promptTokens: this.#promptTokens,
      usd: usdOf(this.#settings.known, this.#promptTokens),
    };
  }

  /** Asks the server for a vector where the model's dimension is not known. @throws NighError as {@link encode} */
  async ready(): Promise<void> {
    if (this.#dimension !== undefined) return;
    this.#learning ??= this.#embed([PROBE], undefined)
      .then(() => undefined)
      .finally(() => {
        // A failure is not kept: the next call tries again.
        this.#learning = undefined;
      });
    await this.#learning;
  }

  /** Counts tokens, without a request. @throws NighError `ERR_INVALID_TEXT` */
  async estimate(texts: string | readonly string[]): Promise<OpenAIEstimate> {
    const list = typeof texts === "string" ? [texts] : texts;
    checkTexts("estimate", list);
    const tokens = await countTokens(list);
    return { tokens, usd: usdOf(this.#settings.known, tokens) };
  }

  /**
   * Vectors of texts: a text gives a `Float32Array`, a list a `Matrix` with one row a text, in order.
   *
   * Requests that fail in passing (status 408, 409, 429, 5xx, a broken connection, no answer in time) are sent again, later each time
   * and as late as the server asks for.
   *
   * @throws NighError `ERR_INVALID_TEXT` for what is no text, is empty, or too long for the model; `ERR_CONNECTION`, `ERR_BUSY`,
   * `ERR_SERVER`, `ERR_MODEL_NOT_FOUND`, `ERR_DIMENSION` for what the server or the way to it does; `ERR_ABORTED`, `ERR_CLOSED`;
   * `ERR_INVALID_ARGUMENT` or `ERR_UNKNOWN_OPTION` for wrong options, also those that the server refuses.
   */
  encode(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encode<P extends QuantizedPrecision>(
    text: string,
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedBytes<P>>;
  encode<P extends QuantizedPrecision>(
    texts: readonly string[],
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedMatrix<P>>;
  encode(input: string | readonly string[], options: AnyEncodeOptions = {}): Promise<Encoded> {
    return this.#encode(input, options, []);
  }

  /** {@link encode} with the prompt "query", where `prompts` has one. */
  encodeQuery(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeQuery(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encodeQuery<P extends QuantizedPrecision>(
    text: string,
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedBytes<P>>;
  encodeQuery<P extends QuantizedPrecision>(
    texts: readonly string[],
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedMatrix<P>>;
  encodeQuery(input: string | readonly string[], options: AnyEncodeOptions = {}): Promise<Encoded> {
    return this.#encode(input, options, QUERY_PROMPTS);
  }

  /** {@link encode} with the prompt "document", where `prompts` has one. */
  encodeDocument(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeDocument(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encodeDocument<P extends QuantizedPrecision>(
    text: string,
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedBytes<P>>;
  encodeDocument<P extends QuantizedPrecision>(
    texts: readonly string[],
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedMatrix<P>>;
  encodeDocument(
    input: string | readonly string[],
    options: AnyEncodeOptions = {},
  ): Promise<Encoded> {
    return this.#encode(input, options, DOCUMENT_PROMPTS);
  }

  /** Cosine similarity of every row of `a` with every row of `b`; a vector is one row. */
  similarity(a: MatrixLike | Float32Array, b: MatrixLike | Float32Array): Matrix {
    return similarityMatrix("cosine", rowsOf(a), rowsOf(b));
  }

  /** Cosine similarity of row i of `a` with row i of `b`. */
  similarityPairwise(a: MatrixLike, b: MatrixLike): Float32Array {
    return similarityOfPairs("cosine", Matrix.from(a), Matrix.from(b));
  }

  /** Closes connections. Requests under way and later calls reject with `ERR_CLOSED`; closing twice is no error. */
  close(): Promise<void> {
    return this.#api.close();
  }

  async #encode(
    input: string | readonly string[],
    options: AnyEncodeOptions,
    promptNames: readonly string[],
  ): Promise<Encoded> {
    const where = "encode";
    checkEncodeOptions(where, options);
    if (options.longText !== undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: "longText" is for models that run here; OpenAIEmbeddings takes it when it is made ("refuse" or "cut").`,
      );
    }
    const { known, model, longText, batchSize, concurrency } = this.#settings;
    const { name, prompts } = this;
    const prompt = choosePrompt({ name, prompts, defaultPromptName: null }, options, promptNames);
    const given = typeof input === "string" ? [input] : input;
    checkTexts(where, given);
    const { precision = "float32" } = options;
    checkPrecision(where, precision, given.length);
    const prompted = prompt === "" ? given : given.map((text) => prompt + text);
    const plan = { where, model, isKnown: known !== undefined, longText, signal: options.signal };
    const measured = await measureTexts(prompted, plan);
    const matrix = await withProgressBar(
      { show: options.showProgressBar ?? false, label: "Encoding", onProgress: options.onProgress },
      (onProgress) =>
        runRequests(measured, {
          batchSize: options.batchSize ?? batchSize,
          concurrency,
          onProgress,
          signal: options.signal,
          embed: (texts, signal) => this.#embed(texts, signal),
        }),
    );
    if (given.length === 0) await this.ready();
    const vectors = shapeVectors(
      matrix ?? Matrix.zeros(0, this.dimension),
      options.truncateDim,
      options.normalizeEmbeddings ?? false,
    );
    return inPrecision(vectors, precision, typeof input === "string");
  }

  async #embed(
    texts: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Float32Array[]> {
    const { vectors, promptTokens } = await this.#api.embed(texts, this.#dimension, signal);
    this.#requests += 1;
    this.#promptTokens += promptTokens;
    const length = vectors[0]?.length as number;
    this.#dimension ??= length;
    if (length === this.#dimension) return vectors;
    // Two first requests at once, whose answers differ.
    throw new NighError(
      "ERR_DIMENSION",
      `${this.baseURL} gave vectors of ${this.#dimension} dimensions for "${this.model}", and then of ${length}: look what the server runs under that name.`,
    );
  }
}
