import { NighError } from "./errors.js";

/** The error of work that its AbortSignal stopped; `cause` is the signal's reason. */
export function abortError(signal: AbortSignal): NighError {
  return new NighError("ERR_ABORTED", "The work was stopped by its AbortSignal.", {
    cause: signal.reason,
  });
}

/** @throws NighError `ERR_ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}
