import { messageOf, NighError } from "../../shared/errors.js";

/** A file that does not say what it should, by name and, where one is to blame, line. */
export function badFile(path: string, line: number | undefined, problem: string): NighError {
  const place = line === undefined ? path : `${path}:${line}`;
  return new NighError("ERR_FILE", `${place}: ${problem}.`);
}

/** The error of a file that cannot be opened or read. */
export function unreadable(path: string, error: unknown): NighError {
  return new NighError("ERR_FILE", `${path} cannot be read: ${messageOf(error)}.`, {
    cause: error,
  });
}
