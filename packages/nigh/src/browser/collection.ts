import type { Embedder } from "../encoder/embedder.js";
import type { EmbeddingFunction, EmbedOptions } from "../search/collections/bound-embedder.js";
import type { RecordChangeColumns, RecordColumns } from "../search/collections/check-records.js";
import type { CollectionStats } from "../search/collections/collection-stats.js";
import type { RecordCollection, RecordPage } from "../search/collections/collections-client.js";
import type { FullConfiguration } from "../search/collections/configuration.js";
import type {
  EstimateRecallOptions,
  RecallEstimate,
} from "../search/collections/estimate-recall.js";
import type { CollectionSearchOptions } from "../search/collections/ranking/interpret-search.js";
import type {
  DeleteOptions,
  GetOptions,
  ModifyOptions,
  PageOptions,
  QueryOptions,
} from "../search/collections/record-options.js";
import type { Reembedded, ReembedOptions } from "../search/collections/reembed.js";
import type { GetResult, QueryResult } from "../search/collections/results.js";
import type { SearchRow } from "../search/collections/search-records.js";
import type { Added, Updated, Upserted } from "../search/collections/write-verbs.js";
import type { StoredEmbedder } from "../store/collection-row.js";
import type { Compacted } from "../store/compact.js";
import type { Metadata, MetadataFields } from "../store/metadata.js";
import { registerStandIn } from "./page.js";
import type { Remote } from "./peer.js";

/** Records by their ids: vector, document, metadata, uri; in this page's worker. Each call is as in Node. */
export class Collection<M extends MetadataFields<M> = Metadata> implements RecordCollection<M> {
  readonly #remote: Remote;

  /** @internal */
  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** A UUID. */
  get id(): string {
    return this.#fact("id");
  }

  get tenant(): string {
    return this.#fact("tenant");
  }

  get database(): string {
    return this.#fact("database");
  }

  /** As of the last call, like metadata, configuration and embedder. */
  get name(): string {
    return this.#fact("name");
  }

  get metadata(): Metadata | null {
    return this.#fact("metadata");
  }

  get configuration(): FullConfiguration {
    return this.#fact("configuration");
  }

  get embedder(): StoredEmbedder | null {
    return this.#fact("embedder");
  }

  /** Adds records whose ids are new; others are skipped, and reported. Documents without embeddings are embedded. */
  add(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Added> {
    return this.#remote.call("add", records, options);
  }

  /** Adds records, or changes those that are there as {@link update} does. */
  upsert(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Upserted> {
    return this.#remote.call("upsert", records, options);
  }

  /** Changes records: what is not given stays. Ids that are not there are reported. */
  update(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Updated> {
    return this.#remote.call("update", records, options);
  }

  /** Records in the order in which they were added. */
  get(options: GetOptions = {}): Promise<GetResult<M>> {
    return this.#remote.call("get", options);
  }

  /** The records nearest to each query. */
  query(options: QueryOptions): Promise<QueryResult<M>> {
    return this.#remote.call("query", options);
  }

  /** The best records for a question, by meaning, by words or by both. */
  search(options: CollectionSearchOptions): Promise<SearchRow<M>[]> {
    return this.#remote.call("search", options);
  }

  /** Deletes records. */
  delete(options: DeleteOptions): Promise<{ deleted: number }> {
    return this.#remote.call("delete", options);
  }

  /** How many records there are. */
  count(): Promise<number> {
    return this.#remote.call("count");
  }

  /** The first records, with their embeddings. @param options `limit`, default 10. */
  peek(options: { readonly limit?: number } = {}): Promise<GetResult<M>> {
    return this.#remote.call("peek", options);
  }

  /** Changes name, metadata or configuration. */
  modify(changes: ModifyOptions): Promise<void> {
    return this.#remote.call("modify", changes);
  }

  /** Makes all vectors anew, by another embedder. */
  reembed(
    embedder: Embedder | EmbeddingFunction,
    options: ReembedOptions = {},
  ): Promise<Reembedded> {
    return this.#remote.call("reembed", embedder, options);
  }

  /** What the collection takes on disk and in memory. */
  stats(): Promise<CollectionStats> {
    return this.#remote.call("stats");
  }

  /** How many of the true nearest a query finds. */
  estimateRecall(options: EstimateRecallOptions = {}): Promise<RecallEstimate> {
    return this.#remote.call("estimateRecall", options);
  }

  /** Gives room of deleted records back to the disk, and says what it freed. */
  compact(): Promise<Compacted> {
    return this.#remote.call("compact");
  }

  /** All of some records, for copying. */
  readPage(options: PageOptions): Promise<RecordPage> {
    return this.#remote.call("readPage", options);
  }

  /** The collection's metadata, for copying: floats without a fraction are `Float`s. */
  exactMetadata(): Promise<Metadata | null> {
    return this.#remote.call("exactMetadata");
  }

  #fact<T>(name: string): T {
    return this.#remote.facts[name] as T;
  }
}

registerStandIn("Collection", (remote) => new Collection(remote));
