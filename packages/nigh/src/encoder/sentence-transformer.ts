import { findModel } from "#encoder/find-model";
import { rowsOf, similarityMatrix, similarityOfPairs } from "../kernels/similarity.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkOneOf } from "../shared/options.js";
import { withProgressBar } from "../shared/progress-bar.js";
import type {
  QuantizedBytes,
  QuantizedMatrix,
  QuantizedPrecision,
} from "../shared/quantized-matrix.js";
import { checkTexts } from "./check-texts.js";
import type { Embedder, EncodeOptions, QuantizedEncodeOptions } from "./embedder.js";
import { type AnyEncodeOptions, checkEncodeOptions, checkPrecision } from "./encode-options.js";
import type { Engine, TokenIds } from "./engine.js";
import { GraphEngine } from "./graph-engine.js";
import { interpretLoadOptions, type LoadOptions } from "./load-options.js";
import { fingerprintOf, LONG_TEXTS, type LongText } from "./long-text.js";
import {
  readModelFolder,
  type SentenceTransformerFolder,
  type SimilarityName,
} from "./model-folder.js";
import type { Dtype } from "./program.js";
import { choosePrompt, DOCUMENT_PROMPTS, QUERY_PROMPTS } from "./prompts.js";
import { isQuantized } from "./quantized-program.js";
import type { RuntimeName } from "./runtime.js";
import { type Encoded, inPrecision, shapeVectors } from "./shape-vectors.js";
import { StaticEngine } from "./static/static-engine.js";

export interface ModelOptions extends LoadOptions {
  /** What `encode` does about texts that are longer than the model reads, where it is not told itself. Default "truncate". */
  longText?: LongText;
}

/**
 * A sentence-transformers model that runs in this process, in worker threads; a static one in the thread that calls it.
 *
 * Vectors equal those of Python's sentence-transformers (fp32: cosine >= 0.9999 on every text, whatever
 * the batch). Forgetting `close()` keeps memory, not the program.
 */
export class SentenceTransformer implements Embedder {
  readonly name: string;
  /** Length of the vectors, as long as `encode` is not told another `truncateDim`. */
  readonly dimension: number;
  /** Tokens of a text that the model reads, special tokens included; the rest is cut and counted. Infinity: all, in some static models. */
  readonly maxSeqLength: number;
  readonly prompts: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly dtype: Dtype;
  /** What `encode` does about long texts, as long as it is not told otherwise. */
  readonly longText: LongText;
  /** Undefined for static models, which need none. */
  readonly runtime: RuntimeName | undefined;
  readonly similarityFunction: SimilarityName;
  readonly #folder: SentenceTransformerFolder;
  readonly #engine: Engine;

  private constructor(
    name: string,
    folder: SentenceTransformerFolder,
    { dtype, longText }: { dtype: Dtype; longText: LongText },
    engine: Engine,
  ) {
    this.name = name;
    const { maxSeqLength, dimension } = engine;
    this.dimension = Math.min(dimension, folder.truncateDim ?? dimension);
    this.maxSeqLength = maxSeqLength;
    this.prompts = folder.prompts;
    this.fingerprint = fingerprintOf(engine.fingerprint, longText);
    this.dtype = dtype;
    this.longText = longText;
    this.runtime = engine.runtime;
    this.similarityFunction = folder.similarity;
    this.#folder = folder;
    this.#engine = engine;
  }

