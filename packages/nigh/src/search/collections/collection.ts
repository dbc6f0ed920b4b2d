import type { Embedder } from "../../encoder/embedder.js";
import { checkKeys } from "../../shared/options.js";
import {
  type CollectionRow,
  changeCollection,
  exactMetadata,
  type StoredEmbedder,
} from "../../store/collection-row.js";
import { type Compacted, compact } from "../../store/compact.js";
import type { Connection } from "../../store/database.js";
import type { Metadata, MetadataFields } from "../../store/metadata.js";
import type { CollectionCalibration } from "../calibration/calibrate.js";
import type { LabelledPair } from "../calibration/labelled-pairs.js";
import type { EmbeddingFunction, EmbedOptions } from "./bound-embedder.js";
import type { RecordChangeColumns, RecordColumns } from "./check-records.js";
import { type CalibrateCollectionOptions, calibrateCollection } from "./collection-calibration.js";
import { type CollectionStats, collectionStats } from "./collection-stats.js";
import type { RecordCollection, RecordPage } from "./collections-client.js";
import {
  calibrationOf,
  configurationOf,
  type FullConfiguration,
  interpretConfiguration,
} from "./configuration.js";
import {
  type EstimateRecallOptions,
  estimateRecall,
  type RecallEstimate,
} from "./estimate-recall.js";
import { exportRecords } from "./exchange-records.js";
import { countForks, forkCollection } from "./fork-collection.js";
import { checkCollectionName } from "./names.js";
import { type CollectionContext, OpenCollection } from "./open-collection.js";
import type { CollectionSearchOptions } from "./ranking/interpret-search.js";
import { getRecords, queryRecords, readPage } from "./read-records.js";
import {
  type DeleteOptions,
  type GetOptions,
  interpretModify,
  interpretPeek,
  type ModifyOptions,
  type PageOptions,
  type QueryOptions,
} from "./record-options.js";
import { type Reembedded, type ReembedOptions, reembed } from "./reembed.js";
import type { GetResult, QueryResult } from "./results.js";
import { type SearchRow, searchRecords } from "./search-records.js";
import { changeRecords, deleteRecords, writingTo } from "./write-records.js";
import {
  type Added,
  addRecords,
  type Updated,
  type UpdateOptions,
  type Upserted,
  upsertRecords,
} from "./write-verbs.js";

/**
 * Records by their ids: vector, document, metadata, uri. Chroma's verbs; every call that writes is all or nothing, and on disk
 * when its promise is fulfilled.
 */
export class Collection<M extends MetadataFields<M> = Metadata> implements RecordCollection<M> {
  /** A UUID. */
  readonly id: string;
  readonly tenant: string;
  readonly database: string;
  readonly #open: OpenCollection;
  readonly #context: CollectionContext;

  /** @internal */
  constructor(row: CollectionRow, context: CollectionContext) {
    this.#context = context;
    this.id = row.id;
    this.tenant = row.tenant;
    this.database = row.database;
    this.#open = new OpenCollection(row, context);
  }

  get name(): string {
    return this.#open.row.name;
  }

  get metadata(): Metadata | null {
    return this.#open.row.metadata;
  }

  /** What the vectors are from, when that was last looked at; null in a collection made without one before the first text was embedded. */
  get embedder(): StoredEmbedder | null {
    return this.#open.row.embedder;
  }

