import type { NewRecord, RecordChanges } from "../../store/record-writer.js";
import type { EmbedOptions } from "./bound-embedder.js";
import { type AnyColumns, type CheckedRecord, checkRecords } from "./check-records.js";
import {
  checkDimensions,
  checkEmbeddable,
  checkEmbedOptions,
  lacksEmbedding,
} from "./embeddable.js";

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

export type WriteVerb = "add" | "upsert" | "update";

export interface WriteOptions<E> {
  /** What the new vectors are from; undefined when they were given. */
  readonly embedder: E | undefined;
  readonly signal: AbortSignal | undefined;
  /** Ids that were there a moment ago, where that was asked. */
  readonly there?: ReadonlySet<string>;
}

/** Where records are written to, in this process or elsewhere. @typeParam E how embedders are known there. */
export interface RecordTarget<E> {
  /** Those of the ids that are there. */
  idsThere(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** @returns ids that were there already. */
  add(records: readonly NewRecord[], options: WriteOptions<E>): Promise<ReadonlySet<string>>;
  /** @returns how many were added. */
  upsert(records: readonly NewRecord[], options: WriteOptions<E>): Promise<number>;
  /** @returns ids that are not there. */
  update(records: readonly RecordChanges[], options: WriteOptions<E>): Promise<ReadonlySet<string>>;
}

/** Records of which those that had a document alone have a vector. */
export interface EmbeddedRecords<E> extends Embedding {
  readonly complete: readonly CheckedRecord[];
  readonly embedder: E;
}

/** A target, and what embeds for it. */
export interface Writing<E> {
  readonly target: RecordTarget<E>;
  /** Of the collection, as it is now. */
  readonly info: () => { readonly name: string; readonly dimension: number | null };
  /** Embeds what has a document and no embedding: there is some. */
  readonly embed: (
    where: WriteVerb,
    records: readonly CheckedRecord[],
    options: EmbedOptions,
  ) => Promise<EmbeddedRecords<E>>;
}

export async function addRecords<E>(
  writing: Writing<E>,
  records: AnyColumns,
  options: EmbedOptions,
): Promise<Added> {
  const checked = checkRecords("add", records, { nulls: false });
  checkEmbedOptions("add", options);
  const { signal } = options;
  const there = await writing.target.idsThere(idsOf(checked), signal);
  // Embeddings that are given are checked, whether they are stored or not.
  const fresh = checked.filter(({ id, embedding }) => embedding !== undefined || !there.has(id));
  checkEmbeddable("add", fresh);
  const { complete, embedder, ...counts } = await embed(writing, "add", fresh, options);
  const write = { embedder, signal, there };
  const skipped = await writing.target.add(complete as readonly NewRecord[], write);
  const sent = new Set(idsOf(fresh));
  const ids = idsOf(checked).filter((id) => !sent.has(id) || skipped.has(id));
  return { added: checked.length - ids.length, skipped: ids, ...counts };
}

export async function upsertRecords<E>(
  writing: Writing<E>,
  records: AnyColumns,
  options: EmbedOptions,
): Promise<Upserted> {
  const checked = checkRecords("upsert", records, { nulls: true });
  checkEmbedOptions("upsert", options);
  checkEmbeddable("upsert", checked);
  const { complete, embedder, ...counts } = await embed(writing, "upsert", checked, options);
  const write = { embedder, signal: options.signal };
  const added = await writing.target.upsert(complete as readonly NewRecord[], write);
  return { added, updated: checked.length - added, ...counts };
}

/** @param keepEmbeddings new documents are not embedded. */
export async function updateRecords<E>(
  writing: Writing<E>,
  records: AnyColumns,
  options: EmbedOptions,
  keepEmbeddings = false,
): Promise<Updated> {
  const checked = checkRecords("update", records, { nulls: true });
  checkEmbedOptions("update", options);
  checkDimensions("update", writing.info(), checked);
  const { signal } = options;
  const there = await writing.target.idsThere(idsOf(checked), signal);
  const known = checked.filter(({ id }) => there.has(id));
  const { complete, embedder, ...counts } = keepEmbeddings
    ? asGiven(known)
    : await embed(writing, "update", known, options);
  const gone = await writing.target.update(complete, { embedder, signal, there });
  const unknown = idsOf(checked).filter((id) => !there.has(id) || gone.has(id));
  return { updated: checked.length - unknown.length, unknown, ...counts };
}

type Complete<E> = Omit<EmbeddedRecords<E>, "embedder"> & { readonly embedder?: E | undefined };

async function embed<E>(
  writing: Writing<E>,
  where: WriteVerb,
  records: readonly CheckedRecord[],
  options: EmbedOptions,
): Promise<Complete<E>> {
  return records.some(lacksEmbedding) ? writing.embed(where, records, options) : asGiven(records);
}

function asGiven(records: readonly CheckedRecord[]): Complete<never> {
  return { complete: records, encoded: 0, truncated: 0 };
}

function idsOf(records: readonly CheckedRecord[]): string[] {
  return records.map(({ id }) => id);
}
