import { z } from "zod";
import { join } from "#shared/path";
import { NighError } from "../shared/errors.js";
import { utf8Text } from "../shared/utf8.js";
import { readIfThere } from "./read-if-there.js";

/**
 * The checked content of a JSON file of a model folder, undefined where there is no such file.
 *
 * @throws NighError `ERR_MODEL_FORMAT` when it is malformed, `ERR_FILE` when it cannot be read.
 */
export async function readFolderJson<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(utf8Text(bytes)));
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new NighError("ERR_MODEL_FORMAT", `${path} is malformed: ${found}`, { cause: error });
  }
}

/** {@link readFolderJson} of a file that has to be there. */
export async function needFolderJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const found = await readFolderJson(path, schema);
  if (found !== undefined) return found;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${path} is missing: bring the whole model folder from its source.`,
  );
}

/** The first of several files that is there. */
export async function readFirstJson<T>(
  folder: string,
  names: readonly string[],
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  for (const name of names) {
    const found = await readFolderJson(join(folder, name), schema);
    if (found !== undefined) return found;
  }
  return undefined;
}
