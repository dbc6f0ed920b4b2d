import { throwIfAborted } from "../shared/abort.js";
import { NighError } from "../shared/errors.js";
import { checkInteger, checkKeys, checkSignal, checkTypes } from "../shared/options.js";
import type { OnProgress } from "../shared/progress.js";

/** Options of a call of `evaluate`. */
export interface EvaluateOptions {
  /** As in `encode`. Default 32. */
  batchSize?: number;
  /** Draw a progress bar on stderr. Default false. */
  showProgressBar?: boolean;
  onProgress?: OnProgress;
  /** Stops the work: the promise then rejects with `ERR_ABORTED`. */
  signal?: AbortSignal;
}

const KEYS = ["batchSize", "showProgressBar", "onProgress", "signal"];

/**
 * @param others keys that this call takes besides.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`; `ERR_ABORTED` when the signal has fired already.
 */
export function checkEvaluateOptions(
  where: string,
  options: EvaluateOptions,
  others: readonly string[] = [],
): void {
  checkKeys(where, options, [...KEYS, ...others]);
  checkTypes(where, options, { showProgressBar: "boolean", onProgress: "function" });
  if (options.batchSize !== undefined) checkInteger(where, "batchSize", options.batchSize, 1);
  checkSignal(where, options.signal);
  throwIfAborted(options.signal);
}

/** What `encode` takes of them; a key that is undefined is none. */
export function encodeOptions({
  batchSize,
  showProgressBar,
  onProgress,
  signal,
}: EvaluateOptions): EvaluateOptions {
  return {
    ...(batchSize !== undefined && { batchSize }),
    ...(showProgressBar !== undefined && { showProgressBar }),
    ...(onProgress !== undefined && { onProgress }),
    ...(signal !== undefined && { signal }),
  };
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for a name that is no string. */
export function checkName(where: string, name: unknown): string {
  if (name === undefined) return "";
  if (typeof name === "string") return name;
  throw new NighError("ERR_INVALID_ARGUMENT", `${where}: "name" must be a string.`);
}

/**
 * Lists that belong together, row by row.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when one is no list, they differ in length, or are empty.
 */
export function checkColumns(
  where: string,
  columns: Readonly<Record<string, readonly unknown[]>>,
): void {
  const lengths = Object.entries(columns).map(([name, column]) => {
    if (Array.isArray(column)) return [name, column.length] as const;
    throw new NighError("ERR_INVALID_ARGUMENT", `${where}: "${name}" must be a list.`);
  });
  const listed = lengths.map(([name, length]) => `${length} ${name}`).join(", ");
  if (new Set(lengths.map(([, length]) => length)).size > 1) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the lists must have the same length, found ${listed}.`,
    );
  }
  if (lengths[0]?.[1] !== 0) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: there is nothing to evaluate, found ${listed}.`,
  );
}
