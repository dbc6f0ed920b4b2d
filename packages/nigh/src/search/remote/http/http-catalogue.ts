import { NighError } from "../../../shared/errors.js";
import {
  type ExactJson,
  stringifyExactJson,
} from "../../../store/exchange/stringify-exact-json.js";
import type { CatalogueBackend, CollectionToMake, RecordBackend } from "../record-backend.js";
import { BatchLimits } from "./batch-limits.js";
import type { ChromaHttp, HttpRequest } from "./chroma-http.js";
import { collectionOfReply } from "./collection-of-reply.js";
import { functionJson } from "./embedding-function.js";
import { HttpRecords } from "./http-records.js";

/** The collections of one database of a server's. */
export class HttpCatalogue implements CatalogueBackend {
  readonly #http: ChromaHttp;
  /** Path of the collections, below /api/v2/. */
  readonly #path: string;
  readonly #database: string;
  readonly #limits: BatchLimits;

  constructor(http: ChromaHttp, tenant: string, database: string) {
    const place = `tenants/${encodeURIComponent(tenant)}/databases/${encodeURIComponent(database)}`;
    this.#http = http;
    this.#path = `${place}/collections`;
    this.#database = database;
    this.#limits = new BatchLimits(http);
  }

  /** @throws NighError `ERR_CONNECTION` when the server is not reached, `ERR_SERVER` when it is another kind of server. */
  async checkServer(): Promise<void> {
    await this.#limits.get();
  }

  async create(fresh: CollectionToMake, orGet: boolean): Promise<RecordBackend> {
    const { name, metadata, configuration, given, embedder } = fresh;
    // Chroma's default space is l2.
    const hnsw = { ...given.hnsw, space: configuration.hnsw.space };
    const body = stringifyExactJson({
      name,
      metadata,
      configuration: {
        hnsw: hnsw as Readonly<Record<string, ExactJson>>,
        ...(embedder ? { embedding_function: functionJson(embedder) as ExactJson } : {}),
      },
      get_or_create: orGet,
    });
    const missing = `There is no database "${this.#database}" at the server`;
    return this.#records({
      method: "POST",
      path: this.#path,
      body,
      isIdempotent: orGet,
      missing,
    });
  }

  async find(name: string): Promise<RecordBackend> {
    return this.#records({ method: "GET", isIdempotent: true, ...this.#named(name) });
  }

  async list(limit: number, offset: number): Promise<RecordBackend[]> {
    const query = new URLSearchParams({
      ...(limit < 0 ? {} : { limit: String(limit) }),
      ...(offset === 0 ? {} : { offset: String(offset) }),
    });
    const path = query.size === 0 ? this.#path : `${this.#path}?${query}`;
    const request = { method: "GET", path, isIdempotent: true } as const;
    const reader = this.#http.reader(request);
    const list = reader.list(await this.#http.send(request), "collections");
    return list.map((item) => this.#recordsOf(collectionOfReply(reader, item)));
  }

  async count(): Promise<number> {
    const request = { method: "GET", path: `${this.#path}_count`, isIdempotent: true } as const;
    return this.#http.reader(request).number(await this.#http.send(request), "count");
  }

  async delete(name: string): Promise<void> {
    await this.#http.send({ method: "DELETE", isIdempotent: false, ...this.#named(name) });
  }

  async close(): Promise<void> {
    this.#http.close();
  }

  async #records(request: HttpRequest): Promise<HttpRecords> {
    const reply = await this.#http.send(request);
    return this.#recordsOf(collectionOfReply(this.#http.reader(request), reply));
  }

  #recordsOf(collection: ReturnType<typeof collectionOfReply>): HttpRecords {
    const { id } = collection;
    return new HttpRecords({
      http: this.#http,
      path: `${this.#path}/${encodeURIComponent(id)}`,
      limits: this.#limits,
      collection,
      isTaken: (name) => this.#isTaken(name, id),
    });
  }

  /** Whether another collection has a name. */
  async #isTaken(name: string, id: string): Promise<boolean> {
    try {
      return (await this.find(name)).info.id !== id;
    } catch (error) {
      if (error instanceof NighError && error.code === "ERR_NOT_FOUND") return false;
      throw error;
    }
  }

  #named(name: string): Pick<HttpRequest, "path" | "missing"> {
    return {
      path: `${this.#path}/${encodeURIComponent(name)}`,
      missing: `There is no collection "${name}" in the database "${this.#database}"`,
    };
  }
}
