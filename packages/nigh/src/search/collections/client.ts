import { quote } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { checkInteger, checkKeys, checkTypes } from "../../shared/options.js";
import {
  type CollectionRow,
  countCollections,
  deleteCollection,
  findCollection,
  findCollectionById,
  insertCollection,
  listCollections,
  type NewCollection,
  type Place,
} from "../../store/collection-row.js";
import { type Compacted, compact } from "../../store/compact.js";
import { Database } from "../../store/database.js";
import type { Metadata, MetadataFields } from "../../store/metadata.js";
import { PageMeter } from "../../store/storage-stats.js";
import {
  createDatabase,
  createTenant,
  type DatabaseRow,
  DEFAULT_DATABASE,
  DEFAULT_TENANT,
  deleteDatabase,
  deleteEverything,
  getDatabase,
  getTenant,
  listDatabases,
  nameResource,
  type TenantRow,
} from "../../store/tenants.js";
import {
  type BoundEmbedder,
  bindChoice,
  checkEmbedder,
  DefaultEmbedder,
  identify,
} from "./bound-embedder.js";
import { checkCollectionMetadata } from "./check-metadata.js";
import {
  type ClientOptions,
  type CreateCollectionOptions,
  checkPage,
  checkTenant,
  type DatabaseOptions,
  type GetCollectionOptions,
  interpretCreate,
  type LocalClientOptions,
  type Page,
} from "./client-options.js";
import { Collection } from "./collection.js";
import { CollectionStates, defaultIndexMemory } from "./collection-states.js";
import type { CollectionsClient } from "./collections-client.js";
import { interpretConfiguration } from "./configuration.js";
import {
  checkImport,
  IMPORT,
  type Imported,
  type ImportOptions,
  importRecords,
  surveyImport,
} from "./exchange-records.js";
import { checkCollectionName, checkSpaceName } from "./names.js";
import { type CollectionContext, OpenCollection } from "./open-collection.js";

/** What a client and those of other spaces of its database share. */
interface Shared {
  readonly database: Database;
  readonly pages: PageMeter;
  readonly states: CollectionStates;
  readonly defaultEmbedder: DefaultEmbedder;
  /** Calls that write, which may still be embedding. */
  readonly writes: Set<Promise<unknown>>;
}

/** Chroma's client, in this process: collections of one database of one tenant. */
export class Client implements CollectionsClient {
  readonly tenant: string;
  readonly database: string;
  readonly #shared: Shared;

  /** @internal @param open gives the database, or what another client of it shares; called when all options are right. */
  constructor(where: string, options: LocalClientOptions, open: () => Database | Shared) {
    const { tenant = DEFAULT_TENANT, database: name = DEFAULT_DATABASE } = options;
    this.tenant = checkSpaceName(where, "tenant", tenant);
    this.database = checkSpaceName(where, "database", name);
    const { indexMemoryBytes } = options;
    if (indexMemoryBytes !== undefined) {
      checkInteger(where, "indexMemoryBytes", indexMemoryBytes, 0);
    }
    const from = open();
    this.#shared =
      from instanceof Database ? share(from, indexMemoryBytes ?? defaultIndexMemory()) : from;
  }

