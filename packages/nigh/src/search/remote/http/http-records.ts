import { NighError } from "../../../shared/errors.js";
import type { Matrix } from "../../../shared/matrix.js";
import {
  type ExactJson,
  stringifyExactJson,
} from "../../../store/exchange/stringify-exact-json.js";
import type { StoredRecord } from "../../../store/record.js";
import type { Columns, PartialRecord, Selection } from "../../../store/record-reader.js";
import type { NewRecord, RecordChanges } from "../../../store/record-writer.js";
import { checkEmbedder } from "../../collections/bound-embedder.js";
import type { RecordPage } from "../../collections/collections-client.js";
import type { RecordFilter } from "../../collections/nearest-records.js";
import type { Found } from "../../collections/results.js";
import type {
  ChangesToMake,
  CollectionInfo,
  NamedEmbedder,
  RecordBackend,
  RemoteWriteOptions,
} from "../record-backend.js";
import { type BatchLimits, batches } from "./batch-limits.js";
import type { ChromaHttp, HttpRequest } from "./chroma-http.js";
import type { ServerCollection } from "./collection-of-reply.js";
import { checkFunction, functionJson, identityOf, storedFunction } from "./embedding-function.js";
import { foundOf, includeOf, recordsBody, recordsOf, sizeOf } from "./record-columns.js";
import { whereJson } from "./where-json.js";

const ALL = { document: true, metadata: true, uri: true, embedding: true, floats: true } as const;
const NOTHING = {} as const;
/** Configuration that may be changed. */
const CHANGEABLE = [
  ...["ef_search", "max_neighbors", "num_threads", "resize_factor", "sync_threshold", "batch_size"],
];

interface Context {
  readonly http: ChromaHttp;
  /** Of the collection, below /api/v2/. */
  readonly path: string;
  readonly limits: BatchLimits;
  readonly collection: ServerCollection;
  /** Whether another collection has a name. */
  isTaken(name: string): Promise<boolean>;
}

/**
 * Records of a collection at a server. Chroma's API says nothing of ids that `add` skipped or that are unknown: they are asked for
 * before. Many records are written in several requests; when one fails, those before it stay.
 */
export class HttpRecords implements RecordBackend {
  readonly #context: Context;
  #collection: ServerCollection;

  constructor(context: Context) {
    this.#context = context;
    this.#collection = context.collection;
  }

  get info(): CollectionInfo {
    return this.#collection;
  }

  async checkEmbedder(embedder: NamedEmbedder): Promise<void> {
    const { function: stored, embedder: identity, name, dimension } = this.#collection;
    if (stored !== undefined && identity === null) checkFunction(name, stored, embedder);
    checkEmbedder({ name, embedder: identity, dimension }, embedder.bound);
  }

