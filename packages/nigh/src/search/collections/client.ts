import type { Embedder } from "../../encoder/embedder.js";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys } from "../../shared/options.js";
import {
  type CollectionRow,
  countCollections,
  deleteCollection,
  findCollection,
  insertCollection,
  listCollections,
  type Place,
} from "../../store/collection-row.js";
import { compact } from "../../store/compact.js";
import { type Connection, Database } from "../../store/database.js";
import { removeGraphFile } from "../../store/graph-file.js";
import type { Metadata } from "../../store/metadata.js";
import {
  createDatabase,
  createTenant,
  type DatabaseRow,
  deleteDatabase,
  getDatabase,
  getTenant,
  listDatabases,
} from "../../store/tenants.js";
import {
  type BoundEmbedder,
  bindEmbedder,
  checkEmbedder,
  DefaultEmbedder,
  type EmbeddingFunction,
} from "./bound-embedder.js";
import { checkCollectionMetadata } from "./check-metadata.js";
import { Collection } from "./collection.js";
import { CollectionState } from "./collection-state.js";
import type { CollectionsClient } from "./collections-client.js";
import { type CollectionConfiguration, interpretConfiguration } from "./configuration.js";
import {
  IMPORT,
  type Imported,
  type ImportOptions,
  importRecords,
  surveyImport,
} from "./exchange-records.js";
import { checkCollectionName, checkSpaceName } from "./names.js";
import { type CollectionContext, OpenCollection } from "./open-collection.js";

const DEFAULT_TENANT = "default_tenant";
const DEFAULT_DATABASE = "default_database";
const WAIT_MS = 5000;

export interface ClientOptions {
  /** Default "default_tenant". */
  readonly tenant?: string;
  /** Default "default_database". */
  readonly database?: string;
}

export interface PersistentClientOptions extends ClientOptions {
  /** The folder of the database; made where there is none. */
  readonly path: string;
  /** How long a write waits for another process's, in milliseconds. Default 5000. */
  readonly waitMs?: number;
}

export interface GetCollectionOptions {
  readonly name: string;
  /** A model, Chroma's interface, or null for none. Default: the bundled model. */
  readonly embeddingFunction?: Embedder | EmbeddingFunction | null | undefined;
}

export interface CreateCollectionOptions extends GetCollectionOptions {
  /** Of the collection itself. */
  readonly metadata?: Metadata | undefined;
  readonly configuration?: CollectionConfiguration | undefined;
}

/** A database of a tenant's. */
export interface DatabaseOptions {
  readonly name: string;
  /** Default: the client's. */
  readonly tenant?: string;
}

export interface Page {
  /** Default: all. */
  readonly limit?: number;
  /** Default 0. */
  readonly offset?: number;
}

/** Chroma's client, in this process: collections of one database of one tenant. */
export class Client implements CollectionsClient {
  readonly tenant: string;
  readonly database: string;
  readonly #database: Database;
  readonly #states = new Map<string, CollectionState>();
  readonly #defaultEmbedder = new DefaultEmbedder();

  /** @internal */
  constructor(
    where: string,
    database: Database,
    { tenant = DEFAULT_TENANT, database: name = DEFAULT_DATABASE }: ClientOptions,
  ) {
    this.tenant = checkSpaceName(where, "tenant", tenant);
    this.database = checkSpaceName(where, "database", name);
    this.#database = database;
  }

