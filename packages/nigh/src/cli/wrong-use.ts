import { NighError } from "../index.js";

/** The error of a command line that asks for what cannot be: exit code 2. */
export function wrongUse(message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", message);
}
