/** nigh in this process. */
import { type Collection, Matrix, PersistentClient, type Where } from "nigh";
import { COLUMNS } from "../indexes/vector-file.js";
import type { CollectionStore, Records } from "./collection-store.js";

const NAME = "measured";

export class NighStore implements CollectionStore {
  readonly #folder: string;
  #client: PersistentClient | undefined;
  #opened: Collection | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async create(): Promise<void> {
    this.#client = new PersistentClient({ path: this.#folder });
    this.#opened = await this.#client.createCollection({
      name: NAME,
      configuration: { hnsw: { space: "cosine" } },
      embeddingFunction: null,
    });
  }

  async open(): Promise<void> {
    this.#client = new PersistentClient({ path: this.#folder });
    this.#opened = await this.#client.getCollection({ name: NAME, embeddingFunction: null });
  }

  async add(records: Records): Promise<void> {
    await this.#collection.add(columnsOf(records));
  }

  async upsert(records: Records): Promise<void> {
    await this.#collection.upsert(columnsOf(records));
  }

  async query(
    vector: Float32Array,
    k: number,
    where: Where | undefined,
  ): Promise<readonly string[]> {
    const { ids } = await this.#collection.query({
      queryEmbeddings: new Matrix(vector, 1, COLUMNS),
      nResults: k,
      where,
    });
    return ids[0] ?? [];
  }

  async settled(): Promise<boolean> {
    const { index } = await this.#collection.stats();
    return !index.isBuilding;
  }

  async residentBytes(): Promise<number> {
    return process.memoryUsage.rss();
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  get #collection(): Collection {
    if (this.#opened === undefined) throw new Error("No collection has been opened.");
    return this.#opened;
  }
}

function columnsOf({ ids, vectors, documents, metadatas }: Records) {
  return { ids, embeddings: new Matrix(vectors, ids.length, COLUMNS), documents, metadatas };
}
