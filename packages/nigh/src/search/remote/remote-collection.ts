import { Matrix } from "../../shared/matrix.js";
import type { StoredEmbedder } from "../../store/collection-row.js";
import { type Metadata, type MetadataFields, withoutFloats } from "../../store/metadata.js";
import { type EmbedOptions, noEmbeddingFunction } from "../collections/bound-embedder.js";
import type { RecordChangeColumns, RecordColumns } from "../collections/check-records.js";
import type { RecordCollection, RecordPage } from "../collections/collections-client.js";
import { type FullConfiguration, interpretConfiguration } from "../collections/configuration.js";
import { checkQueries, embedQueries } from "../collections/queries.js";
import {
  type DeleteOptions,
  type GetOptions,
  interpretDelete,
  interpretGet,
  interpretModify,
  interpretPage,
  interpretPeek,
  interpretQuery,
  type ModifyOptions,
  type PageOptions,
  type QueryOptions,
} from "../collections/record-options.js";
import { GetResult, QueryResult } from "../collections/results.js";
import {
  type Added,
  addRecords,
  type Updated,
  type Upserted,
  updateRecords,
  upsertRecords,
  type Writing,
} from "../collections/write-verbs.js";
import { embedRecords } from "./embed-records.js";
import type { NamedEmbedder, RecordBackend } from "./record-backend.js";

/** Gives the embedder that a collection was opened with; undefined for none. */
export type EmbedderSource = () => Promise<NamedEmbedder | undefined>;

/** A collection elsewhere. Arguments are checked, and texts embedded, here; the backend stores and finds. */
export class RemoteCollection<M extends MetadataFields<M> = Metadata>
  implements RecordCollection<M>
{
  readonly #backend: RecordBackend;
  readonly #embedder: EmbedderSource;

  /** @internal */
  constructor(backend: RecordBackend, embedder: EmbedderSource) {
    this.#backend = backend;
    this.#embedder = embedder;
  }

  get id(): string {
    return this.#backend.info.id;
  }

  get name(): string {
    return this.#backend.info.name;
  }

  get metadata(): Metadata | null {
    return withoutFloats(this.#backend.info.metadata);
  }

  get configuration(): FullConfiguration {
    return this.#backend.info.configuration;
  }

  get embedder(): StoredEmbedder | null {
    return this.#backend.info.embedder;
  }

  async add(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Added> {
    return addRecords(this.#writing, records, options);
  }

  async upsert(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Upserted> {
    return upsertRecords(this.#writing, records, options);
  }

  async update(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Updated> {
    return updateRecords(this.#writing, records, options);
  }

  async get(options: GetOptions = {}): Promise<GetResult<M>> {
    const { selection, include, columns } = interpretGet(options);
    return new GetResult<M>(await this.#backend.get(selection, columns), include);
  }

  async peek(options: { readonly limit?: number } = {}): Promise<GetResult<M>> {
    return this.get(interpretPeek(options));
  }

  async count(): Promise<number> {
    return this.#backend.count();
  }

  async query(options: QueryOptions): Promise<QueryResult<M>> {
    const { nResults, filter, include, columns } = interpretQuery(options);
    const queries = await this.#queries("query", options);
    return new QueryResult<M>(
      await this.#backend.query(queries, nResults, filter, columns),
      include,
    );
  }

  async delete(options: DeleteOptions): Promise<{ deleted: number }> {
    return { deleted: await this.#backend.delete(interpretDelete(options)) };
  }

  async modify(changes: ModifyOptions): Promise<void> {
    const checked = interpretModify(changes);
    const { configuration } = changes;
    if (configuration !== undefined) {
      interpretConfiguration("modify", configuration, this.configuration);
    }
    await this.#backend.modify({ ...checked, configuration });
  }

  async readPage(options: PageOptions): Promise<RecordPage> {
    const { after, limit } = interpretPage(options);
    return this.#backend.readPage(after, limit);
  }

  async exactMetadata(): Promise<Metadata | null> {
    return this.#backend.info.metadata;
  }

  get #writing(): Writing<NamedEmbedder> {
    return {
      target: this.#backend,
      info: () => this.#backend.info,
      embed: async (where, records, options) => {
        const embedder = await this.#checkedEmbedder(where);
        return { embedder, ...(await embedRecords(where, records, embedder.bound, options)) };
      },
    };
  }

  async #queries(where: string, options: QueryOptions): Promise<Matrix> {
    const queries = checkQueries(where, options);
    if (queries instanceof Matrix) return queries;
    return embedQueries(where, (await this.#checkedEmbedder(where)).bound, queries);
  }

  /** @throws NighError `ERR_INVALID_ARGUMENT` when there is none, `ERR_EMBEDDER` when the vectors are from another. */
  async #checkedEmbedder(where: string): Promise<NamedEmbedder> {
    const embedder = await this.#embedder();
    if (embedder === undefined) throw noEmbeddingFunction(where, this.name);
    await this.#backend.checkEmbedder(embedder);
    return embedder;
  }
}