  get #database(): Database {
    return this.#shared.database;
  }

  get #states(): CollectionStates {
    return this.#shared.states;
  }

  /**
   * A client of another database of the same folder, or of another tenant's. Both share everything in memory; closing either closes
   * both.
   */
  space(place: ClientOptions): Client {
    checkKeys("space", place, ["tenant", "database"]);
    const { tenant = this.tenant, database = this.database } = place;
    return new Client("space", { tenant, database }, () => this.#shared);
  }

  /**
   * @throws NighError `ERR_EXISTS`; `ERR_INVALID_ARGUMENT` for a name that Chroma refuses, or metadata or a configuration that cannot be.
   */
  async createCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#create<M>("createCollection", options, false);
  }

  /** The collection as it is stored, whatever else is given, or a new one. */
  async getOrCreateCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<M>> {
    return this.#create<M>("getOrCreateCollection", options, true);
  }

  /**
   * @throws NighError `ERR_NOT_FOUND`; `ERR_EMBEDDER` when its vectors are from another embedder than the one given.
   */
  async getCollection<M extends MetadataFields<M> = Metadata>(
    options: GetCollectionOptions,
  ): Promise<Collection<M>> {
    checkKeys("getCollection", options, ["name", "embeddingFunction"]);
    const name = checkCollectionName("getCollection", options.name);
    const row = this.#database.read((db) => findCollection(db, this.#place, name));
    if (row === undefined) throw this.#notFound(name);
    return this.#open<M>(row, await bindChoice("getCollection", options.embeddingFunction));
  }

  /** A collection by its id. @throws NighError `ERR_NOT_FOUND` when it is not in the client's database; as {@link getCollection}. */
  async getCollectionById<M extends Metadata = Metadata>(
    options: Omit<GetCollectionOptions, "name"> & { readonly id: string },
  ): Promise<Collection<M>> {
    const where = "getCollectionById";
    checkKeys(where, options, ["id", "embeddingFunction"]);
    const { id, embeddingFunction } = options;
    const row = this.#database.read((db) => findCollectionById(db, id));
    if (row?.tenant === this.tenant && row.database === this.database) {
      return this.#open<M>(row, await bindChoice(where, embeddingFunction));
    }
    throw new NighError(
      "ERR_NOT_FOUND",
      `There is no collection with the id ${quote(id)} in the database "${this.database}" of the tenant "${this.tenant}".`,
    );
  }

  /** In the order in which they were made. */
  async listCollections(page: Page = {}): Promise<Collection[]> {
    const { limit, offset } = checkPage("listCollections", page);
    const rows = this.#database.read((db) => listCollections(db, this.#place, limit, offset));
    return rows.map((row) => this.#open(row, undefined));
  }

  /** How many collections the client's database has. */
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
  async importCollection<M extends MetadataFields<M> = Metadata>(
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
    const bound = await bindChoice(where, options.embeddingFunction);
    const embedder = header?.embedder ?? (bound ? (await identify(bound)).identity : null);
    if (bound) checkEmbedder({ name, embedder, dimension: header?.dimension ?? null }, bound);
    const context = this.#context(bound);
    const ofTexts = file.lacking === undefined ? (bound ?? undefined) : await context.embedder();
    const fresh = { name, metadata, configuration, embedder };
    checkImport(file, { ...fresh, dimension: null }, ofTexts);
    const row = await this.#insert(fresh, true, (found) => checkImport(file, found, ofTexts));
    const collection = this.#open<M>(row, bound);
    return {
      collection,
      ...(await importRecords(new OpenCollection(row, context), file, options)),
    };
  }

  /** @throws NighError `ERR_NOT_FOUND`. */
  async deleteCollection(options: { readonly name: string }): Promise<void> {
    checkKeys("deleteCollection", options, ["name"]);
    const name = checkCollectionName("deleteCollection", options.name);
    const row = await this.#database.writeAtOnce((db) => {
      const found = findCollection(db, this.#place, name);
      if (found === undefined) throw this.#notFound(name);
      deleteCollection(db, found);
      return found;
    });
    this.#states.delete(row.id);
  }

  /** @throws NighError `ERR_EXISTS`. */
  async createTenant(options: { readonly name: string }): Promise<void> {
    const name = checkTenant("createTenant", options);
    await this.#database.writeAtOnce((db) => createTenant(db, name));
  }

  /** @throws NighError `ERR_NOT_FOUND`. */
  async getTenant(options: { readonly name: string }): Promise<TenantRow> {
    const name = checkTenant("getTenant", options);
    return this.#database.read((db) => getTenant(db, name));
  }

  /** Notes what a service calls a tenant. @throws NighError `ERR_NOT_FOUND`. */
  async nameTenantResource(options: {
    readonly name: string;
    readonly resourceName: string;
  }): Promise<void> {
    checkKeys("nameTenantResource", options, ["name", "resourceName"]);
    const { name, resourceName } = options;
    checkTypes("nameTenantResource", { resourceName }, { resourceName: "string" });
    const tenant = checkTenant("nameTenantResource", { name });
    await this.#database.writeAtOnce((db) => nameResource(db, tenant, resourceName));
  }

  /** @throws NighError `ERR_EXISTS`. */
  async createDatabase(options: DatabaseOptions): Promise<void> {
    const { tenant, name } = this.#checkDatabase("createDatabase", options);
    await this.#database.writeAtOnce((db) => createDatabase(db, tenant, name));
  }

  /** @throws NighError `ERR_NOT_FOUND`. */
  async getDatabase(options: DatabaseOptions): Promise<DatabaseRow> {
    const { tenant, name } = this.#checkDatabase("getDatabase", options);
    return this.#database.read((db) => getDatabase(db, tenant, name));
  }

  /** A tenant's databases, in the order in which they were made. @param options `tenant`, default the client's; `limit`, `offset`. */
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
    const ids = await this.#database.writeAtOnce((db) => deleteDatabase(db, tenant, name));
    for (const id of ids) this.#states.delete(id);
  }

  /** Deletes everything: all tenants, databases and collections. The default ones are there again then, empty. */
  async reset(): Promise<void> {
    const ids = await this.#database.writeAtOnce(deleteEverything);
    for (const id of ids) this.#states.delete(id);
  }

  /** Nanoseconds since 1970. */
  async heartbeat(): Promise<number> {
    return this.#database.read(() => Date.now() * 1e6);
  }

  /**
   * Gives room of deleted records back to the disk. Needs as much free disk as the live bytes while it runs; waits for writes, as they do
   * for each other.
   *
   * @throws NighError `ERR_BUSY`, `ERR_DISK_FULL`.
   */
  async compact(): Promise<Compacted> {
    return compact(this.#database);
  }

  /**
   * Waits for calls of add, upsert, update and delete that have begun, their embedding included, and closes the database. Collections of this client
   * cannot be used after it: calls that come later, or do not write, end with `ERR_CLOSED`, as do `reembed` and `importCollection`, which go on
   * where they were when they are called again.
   */
  async close(): Promise<void> {
    await Promise.allSettled(this.#shared.writes);
    await this.#states.close();
    await this.#database.close();
    await this.#shared.defaultEmbedder.close();
  }

  async #create<M extends MetadataFields<M>>(
    where: string,
    options: CreateCollectionOptions,
    orGet: boolean,
  ): Promise<Collection<M>> {
    const { name, metadata, configuration } = interpretCreate(where, options);
    const bound = await bindChoice(where, options.embeddingFunction);
    const isThere = orGet && this.#database.read((db) => findCollection(db, this.#place, name));
    // The catalogue keeps the dimension: what is there already needs no text embedded for that.
    const embedder = bound && !isThere ? (await identify(bound)).identity : null;
    const fresh = { name, metadata, configuration: JSON.stringify(configuration), embedder };
    const row = await this.#insert(fresh, orGet);
    return this.#open<M>(row, bound);
  }

  /** @param check of the collection that is there already. */
  #insert(
    fresh: NewCollection,
    orGet: boolean,
    check: (found: CollectionRow) => void = () => {},
  ): Promise<CollectionRow> {
    return this.#database.writeAtOnce((db) => {
      const found = orGet ? findCollection(db, this.#place, fresh.name) : undefined;
      if (found) check(found);
      return found ?? insertCollection(db, this.#place, fresh);
    });
  }

  /** @param bound null for none, undefined for the bundled model. */
  #open<M extends MetadataFields<M> = Metadata>(
    row: CollectionRow,
    bound: BoundEmbedder | null | undefined,
  ): Collection<M> {
    if (bound) checkEmbedder(row, bound);
    return new Collection<M>(row, this.#context(bound));
  }

  #context(bound: BoundEmbedder | null | undefined): CollectionContext {
    return {
      ...this.#shared,
      embedder: async () =>
        bound === null ? undefined : (bound ?? this.#shared.defaultEmbedder.bound()),
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

function share(database: Database, indexMemoryBytes: number): Shared {
  const isThere = (id: string) => database.read((db) => findCollectionById(db, id)) !== undefined;
  return {
    database,
    pages: new PageMeter(database),
    states: new CollectionStates(database.folder, indexMemoryBytes, isThere),
    defaultEmbedder: new DefaultEmbedder(),
    writes: new Set(),
  };
}
