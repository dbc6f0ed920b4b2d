import { messageOf, NighError } from "../../shared/errors.js";

const FULL = ["ENOSPC", "EDQUOT"];

/** Runs work on files of the cache. @throws NighError `ERR_DISK_FULL` or `ERR_FILE` instead of the system's errors. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NighError) throw error;
    const isFull = FULL.includes((error as NodeJS.ErrnoException).code ?? "");
    throw isFull
      ? diskFull(`The disk is full at ${path}`, error)
      : new NighError(
          "ERR_FILE",
          `The model cache cannot be written at ${path} (${messageOf(error)}): give another folder by "cacheFolder" or HF_HOME.`,
          { cause: error },
        );
  }
}

export function diskFull(what: string, cause?: unknown): NighError {
  return new NighError(
    "ERR_DISK_FULL",
    `${what}: free some space, or give a folder on another disk by "cacheFolder" or HF_HOME, and try again.`,
    { cause },
  );
}
