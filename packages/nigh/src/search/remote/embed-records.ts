import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import {
  type BoundEmbedder,
  type EmbedOptions,
  embedTexts,
} from "../collections/bound-embedder.js";
import { type CheckedRecord, checkVector } from "../collections/check-records.js";
import { lacksEmbedding } from "../collections/embeddable.js";
import type { EmbeddedRecords } from "../collections/write-verbs.js";

/** Embeds what has a document and no embedding, each text once. */
export async function embedRecords(
  where: string,
  records: readonly CheckedRecord[],
  embedder: BoundEmbedder,
  options: EmbedOptions,
): Promise<Omit<EmbeddedRecords<unknown>, "embedder">> {
  const texts = [
    ...new Set(records.filter(lacksEmbedding).map(({ document }) => document as string)),
  ];
  const { vectors, truncated } = await embedTexts(embedder, texts, options);
  // Chroma's functions know no signal.
  throwIfAborted(options.signal);
  const places = new Map(texts.map((text, i) => [text, i]));
  const embedded = records.map((record) => {
    if (!lacksEmbedding(record)) return record;
    const vector = vectors.row(places.get(record.document as string) as number);
    const name = `${where}: the embedding of ${quote(record.id)}`;
    return { ...record, embedding: checkVector(name, vector) };
  });
  return { complete: embedded, encoded: texts.length, truncated };
}
