import { messageOf, NighError } from "../../shared/errors.js";

/** A file that cannot be read as records. @param reason what was found, what was expected, what to do. */
export function badFile(place: string, reason: string, cause?: unknown): NighError {
  return new NighError("ERR_FILE", `${place}: ${reason}`, { cause });
}

/** Runs work on a file; what the system or a library throws becomes `ERR_FILE` with the path. */
export async function onFile<T>(path: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFileError(path, doing, error);
  }
}

/** A NighError stays what it is. */
export function asFileError(path: string, doing: string, error: unknown): NighError {
  if (error instanceof NighError) return error;
  return badFile(path, `the file cannot be ${doing}: ${messageOf(error)}.`, error);
}
