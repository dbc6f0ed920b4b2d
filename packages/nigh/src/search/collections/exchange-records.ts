import { exchangeFormat } from "#store/exchange-format";
import type { Embedder } from "../../encoder/embedder.js";
import { throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import { checkKeys, checkSignal, checkTypes } from "../../shared/options.js";
import { ProgressMeter } from "../../shared/progress.js";
import { withProgressBar } from "../../shared/progress-bar.js";
import { type CollectionRow, exactMetadata } from "../../store/collection-row.js";
import type { ExchangeHeader, ImportedRecord } from "../../store/exchange/exchange.js";
import type { StoredRecord } from "../../store/record.js";
import type { RecordReader } from "../../store/record-reader.js";
import type { NewRecord } from "../../store/record-writer.js";
import {
  type BoundEmbedder,
  checkEmbedder,
  type EmbeddingFunction,
  type EmbedOptions,
  noEmbeddingFunction,
} from "./bound-embedder.js";
import { checkMetadata, checkWellFormed } from "./check-metadata.js";
import { configurationOf, hnswOf, interpretConfiguration } from "./configuration.js";
import { type Embedded, embedDocuments } from "./embed-documents.js";
import type { OpenCollection } from "./open-collection.js";
import { readPage } from "./read-records.js";

export interface ImportOptions extends EmbedOptions {
  /** Default: the name of the collection that the file is from. */
  readonly name?: string;
  /** Embeds records that have no vector. Default: the bundled model. */
  readonly embeddingFunction?: Embedder | EmbeddingFunction | null | undefined;
  /** Makes records that are there already what the file says. Default false: they stay as they are, and are reported. */
  readonly upsert?: boolean;
}

export interface Imported {
  readonly added: number;
  readonly updated: number;
  /** Ids that were there already, or twice in the file. */
  readonly skipped: readonly string[];
  /** Texts of records without a vector that the embedder was given. */
  readonly encoded: number;
  /** Texts of which the embedder reads only the beginning. */
  readonly truncated: number;
}

/** A file that was read once: all of it can be imported. */
export interface ImportFile {
  readonly path: string;
  readonly header: ExchangeHeader | null;
  readonly count: number;
  /** Of its vectors; null where there are none. */
  readonly dimension: number | null;
  /** Where the first record without a vector stands; undefined where there is none. */
  readonly lacking: string | undefined;
}

/** Records that are read or written at a time. */
const BATCH = 500;
/** Records that are written between two turns of others. */
const RECORDS_A_TURN = 50;
export const IMPORT = "importCollection";

/**
 * Writes a collection to a file, all of one state of it.
 *
 * @throws NighError `ERR_BUSY` when records are written meanwhile: the file is then as it was.
 */
export async function exportRecords(
  collection: OpenCollection,
  path: string,
  options: EmbedOptions,
): Promise<{ records: number }> {
  checkOptions("export", options, []);
  const format = exchangeFormat(path);
  const { header, total, position } = collection.read(({ db, row, reader }) => ({
    header: {
      name: row.name,
      metadata: exactMetadata(db, row),
      configuration: { ...configurationOf(row) },
      embedder: row.embedder,
      dimension: row.dimension,
    },
    total: reader.count(),
    position: row.logPosition,
  }));
  return withProgressBar(barOf("Exporting", options), async (onProgress) => {
    // Parquet reads twice.
    const read = async function* (): AsyncGenerator<StoredRecord> {
      const meter = new ProgressMeter(total);
      for (let after: number | undefined; ; ) {
        throwIfAborted(options.signal);
        const page = collection.read(({ row }) => {
          if (row.logPosition !== position) throw changedMeanwhile(row.name);
          return readPage(collection, { after, limit: BATCH });
        });
        yield* page.records;
        meter.add(page.records.length);
        onProgress?.(meter.read());
        if (page.next === undefined) return;
        after = page.next;
      }
    };
    return { records: await format.write(read, path, header) };
  });
}

function changedMeanwhile(name: string): NighError {
  return new NighError(
    "ERR_BUSY",
    `The collection "${name}" was written to while it was being exported: export it again when nobody writes. No file was written.`,
  );
}

/**
 * Reads all of a file, keeping none of it: what is bad in it is known before anything is written.
 *
 * @throws NighError `ERR_FILE` with the place; `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export async function surveyImport(path: string, options: ImportOptions): Promise<ImportFile> {
  checkOptions(IMPORT, options, ["name", "embeddingFunction", "upsert"]);
  const { header, records } = await exchangeFormat(path).read(path);
  let count = 0;
  let dimension: number | null = null;
  let lacking: string | undefined;
  for await (const record of records) {
    if (count % BATCH === 0) throwIfAborted(options.signal);
    checkRecord(record);
    count += 1;
    if (record.embedding === null) lacking ??= record.place;
    else dimension ??= record.embedding.length;
  }
  return { path, header, count, dimension, lacking };
}

/**
 * Checks that all of a file can be written into a collection: what is wrong is known before anything is written.
 *
 * @param target the collection, or what a new one will be.
 * @param embedder of the records without a vector; undefined where none was given, or none is needed.
 * @throws NighError `ERR_DIMENSION`, `ERR_EMBEDDER`; `ERR_INVALID_ARGUMENT` where an embedder is needed, or the space is another.
 */
export function checkImport(
  { path, header, dimension, lacking }: ImportFile,
  target: Pick<CollectionRow, "name" | "embedder" | "dimension" | "configuration">,
  embedder: BoundEmbedder | undefined,
): void {
  if (header?.embedder) checkEmbedder(target, { identity: header.embedder });
  if (header !== null) {
    const { space } = interpretConfiguration(IMPORT, header.configuration).hnsw;
    const found = hnswOf(target).space;
    if (space !== found) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${IMPORT}: the collection "${target.name}" is there already with space "${found}"; the file's has "${space}". Give another "name", or delete it. Nothing was written.`,
      );
    }
  }
  if (dimension !== null && target.dimension !== null && dimension !== target.dimension) {
    throw new NighError(
      "ERR_DIMENSION",
      `${IMPORT}: the collection "${target.name}" holds vectors of ${target.dimension} dimensions; those of ${path} have ${dimension}. Nothing was written.`,
    );
  }
  if (lacking === undefined) return;
  if (embedder === undefined) {
    const advice = `give an "embeddingFunction" for what has no vector, as ${lacking}`;
    throw noEmbeddingFunction(IMPORT, target.name, advice);
  }
  const { name } = target;
  checkEmbedder(target, embedder);
  checkEmbedder({ name, embedder: header?.embedder ?? null, dimension }, embedder);
}

