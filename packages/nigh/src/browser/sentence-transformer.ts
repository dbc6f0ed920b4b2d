import type { Embedder, EncodeOptions, QuantizedEncodeOptions } from "../encoder/embedder.js";
import type { TokenIds } from "../encoder/engine.js";
import type { OnDownload } from "../encoder/hub/download-meter.js";
import type { SimilarityName } from "../encoder/model-folder.js";
import type { RuntimeName } from "../encoder/ort.js";
import type { Dtype } from "../encoder/program.js";
import { rowsOf, similarityMatrix, similarityOfPairs } from "../kernels/similarity.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkTypes } from "../shared/options.js";
import type { QuantizedMatrix, QuantizedPrecision } from "../shared/quantized-matrix.js";
import { modelsURL, registerStandIn, worker } from "./page.js";
import type { Remote } from "./peer.js";

export interface LoadOptions {
  /** The folder of the model's folder, relative to the page. Default: that of `configure`, "models/". */
  readonly baseURL?: string;
  /** The model's own folder, relative to the page: instead of `baseURL`. */
  readonly url?: string;
  /** Precision: "fp32" (default, the vectors of Python) or "int8" (faster, mean cosine above 0.998). */
  readonly dtype?: Dtype;
  /** Threads, of all models: the first one decides. More than one only where the page is cross-origin isolated. Default: half of the browser's hardwareConcurrency. */
  readonly threads?: number;
  /** Default "wasm". "webgpu" is an experiment: see docs/browser.md. */
  readonly runtime?: Extract<RuntimeName, "webgpu" | "wasm">;
  /** Told how the download goes, in bytes; not called where everything was kept from an earlier visit. */
  readonly onProgress?: OnDownload;
  /** Stops the download; what has arrived as a whole is kept. */
  readonly signal?: AbortSignal;
}

/**
 * A sentence-transformers model that runs in a worker of this page, with the vectors of Python's sentence-transformers.
 *
 * Its files are served as they are, from the folder that sentence-transformers saves, and kept by the browser for the next visit.
 */
export class SentenceTransformer implements Embedder {
  readonly #remote: Remote;

  /** @internal */
  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /**
   * Loads a model by its name below `baseURL`, or from `url`.
   *
   * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_UNSUPPORTED_MODEL`, `ERR_CHECKSUM`, `ERR_CONNECTION`, `ERR_SERVER`,
   * `ERR_RUNTIME`, `ERR_OUT_OF_MEMORY`, `ERR_ABORTED` when the signal fired, `ERR_INVALID_ARGUMENT` or `ERR_UNKNOWN_OPTION` for wrong options.
   */
  static load(name: string, options?: LoadOptions): Promise<SentenceTransformer>;
  static load(options: LoadOptions & { readonly url: string }): Promise<SentenceTransformer>;
  static async load(
    nameOrOptions: string | (LoadOptions & { readonly url: string }),
    more: LoadOptions = {},
  ): Promise<SentenceTransformer> {
    const given = typeof nameOrOptions === "object" ? nameOrOptions : more;
    checkTypes("SentenceTransformer.load", given, { baseURL: "string", url: "string" });
    const { baseURL, url, ...options } = given;
    const folder = folderOf(nameOrOptions, url, baseURL);
    const name =
      typeof nameOrOptions === "string"
        ? (nameOrOptions.replace(/\/+$/u, "").split("/").at(-1) ?? nameOrOptions)
        : decodeURIComponent(folder.replace(/\/+$/u, "").split("/").at(-1) ?? folder);
    return worker().call("loadModel", name, { ...options, url: folder });
  }

  get name(): string {
    return this.#fact("name");
  }

  /** Length of the vectors, as long as `encode` is not told another `truncateDim`. */
  get dimension(): number {
    return this.#fact("dimension");
  }

  /** Tokens of a text that the model reads, special tokens included; the rest is cut and counted. */
  get maxSeqLength(): number {
    return this.#fact("maxSeqLength");
  }

  get prompts(): Readonly<Record<string, string>> {
    return this.#fact("prompts");
  }

  /** The same as in Node: collections of either are of the same embedder. */
  get fingerprint(): string {
    return this.#fact("fingerprint");
  }

  get dtype(): Dtype {
    return this.#fact("dtype");
  }

  /** Undefined for static models, which need none. */
  get runtime(): RuntimeName | undefined {
    return this.#fact("runtime");
  }

  get similarityFunction(): SimilarityName {
    return this.#fact("similarityFunction");
  }

  /**
   * Vectors of texts: a text gives a `Float32Array`, a list a `Matrix` with one row a text, in order.
   *
   * @throws NighError `ERR_INVALID_TEXT`, `ERR_ABORTED`, `ERR_CLOSED`, `ERR_RUNTIME`, `ERR_OUT_OF_MEMORY`, `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
   */
  encode(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encode<P extends QuantizedPrecision>(
    texts: readonly string[],
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedMatrix<P>>;
  encode(input: string | readonly string[], options: object = {}): Promise<never> {
    return this.#remote.call("encode", input, options);
  }

  /** {@link encode} with the model's prompt for queries, where it has one. */
  encodeQuery(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeQuery(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encodeQuery(input: string | readonly string[], options: EncodeOptions = {}): Promise<never> {
    return this.#remote.call("encodeQuery", input, options);
  }

  /** {@link encode} with the model's prompt for documents, where it has one. */
  encodeDocument(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeDocument(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encodeDocument(input: string | readonly string[], options: EncodeOptions = {}): Promise<never> {
    return this.#remote.call("encodeDocument", input, options);
  }

  /** Token ids of each text as the model reads them, special tokens included, with what was cut. */
  tokenize(texts: readonly string[]): Promise<TokenIds[]> {
    return this.#remote.call("tokenize", texts);
  }

  /** Similarity of every row of `a` with every row of `b`, by the model's own function (mostly cosine); a vector is one row. */
  similarity(a: MatrixLike | Float32Array, b: MatrixLike | Float32Array): Matrix {
    return similarityMatrix(this.similarityFunction, rowsOf(a), rowsOf(b));
  }

  /** Similarity of row i of `a` with row i of `b`. */
  similarityPairwise(a: MatrixLike, b: MatrixLike): Float32Array {
    return similarityOfPairs(this.similarityFunction, Matrix.from(a), Matrix.from(b));
  }

  /** Frees the model's memory. Later calls reject with `ERR_CLOSED`; closing twice is no error. */
  close(): Promise<void> {
    return this.#remote.call("close");
  }

  #fact<T>(name: string): T {
    return this.#remote.facts[name] as T;
  }
}

registerStandIn("SentenceTransformer", (remote) => new SentenceTransformer(remote));

/**
 * Forgets a model's files that the browser keeps, so that the next load fetches them: for a model that changed on the server.
 *
 * @returns how many files there were.
 */
export function removeModel(
  name: string,
  { baseURL, url }: Pick<LoadOptions, "baseURL" | "url"> = {},
): Promise<number> {
  return worker().call("removeModel", folderOf(name, url, baseURL));
}

function folderOf(named: unknown, url: string | undefined, baseURL: string | undefined): string {
  if (url !== undefined || typeof named !== "string") return modelsURL(url);
  return modelsURL(`${modelsURL(baseURL)}${named.split("/").map(encodeURIComponent).join("/")}`);
}
