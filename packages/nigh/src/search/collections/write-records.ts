import { throwIfAborted } from "../../shared/abort.js";
import { quote } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkSignal, checkTypes } from "../../shared/options.js";
import type { NewRecord } from "../../store/record-writer.js";
import type { Where, WhereDocument } from "../../store/where/grammar.js";
import { parseWhere } from "../../store/where/parse-where.js";
import type { BoundEmbedder, EmbedOptions } from "./bound-embedder.js";
import {
  type CheckedRecord,
  checkIdFilter,
  checkRecords,
  checkVector,
  type RecordColumns,
} from "./check-records.js";
import { embedDocuments } from "./embed-documents.js";
import type { OpenCollection } from "./open-collection.js";

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

export interface Updated extends Embedding {
  readonly updated: number;
  /** Ids that are not there. */
  readonly unknown: readonly string[];
}

export interface DeleteOptions {
  readonly ids?: readonly string[] | string | undefined;
  readonly where?: Where | undefined;
  readonly whereDocument?: WhereDocument | undefined;
  /** Most records to delete, the first added first; only together with a filter. */
  readonly limit?: number | undefined;
}

export async function addRecords(
  collection: OpenCollection,
  records: RecordColumns,
  options: EmbedOptions,
): Promise<Added> {
  const checked = checkRecords("add", records, { nulls: false });
  const there = idsThere(collection, checked);
  // Embeddings that are given are checked, whether they are stored or not.
  const fresh = checked.filter(({ id, embedding }) => embedding !== undefined || !there.has(id));
  const { complete, embedder, ...embedding } = await embed(collection, "add", fresh, options);
  const skipped = new Set(
    await collection.write(embedder, (writer) => writer.add(complete as readonly NewRecord[])),
  );
  const ids = checked.map(({ id }) => id).filter((id) => there.has(id) || skipped.has(id));
  return { added: checked.length - ids.length, skipped: ids, ...embedding };
}

export async function upsertRecords(
  collection: OpenCollection,
  records: RecordColumns,
  options: EmbedOptions,
): Promise<Upserted> {
  const checked = checkRecords("upsert", records, { nulls: true });
  const { complete, embedder, ...embedding } = await embed(collection, "upsert", checked, options);
  const added = await collection.write(embedder, (writer) =>
    writer.upsert(complete as readonly NewRecord[]),
  );
  return { added, updated: checked.length - added, ...embedding };
}

export async function updateRecords(
  collection: OpenCollection,
  records: RecordColumns,
  options: EmbedOptions,
): Promise<Updated> {
  const checked = checkRecords("update", records, { nulls: true });
  const there = idsThere(collection, checked);
  const known = checked.filter(({ id }) => there.has(id));
  const { complete, embedder, ...embedding } = await embed(collection, "update", known, options);
  const gone = new Set(await collection.write(embedder, (writer) => writer.update(complete)));
  const unknown = checked.map(({ id }) => id).filter((id) => !there.has(id) || gone.has(id));
  return { updated: checked.length - unknown.length, unknown, ...embedding };
}

export async function deleteRecords(
  collection: OpenCollection,
  options: DeleteOptions,
): Promise<{ deleted: number }> {
  const where = "delete";
  checkKeys(where, options, ["ids", "where", "whereDocument", "limit"]);
  const ids = checkIdFilter(where, options.ids);
  const condition = parseWhere(options.where, options.whereDocument);
  if (ids === undefined && condition === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: give "ids", "where" or "whereDocument"; to delete everything, delete the collection.`,
    );
  }
  const limit = options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0);
  if (limit >= 0 && condition === undefined) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "limit" goes with "where" or "whereDocument" only.`,
    );
  }
  const deleted = await collection.write(undefined, function* (writer, reader) {
    const keys = reader.keys({ ids, condition, limit });
    yield* writer.delete(keys);
    return keys.length;
  });
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

/** @throws NighError `ERR_ABORTED` when the signal has fired already. */
function checkEmbedOptions(where: string, options: EmbedOptions): void {
  checkKeys(where, options, ["showProgressBar", "onProgress", "signal"]);
  checkTypes(where, options, { showProgressBar: "boolean", onProgress: "function" });
  checkSignal(where, options.signal);
  throwIfAborted(options.signal);
}

/** Embeds what has a document and no embedding. */
async function embed(
  collection: OpenCollection,
  where: "add" | "upsert" | "update",
  records: readonly CheckedRecord[],
  options: EmbedOptions,
): Promise<
  Embedding & {
    complete: readonly (CheckedRecord & { hash?: Uint8Array })[];
    embedder?: BoundEmbedder;
  }
> {
  checkEmbedOptions(where, options);
  const lacking = records.filter(({ embedding }) => embedding === undefined);
  const bare = lacking.find(({ document }) => document === undefined);
  if (bare !== undefined && where !== "update") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: the record ${quote(bare.id)} has neither an embedding nor a document to embed. Nothing was written.`,
    );
  }
  const texts = lacking.flatMap(({ document }) => (document === undefined ? [] : [document]));
  if (texts.length === 0) return { complete: records, encoded: 0, truncated: 0 };
  const embedder = await collection.embedder(where);
  const { embedded, ...counts } = await embedDocuments(collection, embedder, texts, options);
  // Chroma's functions know no signal.
  throwIfAborted(options.signal);
  let next = 0;
  const complete = records.map((record) => {
    if (record.embedding !== undefined || record.document === undefined) return record;
    const { embedding, hash } = embedded[next++] as (typeof embedded)[number];
    const name = `${where}: the embedding of ${quote(record.id)}`;
    return { ...record, embedding: checkVector(name, embedding), hash };
  });
  return { complete, embedder, ...counts };
}