  async idsThere(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>> {
    const there = new Set<string>();
    const { maxBatchSize } = await this.#context.limits.get();
    for (const batch of batches(ids, maxBatchSize, (id) => id.length)) {
      for (const { id } of await this.#get({ ids: batch }, NOTHING, { signal })) there.add(id);
    }
    return there;
  }

  async add(
    records: readonly NewRecord[],
    options: RemoteWriteOptions,
  ): Promise<ReadonlySet<string>> {
    const there = options.there ?? (await this.#idsOf(records, options));
    const fresh = records.filter(({ id }) => !there.has(id));
    await this.#write("add", fresh, options);
    return there;
  }

  async upsert(records: readonly NewRecord[], options: RemoteWriteOptions): Promise<number> {
    const there = await this.#idsOf(records, options);
    await this.#write("upsert", records, options);
    return records.length - there.size;
  }

  async update(
    records: readonly RecordChanges[],
    options: RemoteWriteOptions,
  ): Promise<ReadonlySet<string>> {
    const there = options.there ?? (await this.#idsOf(records, options));
    const known = records.filter(({ id }) => there.has(id));
    await this.#write("update", known, options);
    return new Set(records.map(({ id }) => id).filter((id) => !there.has(id)));
  }

  /** What matches is asked for first: Chroma counts ids that are not there as deleted. */
  async delete(selection: Selection): Promise<number> {
    const ids = (await this.get(selection, NOTHING)).map(({ id }) => id);
    const { maxBatchSize } = await this.#context.limits.get();
    let deleted = 0;
    for (const batch of batches(ids, maxBatchSize, (id) => id.length)) {
      try {
        await this.#post("delete", stringifyExactJson({ ids: batch }), {});
      } catch (error) {
        const done = `deleted the first ${deleted} of ${ids.length} records, which are gone`;
        throw deleted === 0 ? error : partlyDone(error, `delete: the server has ${done}`);
      }
      deleted += batch.length;
    }
    return ids.length;
  }

  async get(selection: Selection, columns: Columns): Promise<PartialRecord[]> {
    return this.#get(selection, columns, {});
  }

  async query(
    queries: Matrix,
    k: number,
    { condition, ids }: RecordFilter,
    columns: Columns,
  ): Promise<Found[][]> {
    if (queries.shape[0] === 0) return [];
    // Chroma fails when one of them is not there.
    const there = ids && [...(await this.idsThere(ids))];
    if (there?.length === 0) return Array.from(queries, () => []);
    const body = stringifyExactJson({
      query_embeddings: [...queries],
      n_results: k,
      ids: there,
      where: condition && whereJson(condition),
      include: [...includeOf(columns), "distances"],
    });
    const reply = await this.#post("query", body, { isIdempotent: true });
    return foundOf(this.#reader("query"), reply, columns, queries.shape[0]);
  }

  async count(): Promise<number> {
    const request = this.#request("GET", "/count", { isIdempotent: true });
    return this.#context.http
      .reader(request)
      .number(await this.#context.http.send(request), "count");
  }

  async modify({ name, metadata, configuration }: ChangesToMake): Promise<void> {
    if (name !== undefined && (await this.#context.isTaken(name))) {
      throw new NighError(
        "ERR_EXISTS",
        `A collection "${name}" is there already: choose another name.`,
      );
    }
    const given = Object.entries(configuration?.hnsw ?? {});
    const hnsw = Object.fromEntries(given.filter(([key]) => CHANGEABLE.includes(key)));
    const isConfigured = Object.keys(hnsw).length > 0;
    if (name === undefined && metadata === undefined && !isConfigured) return;
    await this.#put({
      new_name: name,
      new_metadata: metadata,
      new_configuration: isConfigured
        ? { hnsw: hnsw as Readonly<Record<string, ExactJson>> }
        : undefined,
    });
    const old = this.#collection;
    this.#collection = {
      ...old,
      name: name ?? old.name,
      metadata: metadata ?? old.metadata,
      configuration: { hnsw: { ...old.configuration.hnsw, ...hnsw } },
    };
  }

  /** `after` is how many come before: the API knows no other place. */
  async readPage(after: number, limit: number): Promise<RecordPage> {
    const offset = Math.max(after, 0);
    const records = await this.#get({ limit, offset }, ALL, {});
    const next = records.length < limit ? undefined : offset + records.length;
    return { records: records as StoredRecord[], next };
  }

  #idsOf(
    records: readonly RecordChanges[],
    { signal }: RemoteWriteOptions,
  ): Promise<ReadonlySet<string>> {
    return this.idsThere(
      records.map(({ id }) => id),
      signal,
    );
  }

  async #write(
    verb: "add" | "upsert" | "update",
    records: readonly RecordChanges[],
    { embedder, signal }: RemoteWriteOptions,
  ): Promise<void> {
    if (records.length === 0) return;
    if (embedder !== undefined) await this.#keepEmbedder(embedder);
    const { maxBatchSize, takesBase64 } = await this.#context.limits.get();
    let written = 0;
    for (const batch of batches(records, maxBatchSize, sizeOf)) {
      try {
        // Once more has the same effect: add leaves what is there, upsert and update give the same values.
        const body = recordsBody(batch, takesBase64);
        await this.#post(verb, body, { isIdempotent: true, signal });
      } catch (error) {
        const done = `taken the first ${written} of ${records.length} records, which stay`;
        throw written === 0 ? error : partlyDone(error, `${verb}: the server has ${done}`);
      }
      written += batch.length;
    }
    const vector = records.find(({ embedding }) => embedding !== undefined)?.embedding;
    const dimension = this.#collection.dimension ?? vector?.length ?? null;
    this.#collection = { ...this.#collection, dimension };
  }

  /** The first text that is embedded ties a collection to its embedder. */
  async #keepEmbedder(embedder: NamedEmbedder): Promise<void> {
    if (this.#collection.function !== undefined) return;
    const json = functionJson(embedder);
    await this.#put({ new_configuration: { embedding_function: json as ExactJson } });
    const stored = storedFunction(json);
    const identity = identityOf(stored);
    this.#collection = { ...this.#collection, function: stored, embedder: identity };
  }

  async #get(
    { ids, condition, limit = -1, offset = 0 }: Selection,
    columns: Columns,
    { signal }: { signal?: AbortSignal | undefined },
  ): Promise<PartialRecord[]> {
    if (ids?.length === 0 || limit === 0) return [];
    const body = stringifyExactJson({
      ids,
      where: condition && whereJson(condition),
      limit: limit < 0 ? undefined : limit,
      offset: offset === 0 ? undefined : offset,
      include: includeOf(columns),
    });
    const reply = await this.#post("get", body, { isIdempotent: true, signal });
    return recordsOf(this.#reader("get"), reply, columns);
  }

  async #put(body: ExactJson): Promise<void> {
    const more = { body: stringifyExactJson(body), isIdempotent: true };
    await this.#context.http.send(this.#request("PUT", "", more));
  }

  #post(verb: string, body: string, more: Partial<HttpRequest>): Promise<unknown> {
    return this.#context.http.send(this.#request("POST", `/${verb}`, { body, ...more }));
  }

  #reader(verb: string) {
    return this.#context.http.reader({ method: "POST", path: `${this.#context.path}/${verb}` });
  }

  #request(method: HttpRequest["method"], below: string, more: Partial<HttpRequest>): HttpRequest {
    const missing = `The collection "${this.#collection.name}" was deleted`;
    return { method, path: `${this.#context.path}${below}`, missing, isIdempotent: false, ...more };
  }
}

/** An error that also says what was done before it. */
function partlyDone(error: unknown, done: string): unknown {
  if (!(error instanceof NighError)) return error;
  return new NighError(error.code, `${done}. Then: ${error.message}`, { cause: error });
}
