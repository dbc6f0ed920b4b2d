import type { Matrix } from "../shared/matrix.js";
import type { OnProgress } from "../shared/progress.js";
import type { QuantizedPrecision } from "../shared/quantized-matrix.js";
import type { LongText } from "./long-text.js";

export interface EncodeOptions {
  /** Most texts that run together, as far as they have 256 tokens in all. Default 32. Vectors do not depend on it. */
  batchSize?: number;
  /** Draw a progress bar on stderr. Default false. */
  showProgressBar?: boolean;
  /** Scale every vector to length 1, whatever the model does itself. Default false. */
  normalizeEmbeddings?: boolean;
  /** Text to put before every text; wins over `promptName`. */
  prompt?: string;
  /** Name of one of the model's own `prompts`. Default: the model's default prompt, if any. */
  promptName?: string;
  /** Keep only the first dimensions of each vector. Default: all. */
  truncateDim?: number;
  /** Of the vectors that are returned; {@link QuantizedEncodeOptions} has the others. Default "float32". */
  precision?: "float32";
  /**
   * Of texts that are longer than the model reads: "truncate" leaves the rest out, as Python does, and counts them; "chunk" reads them in
   * windows of the model's length (docs/long-texts.md). Default: what the model was loaded with, "truncate" where that says nothing.
   */
  longText?: LongText;
  /** Called after every batch. */
  onProgress?: OnProgress;
  /** Stops the work: the promise then rejects with `ERR_ABORTED`. */
  signal?: AbortSignal;
}

/** What gives vectors of a byte or a bit a dimension, as `quantizeEmbeddings` makes them: "int8" and "uint8" by the ranges of the texts of the call, so of at least 2. */
export interface QuantizedEncodeOptions<P extends QuantizedPrecision>
  extends Omit<EncodeOptions, "precision"> {
  precision: P;
}

/** Turns texts into vectors: a local model, or one behind an API. */
export interface Embedder {
  readonly name: string;
  /** Length of the vectors. */
  readonly dimension: number;
  /** Equal fingerprints mean equal vectors for every text, as far as the precision (`dtype`) goes. */
  readonly fingerprint: string;
  /** Precision that the model runs in, where it has a choice. */
  readonly dtype?: string;
  /** What is done about long texts, where there is a choice; the fingerprint says it too. */
  readonly longText?: string;
  encode(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encodeQuery(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeQuery(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  encodeDocument(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeDocument(texts: readonly string[], options?: EncodeOptions): Promise<Matrix>;
  /** Learns what is not known from the start, such as the dimension of a server's model; absent where everything is. */
  ready?(): Promise<void>;
  close(): Promise<void>;
}
