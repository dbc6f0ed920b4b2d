import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import type { Matrix } from "../shared/matrix.js";
import type { OnProgress } from "../shared/progress.js";

/** What analyses need of an embedder: a `SentenceTransformer`, `OpenAIEmbeddings`, or anything with this method. */
export interface TextEmbedder {
  encode(
    texts: readonly string[],
    options?: { showProgressBar?: boolean; onProgress?: OnProgress; signal?: AbortSignal },
  ): Promise<Matrix>;
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for what has no `encode`. */
export function checkEmbedder(where: string, embedder: unknown): TextEmbedder {
  if (typeof (embedder as TextEmbedder | undefined)?.encode === "function") {
    return embedder as TextEmbedder;
  }
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where} needs a model for texts, e.g. await SentenceTransformer.load("all-MiniLM-L6-v2"); found ${describe(embedder)}.`,
  );
}
