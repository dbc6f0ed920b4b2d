import type { StoredEmbedder } from "../../store/collection-row.js";
import type { Metadata, MetadataFields } from "../../store/metadata.js";
import type { StoredRecord } from "../../store/record.js";
import type { EmbedOptions } from "./bound-embedder.js";
import type { RecordChangeColumns, RecordColumns } from "./check-records.js";
import type { CreateCollectionOptions, GetCollectionOptions, Page } from "./client-options.js";
import type { FullConfiguration } from "./configuration.js";
import type {
  DeleteOptions,
  GetOptions,
  ModifyOptions,
  PageOptions,
  QueryOptions,
} from "./record-options.js";
import type { GetResult, QueryResult } from "./results.js";
import type { Added, Updated, Upserted } from "./write-verbs.js";

/** Records in the order in which they were added. */
export interface RecordPage {
  /** Floats without a fraction are `Float`s: nothing of the metadata is lost. */
  readonly records: readonly StoredRecord[];
  /** What to give as `after` for the records that follow; undefined when there are none. */
  readonly next: number | undefined;
}

/** What every collection can do, wherever it is kept: in this process, behind a server, in Postgres. */
export interface RecordCollection<M extends MetadataFields<M> = Metadata> {
  /** A UUID. */
  readonly id: string;
  /** As of when the collection was last looked at, like metadata, configuration and embedder. */
  readonly name: string;
  /** Of the collection itself; null for none. */
  readonly metadata: Metadata | null;
  /** With all defaults. */
  readonly configuration: FullConfiguration;
  /** What the vectors are from; null where that is not known. */
  readonly embedder: StoredEmbedder | null;
  /**
   * Adds records whose ids are new; others are skipped, and reported. Documents without embeddings are embedded.
   *
   * All or nothing, but at a server, where many records are written in several requests: the error of a later one says how many it
   * has taken.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT` naming the column, the place and the id; `ERR_DIMENSION`, `ERR_EMBEDDER`, `ERR_ABORTED`,
   * `ERR_NOT_FOUND` when the collection was deleted; `ERR_BUSY`, `ERR_DISK_FULL` of a folder; `ERR_CONNECTION`, `ERR_SERVER` of places elsewhere.
   */
  add(records: RecordColumns<M>, options?: EmbedOptions): Promise<Added>;
  /** Adds records, or changes those that are there as {@link update} does. @throws NighError as {@link add}. */
  upsert(records: RecordChangeColumns<M>, options?: EmbedOptions): Promise<Upserted>;
  /**
   * Changes records: what is not given stays, metadata is merged key by key, and null takes a key away. A new document without an
   * embedding is embedded. Ids that are not there are reported.
   *
   * @throws NighError as {@link add}.
   */
  update(records: RecordChangeColumns<M>, options?: EmbedOptions): Promise<Updated>;
  /** Records by ids and filters, all of them by default, in the order in which they were added. @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_FILTER`. */
  get(options?: GetOptions): Promise<GetResult<M>>;
  /**
   * The records nearest to each query, the nearest first: `nResults` of them, 10 by default, or all where fewer pass the filters.
   *
   * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_FILTER`, `ERR_DIMENSION`, `ERR_EMBEDDER`.
   */
  query(options: QueryOptions): Promise<QueryResult<M>>;
  /** Deletes records. @throws NighError `ERR_INVALID_ARGUMENT` when neither ids nor a filter is given; `ERR_INVALID_FILTER`. */
  delete(options: DeleteOptions): Promise<{ deleted: number }>;
  /** How many records there are. @throws NighError `ERR_NOT_FOUND` when the collection was deleted. */
  count(): Promise<number>;
  /** The first records, with their embeddings. @param options `limit`, default 10. */
  peek(options?: { readonly limit?: number }): Promise<GetResult<M>>;
  /**
   * Changes name, metadata or configuration: what is not given stays, metadata that is given replaces all of the old.
   *
   * @throws NighError `ERR_EXISTS` for a name that is taken; `ERR_INVALID_ARGUMENT` for what cannot be changed, such as the space.
   */
  modify(changes: ModifyOptions): Promise<void>;
  /** All of some records, for copying. */
  readPage(options: PageOptions): Promise<RecordPage>;
  /** The collection's metadata, for copying: floats without a fraction are `Float`s. */
  exactMetadata(): Promise<Metadata | null>;
}

/** What every client can do. */
export interface CollectionsClient {
  /**
   * A new collection. It embeds texts by `embeddingFunction`: the bundled model where none is given, nothing for null.
   *
   * @throws NighError `ERR_EXISTS`; `ERR_INVALID_ARGUMENT` for a name that Chroma refuses, or metadata or a configuration that cannot be.
   */
  createCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<RecordCollection<M>>;
  /** A collection that is there. @throws NighError `ERR_NOT_FOUND`; `ERR_EMBEDDER` when its vectors are from another embedder than the one given. */
  getCollection<M extends MetadataFields<M> = Metadata>(
    options: GetCollectionOptions,
  ): Promise<RecordCollection<M>>;
  /** The collection as it is stored, whatever else is given, or a new one. @throws NighError `ERR_EMBEDDER`, `ERR_INVALID_ARGUMENT`. */
  getOrCreateCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<RecordCollection<M>>;
  /** In the order in which they were made, where the place keeps one: Chroma's server has its own. @param page default all. */
  listCollections(page?: Page): Promise<RecordCollection[]>;
  /** How many collections there are. */
  countCollections(): Promise<number>;
  /** Deletes a collection with its records. @throws NighError `ERR_NOT_FOUND`. */
  deleteCollection(options: { readonly name: string }): Promise<void>;
  /** Ends what the client holds open. It and its collections cannot be used after it. */
  close(): Promise<void>;
}
