import { NighError } from "../../shared/errors.js";
import { Matrix } from "../../shared/matrix.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import type { StoredEmbedder } from "../../store/collection-row.js";
import type { Metadata } from "../../store/metadata.js";
import type { Columns } from "../../store/record-reader.js";
import type { NewRecord } from "../../store/record-writer.js";
import { parseWhere } from "../../store/where/parse-where.js";
import type { EmbedOptions } from "../collections/bound-embedder.js";
import { checkCollectionMetadata } from "../collections/check-metadata.js";
import {
  type CheckedRecord,
  checkIdFilter,
  checkRecords,
  checkTexts,
  checkVector,
  type RecordColumns,
} from "../collections/check-records.js";
import type { ModifyOptions } from "../collections/collection.js";
import type {
  PageOptions,
  RecordCollection,
  RecordPage,
} from "../collections/collections-client.js";
import { type FullConfiguration, interpretConfiguration } from "../collections/configuration.js";
import { checkCollectionName } from "../collections/names.js";
import {
  checkPageOptions,
  type GetOptions,
  type QueryOptions,
} from "../collections/read-records.js";
import { checkInclude, GetResult, type Include, QueryResult } from "../collections/results.js";
import type { Added, DeleteOptions, Updated, Upserted } from "../collections/write-records.js";
import {
  checkEmbeddable,
  checkEmbedOptions,
  type EmbeddedRecords,
  embedRecords,
  lacksEmbedding,
} from "./embed-records.js";
import type { NamedEmbedder, RecordBackend } from "./record-backend.js";

/** Gives the embedder that a collection was opened with; undefined for none. */
export type EmbedderSource = () => Promise<NamedEmbedder | undefined>;

type Write = "add" | "upsert" | "update";

