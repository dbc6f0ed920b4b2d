import type {
  ClientOptions,
  CreateCollectionOptions,
  DatabaseOptions,
  GetCollectionOptions,
  LocalClientOptions,
  Page,
} from "../search/collections/client-options.js";
import type { CollectionsClient } from "../search/collections/collections-client.js";
import type { Compacted } from "../store/compact.js";
import type { Metadata, MetadataFields } from "../store/metadata.js";
import { type DatabaseRow, DEFAULT_DATABASE, DEFAULT_TENANT } from "../store/tenants.js";
import type { Collection } from "./collection.js";
import type { PersistentClientOptions } from "./opfs-client.js";
import { registerStandIn, worker } from "./page.js";
import type { Remote } from "./peer.js";

/** What the worker gives for a client. */
class OpenClient {
  readonly remote: Remote;

  constructor(remote: Remote) {
    this.remote = remote;
  }
}

registerStandIn("Client", (remote) => new OpenClient(remote));

/** Chroma's client, in this page's worker. What opening it threw is thrown by every call. */
class Client implements CollectionsClient {
  readonly tenant: string;
  readonly database: string;
  readonly #opening: Promise<OpenClient>;

  constructor(opening: Promise<OpenClient>, options: ClientOptions) {
    this.tenant = options.tenant ?? DEFAULT_TENANT;
    this.database = options.database ?? DEFAULT_DATABASE;
    this.#opening = opening;
    // A client that is never used is no error.
    opening.catch(() => {});
  }

  /** Waits until the client is open. @throws NighError as the client's constructor in Node does. */
  async ready(): Promise<void> {
    await this.#opening;
  }

  /**
   * A new collection. It embeds texts by `embeddingFunction`: "all-MiniLM-L6-v2" from where models are when none is given, nothing for null.
   *
   * @throws NighError `ERR_EXISTS`; `ERR_INVALID_ARGUMENT` for a name that Chroma refuses, or metadata or a configuration that cannot be.
   */
  createCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#call("createCollection", options);
  }

  /** The collection as it is stored, whatever else is given, or a new one. */
  getOrCreateCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#call("getOrCreateCollection", options);
  }

  /** @throws NighError `ERR_NOT_FOUND`; `ERR_EMBEDDER` when its vectors are from another embedder than the one given. */
  getCollection<M extends MetadataFields<M> = Metadata>(
    options: GetCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#call("getCollection", options);
  }

  /** In the order in which they were made. */
  listCollections(page: Page = {}): Promise<Collection[]> {
    return this.#call("listCollections", page);
  }

  /** How many collections the client's database has. */
  countCollections(): Promise<number> {
    return this.#call("countCollections");
  }

  /** Deletes a collection with its records. @throws NighError `ERR_NOT_FOUND`. */
  deleteCollection(options: { readonly name: string }): Promise<void> {
    return this.#call("deleteCollection", options);
  }

  createTenant(options: { readonly name: string }): Promise<void> {
    return this.#call("createTenant", options);
  }

  getTenant(options: { readonly name: string }): Promise<{ name: string }> {
    return this.#call("getTenant", options);
  }

  createDatabase(options: DatabaseOptions): Promise<void> {
    return this.#call("createDatabase", options);
  }

  getDatabase(options: DatabaseOptions): Promise<DatabaseRow> {
    return this.#call("getDatabase", options);
  }

  listDatabases(options: Page & { readonly tenant?: string } = {}): Promise<DatabaseRow[]> {
    return this.#call("listDatabases", options);
  }

  deleteDatabase(options: DatabaseOptions): Promise<void> {
    return this.#call("deleteDatabase", options);
  }

  /** Nanoseconds since 1970. */
  heartbeat(): Promise<number> {
    return this.#call("heartbeat");
  }

  /** Gives room of deleted records back to the disk. */
  compact(): Promise<Compacted> {
    return this.#call("compact");
  }

  /** Waits for writes that have begun, and closes the database: another tab may then open it. */
  close(): Promise<void> {
    return this.#call("close");
  }

  async #call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.#opening).remote.call(method, ...args);
  }
}

/** Collections in memory: gone when the client is closed, or the page left. */
export class EphemeralClient extends Client {
  constructor(options: LocalClientOptions = {}) {
    super(worker().call("ephemeralClient", options), options);
  }
}

/**
 * Collections in the origin's private file system: what a write's promise acknowledged is there at the next visit. One tab has a
 * database at a time: others get `ERR_BUSY`, once they have waited for it.
 */
export class PersistentClient extends Client {
  readonly path: string;

  constructor(options: PersistentClientOptions) {
    super(worker().call("persistentClient", options), options);
    this.path = options.path;
  }
}
