import { NighError } from "../index.js";

/**
 * Runs work that Ctrl-C stops at the next batch; a second Ctrl-C ends the process at once.
 *
 * @param advice what holds then, and what to do.
 * @throws NighError `ERR_ABORTED` with the advice.
 */
export async function stopOnInterrupt<T>(
  advice: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once("SIGINT", onInterrupt);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new NighError("ERR_ABORTED", `Stopped. ${advice}`, { cause: error });
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