/** A collection elsewhere. Arguments are checked, and texts embedded, here; the backend stores and finds. */
export class RemoteCollection<M extends Metadata = Metadata> implements RecordCollection<M> {
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
    return this.#backend.info.metadata;
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
    const ids = checked.map(({ id }) => id).filter((id) => there.has(id) || skipped.has(id));
    return { added: checked.length - ids.length, skipped: ids, ...counts };
  }

  async upsert(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Upserted> {
    const { signal } = options;
    const checked = checkRecords("upsert", records, { nulls: true });
    checkEmbedOptions("upsert", options);
    checkEmbeddable("upsert", checked);
    const { complete, embedder, ...counts } = await this.#embed("upsert", checked, options);
    const added = await this.#backend.upsert(complete as NewRecord[], { embedder, signal });
    return { added, updated: checked.length - added, ...counts };
  }

  async update(records: RecordColumns<M>, options: EmbedOptions = {}): Promise<Updated> {
    const { signal } = options;
    const checked = checkRecords("update", records, { nulls: true });
    checkEmbedOptions("update", options);
    const there = await this.#idsThere(checked, signal);
    const known = checked.filter(({ id }) => there.has(id));
    const { complete, embedder, ...counts } = await this.#embed("update", known, options);
    const gone = await this.#backend.update(complete, { embedder, signal, there });
    const unknown = checked.map(({ id }) => id).filter((id) => !there.has(id) || gone.has(id));
    return { updated: checked.length - unknown.length, unknown, ...counts };
  }

  async get(options: GetOptions = {}): Promise<GetResult<M>> {
    const where = "get";
    checkKeys(where, options, ["ids", "where", "whereDocument", "limit", "offset", "include"]);
    const include = checkInclude(where, options.include, ["documents", "metadatas"]);
    const selection = {
      ids: checkIdFilter(where, options.ids),
      condition: parseWhere(options.where, options.whereDocument),
      limit: options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0),
      offset: checkInteger(where, "offset", options.offset ?? 0, 0),
    };
    return new GetResult<M>(await this.#backend.get(selection, columnsOf(include)), include);
  }

  async peek(options: { readonly limit?: number } = {}): Promise<GetResult<M>> {
    checkKeys("peek", options, ["limit"]);
    const limit = checkInteger("peek", "limit", options.limit ?? 10, 0);
    return this.get({ limit, include: ["documents", "metadatas", "embeddings"] });
  }

  async count(): Promise<number> {
    return this.#backend.count();
  }

  async query(options: QueryOptions): Promise<QueryResult<M>> {
    const where = "query";
    checkKeys(where, options, [
      ...["queryTexts", "queryEmbeddings", "nResults", "where", "whereDocument", "ids", "include"],
    ]);
    const include = checkInclude(where, options.include, ["documents", "metadatas", "distances"]);
    const nResults = checkInteger(where, "nResults", options.nResults ?? 10, 1);
    const filter = {
      condition: parseWhere(options.where, options.whereDocument),
      ids: checkIdFilter(where, options.ids),
    };
    const queries = await this.#queries(where, options);
    const columns = columnsOf(include);
    return new QueryResult<M>(
      await this.#backend.query(queries, nResults, filter, columns),
      include,
    );
  }

  async delete(options: DeleteOptions): Promise<{ deleted: number }> {
    const where = "delete";
    checkKeys(where, options, ["ids", "where", "whereDocument", "limit"]);
    const ids = checkIdFilter(where, options.ids);
    const condition = parseWhere(options.where, options.whereDocument);
    if (ids === undefined && condition === undefined) {
      throw invalid(
        `${where}: give "ids", "where" or "whereDocument"; to delete everything, delete the collection.`,
      );
    }
    const limit = options.limit === undefined ? -1 : checkInteger(where, "limit", options.limit, 0);
    if (limit >= 0 && condition === undefined) {
      throw invalid(`${where}: "limit" goes with "where" or "whereDocument" only.`);
    }
    return { deleted: await this.#backend.delete({ ids, condition, limit }) };
  }

  async modify(changes: ModifyOptions): Promise<void> {
    const where = "modify";
    checkKeys(where, changes, ["name", "metadata", "configuration"]);
    const { configuration } = changes;
    if (configuration !== undefined) {
      interpretConfiguration(where, configuration, this.configuration);
    }
    await this.#backend.modify({
      name: changes.name === undefined ? undefined : checkCollectionName(where, changes.name),
      metadata:
        changes.metadata === undefined
          ? undefined
          : (checkCollectionMetadata(where, changes.metadata ?? {}) ?? undefined),
      configuration,
    });
  }

  async readPage(options: PageOptions): Promise<RecordPage> {
    const { after, limit } = checkPageOptions(options);
    return this.#backend.readPage(after, limit);
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

  async #queries(where: string, { queryTexts, queryEmbeddings }: QueryOptions): Promise<Matrix> {
    if (((queryTexts ?? null) === null) === ((queryEmbeddings ?? null) === null)) {
      throw invalid(`${where}: give either "queryTexts" or "queryEmbeddings".`);
    }
    const texts = queryEmbeddings ? undefined : checkTexts(where, "queryTexts", queryTexts);
    const queries =
      texts === undefined
        ? Matrix.from(queryEmbeddings as NonNullable<typeof queryEmbeddings>)
        : await (await this.#checkedEmbedder(where)).bound.queries(texts);
    const what = texts === undefined ? "queryEmbeddings" : "the embedding of queryTexts";
    for (const [i, vector] of [...queries].entries())
      checkVector(`${where}: ${what}[${i}]`, vector);
    return queries;
  }

  /** @throws NighError `ERR_INVALID_ARGUMENT` when there is none, `ERR_EMBEDDER` when the vectors are from another. */
  async #checkedEmbedder(where: string): Promise<NamedEmbedder> {
    const embedder = await this.#embedder();
    if (embedder === undefined) {
      throw invalid(
        `${where}: the collection "${this.name}" was opened without an embedding function: give embeddings, or open it with one.`,
      );
    }
    await this.#backend.checkEmbedder(embedder);
    return embedder;
  }
}

function columnsOf(include: readonly Include[]): Columns {
  return {
    document: include.includes("documents"),
    metadata: include.includes("metadatas"),
    uri: include.includes("uris"),
    embedding: include.includes("embeddings"),
  };
}

function invalid(message: string): NighError {
  return new NighError("ERR_INVALID_ARGUMENT", message);
}