  /**
   * Loads a model: from a folder that sentence-transformers saved, the bundled one by its name ("all-MiniLM-L6-v2", with or without
   * "sentence-transformers/"), or any other of the Hugging Face Hub by its name there, from the cache or by downloading it.
   *
   * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_CONNECTION`, `ERR_BUSY`, `ERR_SERVER`, `ERR_DISK_FULL`, `ERR_MODEL_FORMAT`, `ERR_UNSUPPORTED_MODEL`, `ERR_CHECKSUM`,
   * `ERR_FILE`, `ERR_RUNTIME`, `ERR_ABORTED` when the signal fired, `ERR_INVALID_ARGUMENT` or
   * `ERR_UNKNOWN_OPTION` for wrong options.
   */
  static async load(
    nameOrFolder: string,
    options: ModelOptions = {},
  ): Promise<SentenceTransformer> {
    const where = "SentenceTransformer.load";
    const engineOptions = interpretLoadOptions(where, options, ["longText"]);
    const longText = checkOneOf(where, "longText", options.longText ?? "truncate", LONG_TEXTS);
    const found = await findModel(where, nameOrFolder, options);
    try {
      const folder = await readModelFolder(found.folder);
      // A folder that has nothing else says so itself.
      const dtype = options.dtype ?? (isQuantized(folder) ? "int8" : engineOptions.dtype);
      const engine =
        folder.input.kind === "StaticEmbedding"
          ? await StaticEngine.load(folder, folder.input, dtype)
          : await GraphEngine.load(folder, { ...engineOptions, dtype });
      return new SentenceTransformer(found.name, folder, { dtype, longText }, engine);
    } finally {
      found.release();
    }
  }

  /**
   * Vectors of texts: a text gives a `Float32Array`, a list a `Matrix` with one row a text, in order.
   *
   * An empty text is a text: it has a vector, as in Python. What is cut at `maxSeqLength` is counted in
   * `onProgress`, unless `longText` is "chunk".
   *
   * A single text goes before the batches of longer lists that wait.
   *
   * With `precision` "int8", "uint8", "binary" or "ubinary": bytes, a list of texts as a `QuantizedMatrix`.
   *
   * @throws NighError `ERR_INVALID_TEXT` for what is no string or has lone surrogates, `ERR_ABORTED`,
   * `ERR_CLOSED`, `ERR_RUNTIME`, `ERR_INVALID_ARGUMENT` or `ERR_UNKNOWN_OPTION` for wrong options.
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

  /** {@link encode} with the model's prompt for queries, where it has one. */
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

  /** {@link encode} with the model's prompt for documents, where it has one. */
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

  /** Token ids of each text as the model reads them, special tokens included, with what was cut. */
  async tokenize(texts: readonly string[]): Promise<TokenIds[]> {
    checkTexts("tokenize", texts);
    return this.#engine.tokenize(texts);
  }

  /** Similarity of every row of `a` with every row of `b`, by the model's own function (mostly cosine); a vector is one row. */
  similarity(a: MatrixLike | Float32Array, b: MatrixLike | Float32Array): Matrix {
    return similarityMatrix(this.similarityFunction, rowsOf(a), rowsOf(b));
  }

  /** Similarity of row i of `a` with row i of `b`. */
  similarityPairwise(a: MatrixLike, b: MatrixLike): Float32Array {
    return similarityOfPairs(this.similarityFunction, Matrix.from(a), Matrix.from(b));
  }

  /** Frees the model's memory and threads. Later calls reject with `ERR_CLOSED`; closing twice is no error. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  async #encode(
    input: string | readonly string[],
    options: AnyEncodeOptions,
    promptNames: readonly string[],
  ): Promise<Encoded> {
    const where = "encode";
    checkEncodeOptions(where, options);
    const { batchSize = 32, truncateDim = this.#folder.truncateDim } = options;
    const { precision = "float32", longText = this.longText } = options;
    const prompt = choosePrompt(this.#folder, options, promptNames);

    const texts = typeof input === "string" ? [input] : input;
    checkTexts(where, texts);
    checkPrecision(where, precision, texts.length);
    const { showProgressBar: show = false, onProgress, signal } = options;
    const matrix = await withProgressBar({ show, label: "Encoding", onProgress }, (onProgress) =>
      this.#engine.encode(texts, { prompt, batchSize, longText, onProgress, signal }),
    );
    const vectors = shapeVectors(matrix, truncateDim, options.normalizeEmbeddings ?? false);
    return inPrecision(vectors, precision, typeof input === "string");
  }
}
