import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import { checkTypes } from "../../shared/options.js";
import type { NewRecord } from "../../store/record-writer.js";
import type { BoundEmbedder, EmbedOptions } from "./bound-embedder.js";
import { type AnyColumns, type CheckedRecord, checkRecords, checkVector } from "./check-records.js";
import { embedDocuments } from "./embed-documents.js";
import {
  checkDimensions,
  checkEmbeddable,
  checkEmbedOptions,
  lacksEmbedding,
} from "./embeddable.js";
import type { OpenCollection } from "./open-collection.js";
import { type DeleteOptions, interpretDelete } from "./record-options.js";

/** What a write has to say of texts. */
export interface Embedding {
  /** Texts that were given to the embedder: the vectors of others were known. */
  readonly encoded: number;
  /** Texts of which the embedder reads only the beginning. */
  readonly truncated: number;
}

export interface Added extends Embedding {
  readonly added: number;
  /** Ids that were there already: their records stay as they are. */
  readonly skipped: readonly string[];
}

export interface Upserted extends Embedding {
  readonly added: number;
  readonly updated: number;
}

export interface UpdateOptions extends EmbedOptions {
  /** A new document without an embedding leaves the embedding as it is, as Chroma's server does. Default false: it is embedded. */
  readonly keepEmbeddings?: boolean | undefined;
}

export interface Updated extends Embedding {
  readonly updated: number;
  /** Ids that are not there. */
  readonly unknown: readonly string[];
}

export async function addRecords(
  collection: OpenCollection,
  records: AnyColumns,
  options: EmbedOptions,
): Promise<Added> {
  const checked = checkRecords("add", records, { nulls: false });
  const there = idsThere(collection, checked);
  // Embeddings that are given are checked, whether they are stored or not.
  const fresh = checked.filter(({ id, embedding }) => embedding !== undefined || !there.has(id));
  const { complete, embedder, ...embedding } = await embed(collection, "add", fresh, options);
  const skipped = new Set(
    await collection.write(
      embedder,
      (writer) => writer.add(complete as readonly NewRecord[]),
      complete.length,
    ),
  );
  const sent = new Set(fresh.map(({ id }) => id));
  const ids = checked.map(({ id }) => id).filter((id) => !sent.has(id) || skipped.has(id));
  return { added: checked.length - ids.length, skipped: ids, ...embedding };
}

export async function upsertRecords(
  collection: OpenCollection,
  records: AnyColumns,
  options: EmbedOptions,
): Promise<Upserted> {
  const checked = checkRecords("upsert", records, { nulls: true });
  const { complete, embedder, ...embedding } = await embed(collection, "upsert", checked, options);
  const added = await collection.write(
    embedder,
    (writer) => writer.upsert(complete as readonly NewRecord[]),
    complete.length,
  );
  return { added, updated: checked.length - added, ...embedding };
}

export async function updateRecords(
  collection: OpenCollection,
  records: AnyColumns,
  { keepEmbeddings = false, ...options }: UpdateOptions,
): Promise<Updated> {
  checkTypes("update", { keepEmbeddings }, { keepEmbeddings: "boolean" });
  const checked = checkRecords("update", records, { nulls: true });
  collection.read(({ row }) => checkDimensions("update", row, checked));
  const there = idsThere(collection, checked);
  const known = checked.filter(({ id }) => there.has(id));
  const { complete, embedder, ...embedding } = keepEmbeddings
    ? asGiven(known)
    : await embed(collection, "update", known, options);
  const gone = new Set(
    await collection.write(embedder, (writer) => writer.update(complete), complete.length),
  );
  const unknown = checked.map(({ id }) => id).filter((id) => !there.has(id) || gone.has(id));
  return { updated: checked.length - unknown.length, unknown, ...embedding };
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

function idsThere(
  collection: OpenCollection,
  records: readonly CheckedRecord[],
): ReadonlySet<string> {
  const ids = records.map(({ id }) => id);
  return collection.read(
    ({ reader }) => new Set(ids.filter((id) => reader.keyOf(id) !== undefined)),
  );
}

/** Records to be written. */
interface Complete extends Embedding {
  readonly complete: readonly (CheckedRecord & { hash?: Uint8Array })[];
  readonly embedder?: BoundEmbedder;
}

function asGiven(records: readonly CheckedRecord[]): Complete {
  return { complete: records, encoded: 0, truncated: 0 };
}

/** Embeds what has a document and no embedding. */
async function embed(
  collection: OpenCollection,
  where: "add" | "upsert" | "update",
  records: readonly CheckedRecord[],
  options: EmbedOptions,
): Promise<Complete> {
  checkEmbedOptions(where, options);
  if (where !== "update") checkEmbeddable(where, records);
  const texts = records.filter(lacksEmbedding).map(({ document }) => document as string);
  if (texts.length === 0) return asGiven(records);
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
