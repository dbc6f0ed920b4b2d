import { SOURCE_OPTIONS, type SourceOptions } from "#encoder/find-model";
import { availableParallelism } from "#shared/machine";
import { throwIfAborted } from "../shared/abort.js";
import { checkInteger, checkKeys, checkOneOf, checkSignal } from "../shared/options.js";
import type { GraphEngineOptions } from "./graph-engine.js";
import { DTYPES, type Dtype } from "./program.js";
import { RUNTIME_NAMES, type RuntimeName } from "./runtime.js";

export interface LoadOptions extends SourceOptions {
  /**
   * Precision: "fp32" (the numbers of Python) or "int8" (faster, vectors of a mean cosine above 0.998). Default "fp32"; of a folder that
   * `quantizeModel` wrote "int8", which is all that it has.
   */
  dtype?: Dtype;
  /** Cores to use. Default: all; WebAssembly uses at most 16. Static models run in the thread that calls them. */
  threads?: number;
  /** Which onnxruntime: default native where it loads, else WebAssembly. Static models need none. */
  runtime?: RuntimeName;
  /** Stops a download; else looked at before and after the model is built, which takes about a second. */
  signal?: AbortSignal;
}

const LOAD_OPTIONS = ["dtype", "threads", "runtime", ...SOURCE_OPTIONS];

/**
 * {@link LoadOptions} with defaults, apart from where models come from.
 *
 * @param more options that the caller knows besides and checks itself.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_ABORTED` when the signal has fired already.
 */
export function interpretLoadOptions(
  where: string,
  options: LoadOptions,
  more: readonly string[] = [],
): GraphEngineOptions {
  checkKeys(where, options, [...LOAD_OPTIONS, ...more]);
  const { signal } = options;
  const dtype = checkOneOf(where, "dtype", options.dtype ?? "fp32", DTYPES);
  const threads = checkInteger(where, "threads", options.threads ?? availableParallelism(), 1);
  const runtime =
    options.runtime === undefined
      ? undefined
      : checkOneOf(where, "runtime", options.runtime, RUNTIME_NAMES);
  checkSignal(where, signal);
  throwIfAborted(signal);
  return { dtype, threads, runtime, signal };
}
