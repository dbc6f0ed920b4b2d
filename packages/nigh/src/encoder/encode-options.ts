import { throwIfAborted } from "../shared/abort.js";
import { NighError } from "../shared/errors.js";
import { checkInteger, checkKeys, checkOneOf, checkSignal, checkTypes } from "../shared/options.js";
import { isBinary, PRECISIONS, type Precision } from "../shared/quantized-matrix.js";
import type { EncodeOptions } from "./embedder.js";
import { LONG_TEXTS } from "./long-text.js";

/** Options of `encode` in any precision. */
export interface AnyEncodeOptions extends Omit<EncodeOptions, "precision"> {
  precision?: Precision;
}

const ENCODE_OPTIONS = [
  "batchSize",
  "showProgressBar",
  "normalizeEmbeddings",
  "prompt",
  "promptName",
  "truncateDim",
  "precision",
  "longText",
  "onProgress",
  "signal",
];

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_ABORTED` when the signal has fired already. */
export function checkEncodeOptions(where: string, options: AnyEncodeOptions): void {
  checkKeys(where, options, ENCODE_OPTIONS);
  checkTypes(where, options, {
    showProgressBar: "boolean",
    normalizeEmbeddings: "boolean",
    prompt: "string",
    promptName: "string",
    onProgress: "function",
  });
  checkSignal(where, options.signal);
  for (const name of ["batchSize", "truncateDim"] as const) {
    if (options[name] !== undefined) checkInteger(where, name, options[name], 1);
  }
  checkOneOf(where, "precision", options.precision ?? "float32", PRECISIONS);
  checkOneOf(where, "longText", options.longText ?? "truncate", LONG_TEXTS);
  throwIfAborted(options.signal);
}

/** @throws NighError `ERR_INVALID_ARGUMENT` where a single text would have to give the ranges of its own vector. */
export function checkPrecision(where: string, precision: Precision, texts: number): void {
  if (texts !== 1 || precision === "float32" || isBinary(precision)) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: precision "${precision}" needs the range of each dimension, which one text does not show: encode it in float32, then quantizeEmbeddings([vector], "${precision}", { ranges }) with the ranges of the vectors that it is compared with.`,
  );
}
