import type { Embedder } from "../../encoder/embedder.js";
import { checkKeys } from "../../shared/options.js";
import type { Metadata, MetadataFields } from "../../store/metadata.js";
import {
  bindChoice,
  DefaultEmbedder,
  type EmbeddingFunction,
  identify,
} from "../collections/bound-embedder.js";
import {
  type CreateCollectionOptions,
  checkPage,
  type GetCollectionOptions,
  interpretCreate,
  type Page,
} from "../collections/client-options.js";
import type { CollectionsClient } from "../collections/collections-client.js";
import { checkCollectionName } from "../collections/names.js";
import type { CatalogueBackend, NamedEmbedder, RecordBackend } from "./record-backend.js";
import { type EmbedderSource, RemoteCollection } from "./remote-collection.js";

/** Collections elsewhere. */
export class RemoteClient implements CollectionsClient {
  readonly #backend: CatalogueBackend;
  readonly #defaultEmbedder = new DefaultEmbedder();

  /** @internal */
  constructor(backend: CatalogueBackend) {
    this.#backend = backend;
  }

  async createCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<RemoteCollection<M>> {
    return this.#create<M>("createCollection", options, false);
  }

  async getOrCreateCollection<M extends MetadataFields<M> = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<RemoteCollection<M>> {
    return this.#create<M>("getOrCreateCollection", options, true);
  }

  async getCollection<M extends MetadataFields<M> = Metadata>(
    options: GetCollectionOptions,
  ): Promise<RemoteCollection<M>> {
    const where = "getCollection";
    checkKeys(where, options, ["name", "embeddingFunction"]);
    const name = checkCollectionName(where, options.name);
    const embedder = await bind(where, options.embeddingFunction);
    return this.#open<M>(await this.#backend.find(name), embedder);
  }

  async listCollections(page: Page = {}): Promise<RemoteCollection[]> {
    const where = "listCollections";
    const { limit, offset } = checkPage(where, page);
    const backends = await this.#backend.list(limit, offset);
    return Promise.all(backends.map((backend) => this.#open(backend, undefined)));
  }

  async countCollections(): Promise<number> {
    return this.#backend.count();
  }

  async deleteCollection(options: { readonly name: string }): Promise<void> {
    checkKeys("deleteCollection", options, ["name"]);
    await this.#backend.delete(checkCollectionName("deleteCollection", options.name));
  }

  async close(): Promise<void> {
    await this.#backend.close();
    await this.#defaultEmbedder.close();
  }

  async #create<M extends MetadataFields<M>>(
    where: string,
    options: CreateCollectionOptions,
    orGet: boolean,
  ): Promise<RemoteCollection<M>> {
    const checked = interpretCreate(where, options);
    const embedder = await bind(where, options.embeddingFunction);
    const fresh = { ...checked, embedder: embedder || undefined };
    return this.#open<M>(await this.#backend.create(fresh, orGet), embedder);
  }

  /** @param embedder null for none, undefined for the bundled model. */
  async #open<M extends MetadataFields<M>>(
    backend: RecordBackend,
    embedder: NamedEmbedder | null | undefined,
  ): Promise<RemoteCollection<M>> {
    if (embedder) await backend.checkEmbedder(embedder);
    const source: EmbedderSource = async () =>
      embedder === null
        ? undefined
        : (embedder ?? { bound: await this.#defaultEmbedder.bound(), given: undefined });
    return new RemoteCollection<M>(backend, source);
  }
}

async function bind(
  where: string,
  given: Embedder | EmbeddingFunction | null | undefined,
): Promise<NamedEmbedder | null | undefined> {
  const bound = await bindChoice(where, given);
  return bound ? { bound: await identify(bound), given: given ?? undefined } : bound;
}
