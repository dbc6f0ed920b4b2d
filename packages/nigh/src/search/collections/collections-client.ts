import type { StoredEmbedder } from "../../store/collection-row.js";
import type { Metadata } from "../../store/metadata.js";
import type { StoredRecord } from "../../store/record.js";
import type { EmbedOptions } from "./bound-embedder.js";
import type { RecordColumns } from "./check-records.js";
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
import type { Added, Updated, Upserted } from "./write-records.js";

/** Records in the order in which they were added. */
export interface RecordPage {
  /** Floats without a fraction are `Float`s: nothing of the metadata is lost. */
  readonly records: readonly StoredRecord[];
  /** What to give as `after` for the records that follow; undefined when there are none. */
  readonly next: number | undefined;
}

/** What every collection can do, wherever it is kept: in this process, behind a server, in Postgres. */
export interface RecordCollection<M extends Metadata = Metadata> {
  readonly id: string;
  readonly name: string;
  readonly metadata: Metadata | null;
  readonly configuration: FullConfiguration;
  /** What the vectors are from; null where that is not known. */
  readonly embedder: StoredEmbedder | null;
  add(records: RecordColumns<M>, options?: EmbedOptions): Promise<Added>;
  upsert(records: RecordColumns<M>, options?: EmbedOptions): Promise<Upserted>;
  update(records: RecordColumns<M>, options?: EmbedOptions): Promise<Updated>;
  get(options?: GetOptions): Promise<GetResult<M>>;
  query(options: QueryOptions): Promise<QueryResult<M>>;
  delete(options: DeleteOptions): Promise<{ deleted: number }>;
  count(): Promise<number>;
  peek(options?: { readonly limit?: number }): Promise<GetResult<M>>;
  modify(changes: ModifyOptions): Promise<void>;
  /** All of some records, for copying. */
  readPage(options: PageOptions): Promise<RecordPage>;
  /** The collection's metadata, for copying: floats without a fraction are `Float`s. */
  exactMetadata(): Promise<Metadata | null>;
}

/** What every client can do. */
export interface CollectionsClient {
  createCollection<M extends Metadata = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<RecordCollection<M>>;
  getCollection<M extends Metadata = Metadata>(
    options: GetCollectionOptions,
  ): Promise<RecordCollection<M>>;
  getOrCreateCollection<M extends Metadata = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<RecordCollection<M>>;
  listCollections(page?: Page): Promise<RecordCollection[]>;
  countCollections(): Promise<number>;
  deleteCollection(options: { readonly name: string }): Promise<void>;
  close(): Promise<void>;
}
