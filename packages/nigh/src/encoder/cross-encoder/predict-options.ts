import { throwIfAborted } from "../../shared/abort.js";
import {
  checkInteger,
  checkKeys,
  checkOneOf,
  checkSignal,
  checkTypes,
} from "../../shared/options.js";
import type { OnProgress } from "../../shared/progress.js";
import { SCORE_ACTIVATIONS, type ScoreActivation } from "./score-activation.js";

/** What `predict` and `rank` have in common. */
export interface ScoreOptions {
  /** Most pairs that run together, as far as they have 256 tokens in all. Default 32. Scores do not depend on it. */
  batchSize?: number;
  /** What makes scores of the model's output. Default: the model's own. */
  activation?: ScoreActivation;
  /** Text to put before the first text of every pair; wins over `promptName`. */
  prompt?: string;
  /** Name of one of the model's own `prompts`. Default: the model's default prompt, if any. */
  promptName?: string;
  /** Draw a progress bar on stderr. Default false. */
  showProgressBar?: boolean;
  /** Called after every batch; `truncated` counts pairs. */
  onProgress?: OnProgress;
  /** Stops the work: the promise then rejects with `ERR_ABORTED`. */
  signal?: AbortSignal;
}

export interface PredictOptions extends ScoreOptions {
  /** Of a model with several labels: whether the scores of a pair are made to sum to 1. Default false. */
  applySoftmax?: boolean;
}

export interface RankOptions extends ScoreOptions {
  /** How many of the best are returned. Default: all. */
  topK?: number;
  /** Whether each result has its document as `text`. Default false. */
  returnDocuments?: boolean;
}

const SCORE_OPTIONS = [
  ...["batchSize", "activation", "prompt", "promptName"],
  ...["showProgressBar", "onProgress", "signal"],
];

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_ABORTED` when the signal has fired already. */
export function checkPredictOptions(where: string, options: PredictOptions): void {
  checkKeys(where, options, [...SCORE_OPTIONS, "applySoftmax"]);
  checkTypes(where, options, { applySoftmax: "boolean" });
  checkScoreOptions(where, options);
}

/** @throws NighError as {@link checkPredictOptions}. */
export function checkRankOptions(where: string, options: RankOptions): void {
  checkKeys(where, options, [...SCORE_OPTIONS, "topK", "returnDocuments"]);
  checkTypes(where, options, { returnDocuments: "boolean" });
  if (options.topK !== undefined) checkInteger(where, "topK", options.topK, 1);
  checkScoreOptions(where, options);
}

function checkScoreOptions(where: string, options: ScoreOptions): void {
  checkTypes(where, options, {
    prompt: "string",
    promptName: "string",
    showProgressBar: "boolean",
    onProgress: "function",
  });
  const { batchSize, activation, signal } = options;
  if (batchSize !== undefined) checkInteger(where, "batchSize", batchSize, 1);
  if (activation !== undefined) checkOneOf(where, "activation", activation, SCORE_ACTIVATIONS);
  checkSignal(where, signal);
  throwIfAborted(signal);
}
