import { readFile } from "#shared/files";
import { join } from "#shared/path";
import { messageOf, NighError } from "../shared/errors.js";
import { utf8Text } from "../shared/utf8.js";

/**
 * Reads a JSON file of a model folder.
 *
 * @returns undefined where the file does not exist and `optional` is set.
 * @throws NighError `ERR_FILE` when it cannot be read, `ERR_MODEL_FORMAT` when it is no JSON.
 */
export async function readJson(folder: string, name: string, optional: boolean): Promise<unknown> {
  const path = join(folder, name);
  let text: string;
  try {
    text = utf8Text(await readFile(path));
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (missing && optional) return undefined;
    const found = missing ? `There is no ${path}.` : `Cannot read ${path}: ${messageOf(cause)}.`;
    throw new NighError(
      "ERR_FILE",
      `${found} A model folder needs a readable ${name}: fetch the model's files again, or save ` +
        "it with sentence-transformers, which writes it.",
      { cause },
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${path} is not valid JSON: ${messageOf(cause)}. Fetch the file again: it may be cut short, ` +
        "or a Git LFS pointer.",
      { cause },
    );
  }
}