  /**
   * @throws NighError `ERR_EXISTS`; `ERR_INVALID_ARGUMENT` for a name that Chroma refuses, or metadata or a configuration that cannot be.
   */
  async createCollection<M extends Metadata = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#create<M>("createCollection", options, false);
  }

  /** The collection as it is stored, whatever else is given, or a new one. */
  async getOrCreateCollection<M extends Metadata = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#create<M>("getOrCreateCollection", options, true);
  }

  /**
   * @throws NighError `ERR_NOT_FOUND`; `ERR_EMBEDDER` when its vectors are from another embedder than the one given.
   */
  async getCollection<M extends Metadata = Metadata>(
    options: GetCollectionOptions,
  ): Promise<Collection<M>> {
    checkKeys("getCollection", options, ["name", "embeddingFunction"]);
    const name = checkCollectionName("getCollection", options.name);
    const row = this.#database.read((db) => findCollection(db, this.#place, name));
    if (row === undefined) throw this.#notFound(name);
    return this.#open<M>("getCollection", row, options.embeddingFunction);
  }

  /** In the order in which they were made. */
  async listCollections(page: Page = {}): Promise<Collection[]> {
    const { limit, offset } = checkPage("listCollections", page);
    const rows = this.#database.read((db) => listCollections(db, this.#place, limit, offset));
    return Promise.all(rows.map((row) => this.#open("listCollections", row, undefined)));
  }

  async countCollections(): Promise<number> {
    return this.#database.read((db) => countCollections(db, this.#place));
  }

  /**
   * Reads a file that `collection.export` wrote, or one with the columns id, document, metadata, uri and embedding, into a new collection
   * or one that is there. A new one has the name, metadata, configuration and embedder that the file tells. Nothing is written
   * when anything in the file is bad.
   *
   * @throws NighError `ERR_FILE` with the place; `ERR_EMBEDDER` when the vectors that are there are from another embedder; `ERR_DIMENSION`,
   * `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
   */
  async importCollection<M extends Metadata = Metadata>(
    path: string,
    options: ImportOptions = {},
  ): Promise<Imported & { readonly collection: Collection<M> }> {
    const where = IMPORT;
    const file = await surveyImport(path, options);
    const { header } = file;
    const given = options.name ?? header?.name;
    if (given === undefined) {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: ${path} does not tell the name of a collection, as files do that nigh exported: give "name".`,
      );
    }
    const name = checkCollectionName(where, given);
    const metadata = checkCollectionMetadata(where, header?.metadata);
    const configuration = JSON.stringify(interpretConfiguration(where, header?.configuration));
    const { embeddingFunction } = options;
    const bound = embeddingFunction ? await bindEmbedder(where, embeddingFunction) : undefined;
    const embedder = header?.embedder ?? bound?.identity ?? null;
    if (bound) checkEmbedder({ name, embedder, dimension: header?.dimension ?? null }, bound);
    const row = await this.#write((db) => {
      const found = findCollection(db, this.#place, name);
      if (found && header?.embedder) checkEmbedder(found, { identity: header.embedder });
      return (
        found ?? insertCollection(db, this.#place, { name, metadata, configuration, embedder })
      );
    });
    const collection = await this.#open<M>(where, row, embeddingFunction, bound);
    const context = this.#context(embeddingFunction, bound);
    return {
      collection,
      ...(await importRecords(new OpenCollection(row, context), file, options)),
    };
  }

  /** @throws NighError `ERR_NOT_FOUND`. */
  async deleteCollection(options: { readonly name: string }): Promise<void> {
    checkKeys("deleteCollection", options, ["name"]);
    const name = checkCollectionName("deleteCollection", options.name);
    const row = await this.#write((db) => {
      const found = findCollection(db, this.#place, name);
      if (found === undefined) throw this.#notFound(name);
      deleteCollection(db, found);
      return found;
    });
    this.#forget(row.id);
  }

  /** @throws NighError `ERR_EXISTS`. */
  async createTenant(options: { readonly name: string }): Promise<void> {
    const name = checkTenant("createTenant", options);
    await this.#write((db) => createTenant(db, name));
  }

  /** @throws NighError `ERR_NOT_FOUND`. */
  async getTenant(options: { readonly name: string }): Promise<{ name: string }> {
    const name = checkTenant("getTenant", options);
    return this.#database.read((db) => getTenant(db, name));
  }

  /** @throws NighError `ERR_EXISTS`. */
  async createDatabase(options: DatabaseOptions): Promise<void> {
    const { tenant, name } = this.#checkDatabase("createDatabase", options);
    await this.#write((db) => createDatabase(db, tenant, name));
  }

  /** @throws NighError `ERR_NOT_FOUND`. */
  async getDatabase(options: DatabaseOptions): Promise<DatabaseRow> {
    const { tenant, name } = this.#checkDatabase("getDatabase", options);
    return this.#database.read((db) => getDatabase(db, tenant, name));
  }

  async listDatabases(options: Page & { readonly tenant?: string } = {}): Promise<DatabaseRow[]> {
    const where = "listDatabases";
    checkKeys(where, options, ["tenant", "limit", "offset"]);
    const { tenant = this.tenant, ...page } = options;
    checkSpaceName(where, "tenant", tenant);
    const { limit, offset } = checkPage(where, page);
    return this.#database.read((db) => listDatabases(db, tenant, limit, offset));
  }

  /** With its collections. @throws NighError `ERR_NOT_FOUND`. */
  async deleteDatabase(options: DatabaseOptions): Promise<void> {
    const { tenant, name } = this.#checkDatabase("deleteDatabase", options);
    const ids = await this.#write((db) => deleteDatabase(db, tenant, name));
    for (const id of ids) this.#forget(id);
  }

  /** Nanoseconds since 1970. */
  async heartbeat(): Promise<number> {
    return this.#database.read(() => Date.now() * 1e6);
  }

  /** Gives room of deleted records back to the disk. Needs as much free disk as the live bytes while it runs. */
  async compact(): Promise<void> {
    await compact(this.#database);
  }

  /** Waits for writes that have begun, and closes the database. Collections of this client cannot be used after it. */
  async close(): Promise<void> {
    const states = [...this.#states.values()];
    this.#states.clear();
    await Promise.all(states.map((state) => state.close()));
    await this.#database.close();
    await this.#defaultEmbedder.close();
  }

  async #create<M extends Metadata>(
    where: string,
    options: CreateCollectionOptions,
    orGet: boolean,
  ): Promise<Collection<M>> {
    checkKeys(where, options, ["name", "metadata", "configuration", "embeddingFunction"]);
    const name = checkCollectionName(where, options.name);
    const metadata = checkCollectionMetadata(where, options.metadata);
    const configuration = JSON.stringify(interpretConfiguration(where, options.configuration));
    const { embeddingFunction } = options;
    const bound = embeddingFunction ? await bindEmbedder(where, embeddingFunction) : undefined;
    const row = await this.#write((db) => {
      const found = orGet ? findCollection(db, this.#place, name) : undefined;
      const embedder = bound?.identity ?? null;
      return (
        found ?? insertCollection(db, this.#place, { name, metadata, configuration, embedder })
      );
    });
    return this.#open<M>(where, row, embeddingFunction, bound);
  }

  async #open<M extends Metadata>(
    where: string,
    row: CollectionRow,
    embeddingFunction: Embedder | EmbeddingFunction | null | undefined,
    alreadyBound?: BoundEmbedder,
  ): Promise<Collection<M>> {
    const bound =
      alreadyBound ??
      (embeddingFunction ? await bindEmbedder(where, embeddingFunction) : undefined);
    if (bound) checkEmbedder(row, bound);
    return new Collection<M>(row, this.#context(embeddingFunction, bound));
  }

  #context(
    embeddingFunction: Embedder | EmbeddingFunction | null | undefined,
    bound: BoundEmbedder | undefined,
  ): CollectionContext {
    return {
      database: this.#database,
      state: (id) => this.#state(id),
      forget: (id) => this.#forget(id),
      embedder: async () =>
        embeddingFunction === null ? undefined : (bound ?? this.#defaultEmbedder.bound()),
    };
  }

  #checkDatabase(where: string, options: DatabaseOptions): Required<DatabaseOptions> {
    checkKeys(where, options, ["name", "tenant"]);
    const { name, tenant = this.tenant } = options;
    return {
      name: checkSpaceName(where, "database", name),
      tenant: checkSpaceName(where, "tenant", tenant),
    };
  }

  get #place(): Place {
    return { tenant: this.tenant, database: this.database };
  }

  #state(id: string): CollectionState {
    let state = this.#states.get(id);
    if (state === undefined) {
      state = new CollectionState(this.#database.folder);
      this.#states.set(id, state);
    }
    return state;
  }

  /** Of a collection that was deleted. */
  #forget(id: string): void {
    this.#states.get(id)?.forget();
    this.#states.delete(id);
    if (this.#database.folder !== undefined) removeGraphFile(this.#database.folder, id);
  }

  #write<T>(work: (db: Connection) => T): Promise<T> {
    // biome-ignore lint/correctness/useYield: short work takes no turns
    return this.#database.write(function* (db) {
      return work(db);
    });
  }

  #notFound(name: string): NighError {
    const names = this.#database
      .read((db) => listCollections(db, this.#place, 10, 0))
      .map((row) => `"${row.name}"`);
    const there = names.length === 0 ? "There are none yet" : `There are ${names.join(", ")}`;
    return new NighError(
      "ERR_NOT_FOUND",
      `There is no collection "${name}" in the database "${this.database}" of the tenant "${this.tenant}". ${there}: make it with createCollection or getOrCreateCollection.`,
    );
  }
}

/** Collections in a folder: what a write's promise acknowledged survives a crash. */
export class PersistentClient extends Client {
  readonly path: string;

  /**
   * @throws NighError `ERR_DATABASE` for a folder whose database is damaged, or of a newer version; `ERR_READ_ONLY`;
   * `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
   */
  constructor(options: PersistentClientOptions) {
    const where = "PersistentClient";
    checkKeys(where, options, ["path", "tenant", "database", "waitMs"]);
    const { path, waitMs = WAIT_MS } = options;
    if (typeof path !== "string" || path === "") {
      throw new NighError(
        "ERR_INVALID_ARGUMENT",
        `${where}: "path" must be the path of a folder, found ${describe(path)}.`,
      );
    }
    super(where, Database.open(path, checkInteger(where, "waitMs", waitMs, 0)), options);
    this.path = path;
  }

  /** Whether a folder holds a database. */
  static existsIn(path: string): boolean {
    return Database.existsIn(path);
  }
}

/** Collections in memory: gone when the client is closed. */
export class EphemeralClient extends Client {
  constructor(options: ClientOptions = {}) {
    checkKeys("EphemeralClient", options, ["tenant", "database"]);
    super("EphemeralClient", Database.inMemory(), options);
  }
}

function checkTenant(where: string, options: { readonly name: string }): string {
  checkKeys(where, options, ["name"]);
  return checkSpaceName(where, "tenant", options.name);
}

function checkPage(where: string, page: Page): Required<Page> {
  checkKeys(where, page, ["limit", "offset"]);
  return {
    limit: page.limit === undefined ? -1 : checkInteger(where, "limit", page.limit, 0),
    offset: checkInteger(where, "offset", page.offset ?? 0, 0),
  };
}
