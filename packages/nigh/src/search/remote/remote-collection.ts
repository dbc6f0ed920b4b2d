import { Matrix } from "../../shared/matrix.js";
import type { StoredEmbedder } from "../../store/collection-row.js";
import { type Metadata, type MetadataFields, withoutFloats } from "../../store/metadata.js";
import type { NewRecord } from "../../store/record-writer.js";
import { type EmbedOptions, noEmbeddingFunction } from "../collections/bound-embedder.js";
import {
  type CheckedRecord,
  checkRecords,
  type RecordChangeColumns,
  type RecordColumns,
} from "../collections/check-records.js";
import type { RecordCollection, RecordPage } from "../collections/collections-client.js";
import { type FullConfiguration, interpretConfiguration } from "../collections/configuration.js";
import {
  checkDimensions,
  checkEmbeddable,
  checkEmbedOptions,
  lacksEmbedding,
} from "../collections/embeddable.js";
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
import type { Added, Updated, Upserted } from "../collections/write-records.js";
import { type EmbeddedRecords, embedRecords } from "./embed-records.js";
import type { NamedEmbedder, RecordBackend } from "./record-backend.js";

/** Gives the embedder that a collection was opened with; undefined for none. */
export type EmbedderSource = () => Promise<NamedEmbedder | undefined>;

type Write = "add" | "upsert" | "update";

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
    const { signal } = options;
    const checked = checkRecords("add", records, { nulls: false });
    checkEmbedOptions("add", options);
    const there = await this.#idsThere(checked, signal);
    // Embeddings that are given are checked, whether they are stored or not.
    const fresh = checked.filter(({ id, embedding }) => embedding !== undefined || !there.has(id));
    checkEmbeddable("add", fresh);
    const { complete, embedder, ...counts } = await this.#embed("add", fresh, options);
    const skipped = await this.#backend.add(complete as NewRecord[], { embedder, signal, there });
    const sent = new Set(fresh.map(({ id }) => id));
    const ids = checked.map(({ id }) => id).filter((id) => !sent.has(id) || skipped.has(id));
    return { added: checked.length - ids.length, skipped: ids, ...counts };
  }

  async upsert(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Upserted> {
    const { signal } = options;
    const checked = checkRecords("upsert", records, { nulls: true });
    checkEmbedOptions("upsert", options);
    checkEmbeddable("upsert", checked);
    const { complete, embedder, ...counts } = await this.#embed("upsert", checked, options);
    const added = await this.#backend.upsert(complete as NewRecord[], { embedder, signal });
    return { added, updated: checked.length - added, ...counts };
  }

  async update(records: RecordChangeColumns<M>, options: EmbedOptions = {}): Promise<Updated> {
    const { signal } = options;
    const checked = checkRecords("update", records, { nulls: true });
    checkEmbedOptions("update", options);
    checkDimensions("update", this.#backend.info, checked);
    const there = await this.#idsThere(checked, signal);
    const known = checked.filter(({ id }) => there.has(id));
    const { complete, embedder, ...counts } = await this.#embed("update", known, options);
    const gone = await this.#backend.update(complete, { embedder, signal, there });
    const unknown = checked.map(({ id }) => id).filter((id) => !there.has(id) || gone.has(id));
    return { updated: checked.length - unknown.length, unknown, ...counts };
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

  #idsThere(
    records: readonly CheckedRecord[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<string>> {
    return this.#backend.idsThere(
      records.map(({ id }) => id),
      signal,
    );
  }

  async #embed(
    where: Write,
    records: readonly CheckedRecord[],
    options: EmbedOptions,
  ): Promise<
    Omit<EmbeddedRecords, "records"> & {
      complete: readonly CheckedRecord[];
      embedder: NamedEmbedder | undefined;
    }
  > {
    if (!records.some(lacksEmbedding)) {
      return { complete: records, embedder: undefined, encoded: 0, truncated: 0 };
    }
    const embedder = await this.#checkedEmbedder(where);
    const embedded = await embedRecords(where, records, embedder.bound, options);
    const { records: complete, ...counts } = embedded;
    return { complete, embedder, ...counts };
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
