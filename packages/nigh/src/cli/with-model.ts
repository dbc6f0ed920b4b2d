import { type Embedder, type Matrix, SentenceTransformer } from "../index.js";
import { withDownloadBar } from "./download-bar.js";
import { DEFAULT_MODEL, loadOptions, type ModelFlags } from "./options.js";
import { remoteModel, reportUsage } from "./remote-model.js";

/** A model of this process or of a server. */
export interface CommandModel extends Embedder {
  /** Tokens of a text that it reads; undefined where that is not known. */
  readonly maxSeqLength: number | undefined;
  similarity(a: Matrix, b: Matrix): Matrix;
}

/** Loads the model that the flags name, works with it and closes it. */
export async function withModel<T>(
  flags: ModelFlags & { json?: boolean },
  work: (model: CommandModel) => Promise<T>,
): Promise<T> {
  const showsMore = showsProgress(flags.json ?? false);
  const remote = remoteModel(flags);
  const model = remote ?? (await loadModel(flags, showsMore));
  try {
    await remote?.ready();
    return await work(model);
  } finally {
    await model.close();
    if (remote && showsMore) reportUsage(remote);
  }
}

function loadModel(flags: ModelFlags, showsDownload: boolean): Promise<SentenceTransformer> {
  const name = flags.model ?? DEFAULT_MODEL;
  return withDownloadBar(name, showsDownload, (onProgress) =>
    SentenceTransformer.load(name, { ...loadOptions(flags), ...(onProgress && { onProgress }) }),
  );
}

/** Shows progress on stderr, unless the output is for a program. */
export function showsProgress(json: boolean): boolean {
  return !json || process.stderr.isTTY === true;
}
