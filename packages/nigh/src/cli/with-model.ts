import { SentenceTransformer } from "../index.js";
import { DEFAULT_MODEL, loadOptions, type ModelFlags } from "./options.js";

/** Loads the model that the flags name, works with it and closes it. */
export async function withModel<T>(
  flags: ModelFlags,
  work: (model: SentenceTransformer) => Promise<T>,
): Promise<T> {
  const model = await SentenceTransformer.load(flags.model ?? DEFAULT_MODEL, loadOptions(flags));
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}

/** Shows progress on stderr, unless the output is for a program. */
export function showsProgress(json: boolean): boolean {
  return !json || process.stderr.isTTY === true;
}
