import type { Matrix } from "../shared/matrix.js";
import type { OnProgress } from "../shared/progress.js";
import type { LongText } from "./long-text.js";
import type { RuntimeName } from "./runtime.js";

/** Token ids of a text, special tokens included where the model has any. */
export interface TokenIds {
  readonly ids: Int32Array;
  /** Whether tokens were cut at the end. */
  readonly truncated: boolean;
}

/** Token ids of a pair of texts. */
export interface PairTokenIds extends TokenIds {
  /** The token type of each id, as the model is given them. */
  readonly types: Int32Array;
}

export interface EngineWork {
  /** Put before every text; "" is none. */
  readonly prompt: string;
  readonly batchSize: number;
  /** Default "truncate". */
  readonly longText?: LongText | undefined;
  readonly onProgress: OnProgress | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What computes the vectors of a model: a graph in worker threads, or a table in the thread that calls. */
export interface Engine {
  /** Length of the vectors, before `truncateDim`. */
  readonly dimension: number;
  readonly maxSeqLength: number;
  readonly fingerprint: string;
  /** Undefined where none is needed. */
  readonly runtime: RuntimeName | undefined;
  tokenize(texts: readonly string[]): Promise<TokenIds[]>;
  /** One row a text, in order. */
  encode(texts: readonly string[], work: EngineWork): Promise<Matrix>;
  /** Later calls reject with `ERR_CLOSED`; closing twice is no error. */
  close(): Promise<void>;
}
