import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkKeys, checkSignal, checkTypes } from "../../shared/options.js";
import type { BoundEmbedder, EmbedOptions } from "../collections/bound-embedder.js";
import { type CheckedRecord, checkVector } from "../collections/check-records.js";

/** Records with the vectors that were made for them. */
export interface EmbeddedRecords {
  readonly records: readonly CheckedRecord[];
  /** Texts that were given to the embedder. */
  readonly encoded: number;
  /** Texts of which the embedder reads only the beginning. */
  readonly truncated: number;
}

/** @throws NighError `ERR_ABORTED` when the signal has fired already. */
export function checkEmbedOptions(where: string, options: EmbedOptions): void {
  checkKeys(where, options, ["showProgressBar", "onProgress", "signal"]);
  checkTypes(where, options, { showProgressBar: "boolean", onProgress: "function" });
  checkSignal(where, options.signal);
  throwIfAborted(options.signal);
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

/** Embeds what has a document and no embedding, each text once. */
export async function embedRecords(
  where: string,
  records: readonly CheckedRecord[],
  embedder: BoundEmbedder,
  options: EmbedOptions,
): Promise<EmbeddedRecords> {
  const texts = [
    ...new Set(records.filter(lacksEmbedding).map(({ document }) => document as string)),
  ];
  let truncated = 0;
  const vectors = await embedder.documents(texts, {
    ...options,
    onProgress: (progress) => {
      truncated = progress.truncated;
      options.onProgress?.(progress);
    },
  });
  // Chroma's functions know no signal.
  throwIfAborted(options.signal);
  const places = new Map(texts.map((text, i) => [text, i]));
  const embedded = records.map((record) => {
    if (!lacksEmbedding(record)) return record;
    const vector = vectors.row(places.get(record.document as string) as number);
    const name = `${where}: the embedding of ${quote(record.id)}`;
    return { ...record, embedding: checkVector(name, vector) };
  });
  return { records: embedded, encoded: texts.length, truncated };
}
