import type { ErrorCode } from "../shared/errors.js";
import type { ModelFolder } from "./model-folder.js";
import type { Dtype } from "./program.js";
import type { EncoderProgram, RuntimeName } from "./runtime.js";

/** What a model's thread needs before it can do anything. */
export interface EncoderSetup {
  readonly folder: ModelFolder;
  readonly runtime: RuntimeName | undefined;
  /** That each operator of the thread's session may use. */
  readonly threads: number;
}

export interface BuiltProgram {
  readonly program: EncoderProgram;
  readonly fingerprint: string;
  readonly runtime: RuntimeName;
  readonly padId: number;
  /** Special tokens that end each text. */
  readonly tokensAfter: number;
  readonly maxSeqLength: number;
  /** Length of the vectors. */
  readonly dimension: number;
}

/** Two texts that go through a model together. */
export type TextPair = readonly [first: string, second: string];
/** What a model takes: a text, or for a cross-encoder a pair of them. */
export type ModelInput = string | TextPair;

/** How texts are cut into windows. */
export interface TextWindows {
  /** Windows of each text. */
  readonly counts: Uint32Array;
  /** Tokens of the text in each window: its weight. */
  readonly sizes: Uint32Array;
}

export interface TokenizedTexts {
  /** Of each text, or of each of its windows. */
  readonly ids: readonly Int32Array[];
  /** Token types of pairs; undefined for texts. */
  readonly types: readonly Int32Array[] | undefined;
  /** 1 where tokens of a text were cut. */
  readonly truncated: Uint8Array;
  /** Undefined where each text is one. */
  readonly windows: TextWindows | undefined;
}

/** What a worker can be asked, with what it answers. */
export interface Requests {
  build: { request: { dtype: Dtype }; answer: BuiltProgram };
  start: { request: { program: EncoderProgram }; answer: null };
  tokenize: {
    request: {
      texts: readonly ModelInput[];
      /** The prompt to put before each window of a text that is read in windows; undefined: texts are cut. */
      windowPrompt: string | undefined;
    };
    answer: TokenizedTexts;
  };
  run: {
    request: {
      ids: Int32Array;
      lengths: Int32Array;
      types: Int32Array | undefined;
      promptTokens: number;
    };
    answer: Float32Array;
  };
  close: { request: Record<string, never>; answer: null };
}
export type Kind = keyof Requests;

export type RequestMessage = {
  [K in Kind]: { readonly id: number; readonly kind: K } & Requests[K]["request"];
}[Kind];

export type AnswerMessage =
  | { readonly id: number; readonly answer: Requests[Kind]["answer"] }
  | {
      readonly id: number;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly cause: unknown;
      };
    };
