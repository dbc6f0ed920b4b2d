import { SentenceTransformer } from "../index.js";
import { withDownloadBar } from "./download-bar.js";
import { DEFAULT_MODEL, loadOptions, type ModelFlags } from "./options.js";

/** Loads the model that the flags name, works with it and closes it. */
export async function withModel<T>(
  flags: ModelFlags & { json?: boolean },
  work: (model: SentenceTransformer) => Promise<T>,
): Promise<T> {
  const name = flags.model ?? DEFAULT_MODEL;
  const model = await withDownloadBar(name, showsProgress(flags.json ?? false), (onProgress) =>
    SentenceTransformer.load(name, { ...loadOptions(flags), ...(onProgress && { onProgress }) }),
  );
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
