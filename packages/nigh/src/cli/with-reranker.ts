import { CrossEncoder } from "../index.js";
import { withDownloadBar } from "./download-bar.js";
import { loadOptions, type ModelFlags } from "./options.js";
import { showsProgress } from "./with-model.js";

/** Loads the cross-encoder that `--rerank` names, if any, works with it and closes it. */
export async function withReranker<T>(
  flags: ModelFlags & { rerank?: string; json?: boolean },
  work: (reranker: CrossEncoder | undefined) => Promise<T>,
): Promise<T> {
  const { rerank: name } = flags;
  if (name === undefined) return work(undefined);
  const model = await withDownloadBar(name, showsProgress(flags.json ?? false), (onProgress) =>
    CrossEncoder.load(name, { ...loadOptions(flags), ...(onProgress && { onProgress }) }),
  );
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}
