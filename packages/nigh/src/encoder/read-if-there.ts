import { readFile } from "#shared/files";
import { NighError } from "../shared/errors.js";

/**
 * The bytes of a file, undefined where there is none.
 *
 * @throws NighError `ERR_FILE` when it is there and cannot be read.
 */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new NighError("ERR_FILE", `${path} cannot be read: ${error.message}.`, { cause: error });
  });
}
