import { checkFinite, checkInteger, checkKeys } from "../shared/options.js";
import type { OnProgress } from "../shared/progress.js";

export interface IndexOptions {
  /** Draw a progress bar on stderr. Default false. */
  showProgressBar?: boolean;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

export interface SearchOptions {
  /** Most answers. Default 10. */
  topK?: number;
  /** Answers with a lower score are rejected. Default: none. */
  threshold?: number;
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`. */
export function checkIndexOptions(where: string, options: IndexOptions): void {
  checkKeys(where, options, ["showProgressBar", "onProgress", "signal"]);
}

/**
 * Defaults, check and meaning of the options of a search.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export function interpretSearchOptions(
  where: string,
  options: SearchOptions,
): Required<SearchOptions> {
  checkKeys(where, options, ["topK", "threshold"]);
  return {
    topK: checkInteger(where, "topK", options.topK ?? 10, 1),
    threshold:
      options.threshold === undefined
        ? Number.NEGATIVE_INFINITY
        : checkFinite(where, "threshold", options.threshold),
  };
}