function checkRecord({ id, document, uri, metadata, embedding, place }: ImportedRecord): void {
  try {
    if (id === "") throw new NighError("ERR_FILE", `${place}: the id is empty: give one.`);
    checkWellFormed(`${place}: the id`, id);
    checkWellFormed(`${place}: the document`, document ?? "");
    checkWellFormed(`${place}: the uri`, uri ?? "");
    checkMetadata(`${place}: metadata`, metadata, false);
  } catch (error) {
    if (!(error instanceof NighError)) throw error;
    throw new NighError("ERR_FILE", error.message, { cause: error });
  }
  if (embedding !== null || document !== null) return;
  throw new NighError(
    "ERR_FILE",
    `${place}: the record has neither an embedding nor a document to embed: give it one of them.`,
  );
}

/** Writes the records of a file, batch by batch: what a batch has written stays, whatever happens later. */
export async function importRecords(
  collection: OpenCollection,
  { path, header, count }: ImportFile,
  options: ImportOptions,
): Promise<Imported> {
  const sum = { added: 0, updated: 0, skipped: [] as string[], encoded: 0, truncated: 0 };
  const meter = new ProgressMeter(count);
  await withProgressBar(barOf("Importing", options), async (onProgress) => {
    const write = async (batch: readonly ImportedRecord[]): Promise<void> => {
      throwIfAborted(options.signal);
      const { records, embedder, encoded, truncated } = await embed(collection, batch, options);
      const identity = embedder ?? (header?.embedder ? { identity: header.embedder } : undefined);
      const written = await collection.write(identity, function* (writer, reader) {
        if (!options.upsert) return { added: 0, skipped: yield* writer.add(records) };
        let added = 0;
        for (const [i, record] of records.entries()) {
          if (i > 0 && i % RECORDS_A_TURN === 0) yield;
          // One at a time: an id that comes twice is what the file says last.
          added += yield* writer.upsert([withGoneKeys(record, reader)]);
        }
        return { added, skipped: [] };
      });
      const skipped = written.skipped.length;
      sum.added += options.upsert ? written.added : batch.length - skipped;
      sum.updated += options.upsert ? batch.length - written.added : 0;
      sum.skipped.push(...written.skipped);
      sum.encoded += encoded;
      sum.truncated += truncated;
      meter.add(batch.length, truncated);
      onProgress?.(meter.read());
    };
    let batch: ImportedRecord[] = [];
    for await (const record of (await exchangeFormat(path).read(path)).records) {
      checkRecord(record);
      if (batch.push(record) < BATCH) continue;
      await write(batch);
      batch = [];
    }
    if (batch.length > 0) await write(batch);
  });
  return sum;
}

/** Embeds what has no vector. */
async function embed(
  collection: OpenCollection,
  batch: readonly ImportedRecord[],
  { signal }: ImportOptions,
): Promise<{
  records: readonly NewRecord[];
  embedder?: BoundEmbedder;
  encoded: number;
  truncated: number;
}> {
  const lacking = batch.filter(({ embedding }) => embedding === null);
  const none = { embedded: [], encoded: 0, truncated: 0 };
  const embedder = lacking.length === 0 ? undefined : await collection.embedder(IMPORT);
  const texts = lacking.map(({ document }) => document as string);
  const given = signal ? { signal } : {};
  const { embedded, ...counts } =
    embedder === undefined ? none : await embedDocuments(collection, embedder, texts, given);
  let next = 0;
  const records = batch.map(({ embedding, metadata, ...record }) => ({
    ...record,
    metadata: metadata ?? undefined,
    ...(embedding === null ? (embedded[next++] as Embedded) : { embedding }),
  }));
  return { records, ...(embedder && { embedder }), ...counts };
}

/** A record that takes away the keys that the one that is there has and it has not. */
function withGoneKeys(record: NewRecord, reader: RecordReader): NewRecord {
  const key = reader.keyOf(record.id);
  const old = key === undefined ? undefined : reader.record(key, { metadata: true })?.metadata;
  const gone = Object.keys(old ?? {}).map((name) => [name, null]);
  return { ...record, metadata: { ...Object.fromEntries(gone), ...record.metadata } };
}

function checkOptions(where: string, options: ImportOptions, more: readonly string[]): void {
  checkKeys(where, options, ["showProgressBar", "onProgress", "signal", ...more]);
  const { showProgressBar, onProgress, upsert } = options;
  checkTypes(
    where,
    { showProgressBar, onProgress, upsert },
    { showProgressBar: "boolean", onProgress: "function", upsert: "boolean" },
  );
  checkSignal(where, options.signal);
  throwIfAborted(options.signal);
}

function barOf(label: string, { showProgressBar, onProgress }: EmbedOptions) {
  return { show: showProgressBar ?? false, label, onProgress };
}
