import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import { checkKeys, checkTypes } from "../../shared/options.js";
import type { BoundEmbedder, EmbedOptions } from "./bound-embedder.js";
import { type AnyColumns, type CheckedRecord, checkVector } from "./check-records.js";
import { embedDocuments } from "./embed-documents.js";
import { EMBED_OPTIONS, lacksEmbedding } from "./embeddable.js";
import type { OpenCollection } from "./open-collection.js";
import { type DeleteOptions, interpretDelete } from "./record-options.js";
import {
  type EmbeddedRecords,
  type Updated,
  type UpdateOptions,
  updateRecords,
  type WriteVerb,
  type Writing,
} from "./write-verbs.js";

/** Writing to a collection of this process. */
export function writingTo(collection: OpenCollection): Writing<BoundEmbedder> {
  return {
    target: {
      idsThere: async (ids) =>
        collection.read(
          ({ reader }) => new Set(ids.filter((id) => reader.keyOf(id) !== undefined)),
        ),
      add: async (records, { embedder }) =>
        new Set(await collection.write(embedder, (writer) => writer.add(records), records.length)),
      upsert: (records, { embedder }) =>
        collection.write(embedder, (writer) => writer.upsert(records), records.length),
      update: async (records, { embedder }) =>
        new Set(
          await collection.write(embedder, (writer) => writer.update(records), records.length),
        ),
    },
    info: () => collection.read(({ row }) => row),
    embed: (where, records, options) => embed(collection, where, records, options),
  };
}

export async function changeRecords(
  collection: OpenCollection,
  records: AnyColumns,
  options: UpdateOptions,
): Promise<Updated> {
  checkKeys("update", options, ["keepEmbeddings", ...EMBED_OPTIONS]);
  checkTypes("update", options, { keepEmbeddings: "boolean" });
  const { keepEmbeddings, ...others } = options;
  return updateRecords(writingTo(collection), records, others, keepEmbeddings);
}

export async function deleteRecords(
  collection: OpenCollection,
  options: DeleteOptions,
): Promise<{ deleted: number }> {
  const selection = interpretDelete(options);
  const deleted = await collection.write(
    undefined,
    function* (writer, reader) {
      const keys = reader.keys(selection);
      yield* writer.delete(keys);
      return keys.length;
    },
    selection.ids?.length,
  );
  return { deleted };
}

async function embed(
  collection: OpenCollection,
  where: WriteVerb,
  records: readonly CheckedRecord[],
  options: EmbedOptions,
): Promise<EmbeddedRecords<BoundEmbedder>> {
  const texts = records.filter(lacksEmbedding).map(({ document }) => document as string);
  const embedder = await collection.embedder(where);
  const { embedded, ...counts } = await embedDocuments(collection, embedder, texts, options);
  // Chroma's functions know no signal.
  throwIfAborted(options.signal);
  let next = 0;
  const complete = records.map((record) => {
    if (!lacksEmbedding(record)) return record;
    const { embedding, hash } = embedded[next++] as (typeof embedded)[number];
    const name = `${where}: the embedding of ${quote(record.id)}`;
    return { ...record, embedding: checkVector(name, embedding), hash };
  });
  return { complete, embedder, ...counts };
}
