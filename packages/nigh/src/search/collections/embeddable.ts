import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkKeys, checkSignal, checkTypes } from "../../shared/options.js";
import type { EmbedOptions } from "./bound-embedder.js";
import type { CheckedRecord } from "./check-records.js";

export const EMBED_OPTIONS = ["showProgressBar", "onProgress", "signal"] as const;

/** @throws NighError `ERR_ABORTED` when the signal has fired already. */
export function checkEmbedOptions(where: string, options: EmbedOptions): void {
  checkKeys(where, options, EMBED_OPTIONS);
  checkTypes(where, options, { showProgressBar: "boolean", onProgress: "function" });
  checkSignal(where, options.signal);
  throwIfAborted(options.signal);
}

/**
 * Embeddings that are given are checked, whether they are stored or not.
 *
 * @throws NighError `ERR_DIMENSION` when one has not as many dimensions as the vectors that are there.
 */
export function checkDimensions(
  where: string,
  { name, dimension }: { readonly name: string; readonly dimension: number | null },
  records: readonly CheckedRecord[],
): void {
  if (dimension === null) return;
  for (const { id, embedding } of records) {
    if (embedding === undefined || embedding.length === dimension) continue;
    throw new NighError(
      "ERR_DIMENSION",
      `${where}: the collection "${name}" holds vectors of ${dimension} dimensions; the embedding of ${quote(id)} has ${embedding.length}. Nothing was written.`,
    );
  }
}

/** Whether a record's document has to be embedded. */
export function lacksEmbedding({ embedding, document }: CheckedRecord): boolean {
  return embedding === undefined && document !== undefined;
}

/** @throws NighError `ERR_INVALID_ARGUMENT` naming a record that has neither an embedding nor a document. */
export function checkEmbeddable(where: string, records: readonly CheckedRecord[]): void {
  const bare = records.find(
    ({ embedding, document }) => embedding === undefined && document === undefined,
  );
  if (bare === undefined) return;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the record ${quote(bare.id)} has neither an embedding nor a document to embed. Nothing was written.`,
  );
}
