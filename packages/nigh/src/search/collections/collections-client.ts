import type { Metadata } from "../../store/metadata.js";
import type { EmbedOptions } from "./bound-embedder.js";
import type { RecordColumns } from "./check-records.js";
import type { CreateCollectionOptions, GetCollectionOptions, Page } from "./client.js";
import type { ModifyOptions } from "./collection.js";
import type { GetOptions, QueryOptions } from "./read-records.js";
import type { GetResult, QueryResult } from "./results.js";
import type { Added, DeleteOptions, Updated, Upserted } from "./write-records.js";

/** What every collection can do, wherever it is kept: in this process, behind a server, in Postgres. */
export interface RecordCollection<M extends Metadata = Metadata> {
  readonly id: string;
  readonly name: string;
  readonly metadata: Metadata | null;
  add(records: RecordColumns<M>, options?: EmbedOptions): Promise<Added>;
  upsert(records: RecordColumns<M>, options?: EmbedOptions): Promise<Upserted>;
  update(records: RecordColumns<M>, options?: EmbedOptions): Promise<Updated>;
  get(options?: GetOptions): Promise<GetResult<M>>;
  query(options: QueryOptions): Promise<QueryResult<M>>;
  delete(options: DeleteOptions): Promise<{ deleted: number }>;
  count(): Promise<number>;
  peek(options?: { readonly limit?: number }): Promise<GetResult<M>>;
  modify(changes: ModifyOptions): Promise<void>;
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
