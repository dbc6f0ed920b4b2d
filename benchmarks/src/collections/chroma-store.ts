/** Chroma by HTTP, vectors in base64: faster than its Python client, which sends the same. */
import { Agent, request } from "node:http";
import type { Where } from "nigh";
import { z } from "zod";
import { residentBytes } from "../engine-process.js";
import { COLUMNS } from "../indexes/vector-file.js";
import { ChromaServer } from "./chroma-server.js";
import type { CollectionStore, Records } from "./collection-store.js";

const COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections";
const NAME = "measured";

const collection = z.object({ id: z.string() });
/** Only what is read of it is checked: it is timed. */
interface QueryAnswer {
  readonly ids: readonly (readonly string[])[];
}

export class ChromaStore implements CollectionStore {
  readonly #server: ChromaServer;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #path = "";

  private constructor(server: ChromaServer) {
    this.#server = server;
  }

  /** @param program `chroma` of the venv. */
  static async start(program: string, folder: string): Promise<ChromaStore> {
    return new ChromaStore(await ChromaServer.prepare(program, folder));
  }

  async create(): Promise<void> {
    await this.#server.start();
    const body = { name: NAME, configuration: { hnsw: { space: "cosine" } } };
    this.#path = this.#pathOf(await this.#send("POST", COLLECTIONS, body));
  }

  async open(): Promise<void> {
    await this.#server.start();
    this.#path = this.#pathOf(await this.#send("GET", `${COLLECTIONS}/${NAME}`));
  }

  async add(records: Records): Promise<void> {
    await this.#send("POST", `${this.#path}/add`, bodyOf(records));
  }

  async upsert(records: Records): Promise<void> {
    await this.#send("POST", `${this.#path}/upsert`, bodyOf(records));
  }

  async query(
    vector: Float32Array,
    k: number,
    where: Where | undefined,
  ): Promise<readonly string[]> {
    const { ids } = (await this.#send("POST", `${this.#path}/query`, {
      query_embeddings: [[...vector]],
      n_results: k,
      where,
      include: ["metadatas", "documents", "distances"],
    })) as QueryAnswer;
    return ids[0] ?? [];
  }

  /** Its graph grows while records are added. */
  async settled(): Promise<boolean> {
    return true;
  }

  residentBytes(): Promise<number> {
    return residentBytes(this.#server.pid);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#server.stop();
  }

  #pathOf(answer: unknown): string {
    return `${COLLECTIONS}/${collection.parse(answer).id}`;
  }

  #send(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
    const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { host, port } = this.#server;
    const headers = {
      "content-type": "application/json",
      "content-length": String(data?.length ?? 0),
    };
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, host, port, method, path, headers };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode !== 200 && response.statusCode !== 201)
            reject(new Error(`Chroma answered ${response.statusCode} to ${path}: ${text}`));
          else resolve(JSON.parse(text));
        });
      });
      sent.on("error", reject);
      sent.end(data);
    });
  }
}

function bodyOf({ ids, vectors, documents, metadatas }: Records): object {
  const embeddings = ids.map((_, i) => {
    const start = vectors.byteOffset + i * COLUMNS * 4;
    return Buffer.from(vectors.buffer, start, COLUMNS * 4).toString("base64");
  });
  return { ids, embeddings, documents, metadatas };
}