  get configuration(): FullConfiguration {
    return configurationOf(this.#open.row);
  }

  /** Of the vectors, when that was last looked at; null before the first one. */
  get dimension(): number | null {
    return this.#open.row.dimension;
  }

  /** Counts changes of records, as of when that was last looked at. */
  get logPosition(): number {
    return this.#open.row.logPosition;
  }

  /** Counts changes of name, metadata and configuration, as of when that was last looked at. */
  get version(): number {
    return this.#open.row.version;
  }

  /**
   * Adds records whose ids are new; others are skipped, and reported. Documents without embeddings are embedded.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_DIMENSION`, `ERR_EMBEDDER`, `ERR_BUSY`, `ERR_DISK_FULL`; nothing is written then.
   */
  async add(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Added> {
    return this.#open.writing(() => addRecords(writingTo(this.#open), records, options));
  }

  /** Adds records, or changes those that are there as {@link update} does. @throws NighError as {@link add}. */
  async upsert(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Upserted> {
    return this.#open.writing(() => upsertRecords(writingTo(this.#open), records, options));
  }

  /**
   * Changes records: what is not given stays, metadata is merged key by key, and null takes a key away. A new document without an
   * embedding is embedded. Ids that are not there are reported.
   *
   * @throws NighError as {@link add}.
   */
  async update(records: RecordChangeColumns<M>, options: UpdateOptions = {}): Promise<Updated> {
    return this.#open.writing(() => changeRecords(this.#open, records, options));
  }

  /** Records in the order in which they were added. @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_FILTER`. */
  async get(options: GetOptions = {}): Promise<GetResult<M>> {
    return getRecords<M>(this.#open, options);
  }

  /** The first records, with their embeddings. @param options `limit`, default 10. */
  async peek(options: { readonly limit?: number } = {}): Promise<GetResult<M>> {
    return getRecords<M>(this.#open, interpretPeek(options));
  }

  /** All of some records, for copying. */
  async readPage(options: PageOptions): Promise<RecordPage> {
    return readPage(this.#open, options);
  }

  /** The collection's metadata, for copying: floats without a fraction are `Float`s. */
  async exactMetadata(): Promise<Metadata | null> {
    return this.#open.read(({ db, row }) => exactMetadata(db, row));
  }

  /** How many records there are. @throws NighError `ERR_NOT_FOUND` when the collection was deleted. */
  async count(): Promise<number> {
    return this.#open.read(({ reader }) => reader.count());
  }

  /**
   * The records nearest to each query. There are always `nResults` of them when so many pass the filters.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_FILTER`, `ERR_DIMENSION`, `ERR_EMBEDDER`.
   */
  async query(options: QueryOptions): Promise<QueryResult<M>> {
    return queryRecords<M>(this.#open, options);
  }

  /**
   * The records that answer a query best: by meaning, by words, or by both. Nothing in the query's text is syntax, and one of its words
   * is enough; words are compared by their English stems, and scripts without spaces by pairs of letters.
   *
   * ```ts
   * await notes.search({ query: "is the boiler safe?", limit: 3, where: { year: 2024 }, explain: true });
   * ```
   *
   * There are always `limit` rows when so many match. Ties come in the order in which records were added.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` for options out of range, and for mode "hybrid" (the default) where it would be half of
   * one: in a collection opened without an embedding function, when no `queryEmbedding` is given, or in one without documents;
   * `ERR_INVALID_FILTER`, `ERR_DIMENSION`, `ERR_EMBEDDER`.
   */
  async search(options: CollectionSearchOptions): Promise<SearchRow<M>[]> {
    return searchRecords<M>(this.#open, options);
  }

  /**
   * Writes all records, exactly, to a file that ends in .jsonl, .ndjson or .parquet; the client's `importCollection` reads it.
   *
   * @throws NighError `ERR_FILE`, `ERR_INVALID_ARGUMENT`; `ERR_BUSY` when records are written meanwhile: the file is then as it was.
   */
  async export(path: string, options: EmbedOptions = {}): Promise<{ records: number }> {
    return exportRecords(this.#open, path, options);
  }

  /** Deletes records. @throws NighError `ERR_INVALID_ARGUMENT` when neither ids nor a filter is given. */
  async delete(options: DeleteOptions): Promise<{ deleted: number }> {
    return deleteRecords(this.#open, options);
  }

  /**
   * Moves the collection to another embedder: every document is embedded anew. Queries are answered from the old vectors until all
   * new ones are there; a call that was stopped goes on where it was. Afterwards this object embeds by the new one.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` naming records without a document; `ERR_ABORTED`.
   */
  async reembed(
    embedder: Embedder | EmbeddingFunction,
    options: ReembedOptions = {},
  ): Promise<Reembedded> {
    return reembed(this.#open, embedder, options);
  }

  /** A copy of the collection as it is now, under another name in the same database. @throws NighError `ERR_EXISTS`, `ERR_INVALID_ARGUMENT`. */
  async fork(options: { readonly name: string }): Promise<Collection<M>> {
    checkKeys("fork", options, ["name"]);
    const name = checkCollectionName("fork", options.name);
    return new Collection<M>(
      await this.#open.writing(() => forkCollection(this.#open, name)),
      this.#context,
    );
  }

  /** How many forks there are of the collection, of what it was forked from, and of their forks. */
  async forkCount(): Promise<number> {
    return countForks(this.#open);
  }

  /**
   * Finds from which score on a record answers a query, by pairs of a query (`sentence1`) and a text (`sentence2`) with a label: 1 where it
   * answers, else 0. The pairs are scored as a search scores, and what is found is kept with the collection, instead of an
   * earlier one: `search({ query, threshold: "calibrated" })` rejects what scores lower, and says how probable each row is.
   *
   * ```ts
   * await notes.calibrate([{ sentence1: "is the boiler safe?", sentence2: "The boiler was inspected in May.", label: 1 }, …]);
   * ```
   *
   * It is of the embedder: after `reembed` it is refused, and to be made anew.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` for no pairs, labels other than 0 and 1 or all the same, scores that do not rise with the labels,
   * and without an embedder; `ERR_EMBEDDER`, `ERR_ABORTED`, `ERR_BUSY`, `ERR_DISK_FULL`.
   */
  async calibrate(
    pairs: readonly LabelledPair[],
    options: CalibrateCollectionOptions = {},
  ): Promise<CollectionCalibration> {
    return this.#open.writing(() => calibrateCollection(this.#open, pairs, options));
  }

  /** What `calibrate` found, when the collection was last looked at; null where it was not called. */
  get calibration(): CollectionCalibration | null {
    return calibrationOf(this.#open.row);
  }

  /** How much there is, how it is searched, and what it takes on disk and in memory. Loads the vectors. */
  async stats(): Promise<CollectionStats> {
    return collectionStats(this.#open);
  }

  /** Measures what share of the true nearest records queries find. */
  async estimateRecall(options: EstimateRecallOptions = {}): Promise<RecallEstimate> {
    return estimateRecall(this.#open, options);
  }

  /** Gives room of deleted records back to the disk; of the whole database, whose collections share a file. @throws NighError `ERR_BUSY`, `ERR_DISK_FULL`. */
  async compact(): Promise<Compacted> {
    return compact(this.#open.database);
  }

  /**
   * Changes name, metadata or configuration.
   *
   * @throws NighError `ERR_EXISTS`, `ERR_INVALID_ARGUMENT` for what cannot be changed.
   */
  async modify(changes: ModifyOptions): Promise<void> {
    const { name, metadata } = interpretModify(changes);
    const { configuration: given } = changes;
    const configured = (old: string) =>
      given === undefined
        ? undefined
        : JSON.stringify(interpretConfiguration("modify", given, JSON.parse(old)));
    const find = (db: Connection) => this.#open.find(db);
    await this.#open.database.writeAtOnce((db) => {
      const row = find(db);
      const configuration = configured(row.configuration);
      changeCollection(db, row, { name, metadata, configuration });
      find(db);
    });
  }
}
