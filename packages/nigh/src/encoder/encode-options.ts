import { throwIfAborted } from "../shared/abort.js";
import { checkInteger, checkKeys, checkSignal, checkTypes } from "../shared/options.js";
import type { EncodeOptions } from "./embedder.js";

const ENCODE_OPTIONS = [
  "batchSize",
  "showProgressBar",
  "normalizeEmbeddings",
  "prompt",
  "promptName",
  "truncateDim",
  "onProgress",
  "signal",
];

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_ABORTED` when the signal has fired already. */
export function checkEncodeOptions(where: string, options: EncodeOptions): void {
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
  throwIfAborted(options.signal);
}
