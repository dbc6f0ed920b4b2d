import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Collection,
  EphemeralClient,
  type ExactJson,
  NighError,
  parseExactJson,
  stringifyExactJson,
} from "nigh";

/** What the server does instead of answering. */
export type Failure = { status: number; body?: string } | "hang" | "drop";

type Json = Record<string, unknown>;
type Reply = { status?: number; body: unknown };

export const MAX_BATCH_SIZE = 100;

/** Chroma's REST API v2 over a client in memory: what the real server answers, as far as the client of this test asks. */
export class ChromaDouble {
  /** Requests so far: "POST add". */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  readonly bodies: Json[] = [];
  base64 = true;
  /** Called with every request that came. */
  onRequest: (name: string) => void = () => undefined;
  readonly #client = new EphemeralClient();
  readonly #functions = new Map<string, unknown>();
  readonly #failures: { on: string; failure: Failure }[] = [];
  readonly #server: Server = createServer((request, response) => {
    void this.#handle(request, response);
  });

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request whose name has `on` in it fails. */
  fail(on: string, failure: Failure): void {
    this.#failures.push({ on, failure });
  }

  count(name: string): number {
    return this.requests.filter((request) => request === name).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
    await this.#client.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? "", "http://localhost");
    const parts = url.pathname.split("/").slice(3).map(decodeURIComponent);
    const verb = parts[6] ?? parts[4] ?? parts[0] ?? "";
    const name = `${request.method} ${parts.length === 6 ? "collection" : verb}`;
    this.requests.push(name);
    this.onRequest(name);
    this.headers.push(request.headers);
    const place = this.#failures.findIndex(({ on }) => name.includes(on));
    const [planned] = place < 0 ? [] : this.#failures.splice(place, 1);
    if (planned?.failure === "hang") return;
    if (planned?.failure === "drop") {
      request.socket.destroy();
      return;
    }
    const failed = planned?.failure;
    if (failed) {
      response.writeHead(failed.status).end(failed.body ?? "");
      return;
    }
    const body = text === "" ? {} : (parseExactJson(text) as Json);
    this.bodies.push(body);
    const reply = await this.#answer(name, parts, url.searchParams, body).catch(errorReply);
    response.writeHead(reply.status ?? 200, { "content-type": "application/json" });
    response.end(stringifyExactJson(reply.body as ExactJson));
  }

  async #answer(
    name: string,
    parts: readonly string[],
    search: URLSearchParams,
    body: Json,
  ): Promise<Reply> {
    const client = this.#client;
    if (name === "GET pre-flight-checks") {
      return { body: { max_batch_size: MAX_BATCH_SIZE, supports_base64_encoding: this.base64 } };
    }
    if (name === "GET collections_count") return { body: await client.countCollections() };
    if (name === "GET collections") {
      const page = {
        ...(search.has("limit") ? { limit: Number(search.get("limit")) } : {}),
        offset: Number(search.get("offset") ?? 0),
      };
      const all = await client.listCollections(page);
      return { body: await Promise.all(all.map((collection) => this.#model(collection))) };
    }
    if (name === "POST collections") return { body: await this.#create(body) };
    const key = parts[5] as string;
    if (name === "GET collection") {
      const found = await client.getCollection({ name: key, embeddingFunction: null });
      return { body: await this.#model(found) };
    }
    if (name === "DELETE collection") {
      await client.deleteCollection({ name: key });
      return { body: {} };
    }
    const collections = await client.listCollections();
    const id = collections.find((collection) => collection.id === key)?.name;
    if (id === undefined)
      throw new NighError("ERR_NOT_FOUND", `Collection [${key}] does not exist`);
    const collection = await client.getCollection({ name: id, embeddingFunction: null });
    if (name === "PUT collection") {
      await this.#modify(collection, body);
      return { body: {} };
    }
    if (name === "GET count") return { body: await collection.count() };
    return this.#records(name, collection, body);
  }

  async #create({ name, metadata, configuration, get_or_create }: Json): Promise<unknown> {
    const { hnsw = {}, embedding_function = null } = (configuration ?? {}) as Json;
    const options = {
      name: name as string,
      configuration: { hnsw: { space: "l2" as const, ...(hnsw as Json) } },
      embeddingFunction: null,
      ...(metadata ? { metadata: metadata as Record<string, string> } : {}),
    };
    const isThere = (await this.#client.listCollections()).some((other) => other.name === name);
    const made = get_or_create
      ? await this.#client.getOrCreateCollection(options)
      : await this.#client.createCollection(options);
    if (!isThere) this.#functions.set(made.id, embedding_function);
    return this.#model(made);
  }

  async #model(collection: Collection): Promise<unknown> {
    const { id, name, configuration } = collection;
    const metadata = await collection.exactMetadata();
    const embedding_function = this.#functions.get(id) ?? null;
    const { embeddings } = await collection.peek({ limit: 1 });
    return {
      ...{ id, name, metadata, dimension: embeddings?.[0]?.length ?? null },
      configuration_json: { ...configuration, spann: null, embedding_function },
      ...{ tenant: "default_tenant", database: "default_database", log_position: 0, version: 0 },
    };
  }

  async #modify(collection: Collection, body: Json): Promise<void> {
    const { hnsw, embedding_function } = (body.new_configuration ?? {}) as Json;
    // The real server has 500 for a name that is taken.
    await collection.modify({
      ...(body.new_name ? { name: body.new_name as string } : {}),
      ...(body.new_metadata ? { metadata: body.new_metadata as Record<string, string> } : {}),
      ...(hnsw ? { configuration: { hnsw: hnsw as Json } } : {}),
    });
    if (embedding_function) this.#functions.set(collection.id, embedding_function);
  }

  async #records(name: string, collection: Collection, body: Json): Promise<Reply> {
    const filter = {
      ...(body.ids ? { ids: body.ids as string[] } : {}),
      ...(body.where ? { where: body.where as Record<string, string> } : {}),
    };
    switch (name) {
      case "POST add":
        await collection.add(columnsOf(body));
        return { status: 201, body: {} };
      case "POST upsert":
        await collection.upsert(columnsOf(body));
        return { body: {} };
      case "POST update":
        await collection.update(columnsOf(body));
        return { body: {} };
      case "POST delete":
        return { body: await collection.delete(filter) };
      case "POST get": {
        const page = {
          ...(body.limit === undefined ? {} : { limit: Number(body.limit) }),
          offset: Number(body.offset ?? 0),
        };
        const { ids } = await collection.get({ ...filter, ...page, include: [] });
        return { body: await this.#columns(collection, ids, body.include as string[]) };
      }
      case "POST query": {
        const missing = (body.ids as string[] | undefined)?.filter(Boolean) ?? [];
        const there = await collection.get({ ids: missing, include: [] });
        if (there.ids.length < missing.length) throw new Error("Error finding id");
        const { ids, distances } = await collection.query({
          ...filter,
          queryEmbeddings: (body.query_embeddings as unknown[][]).map((vector) =>
            vector.map((value) => Number(value)),
          ),
          nResults: Number(body.n_results),
          include: ["distances"],
        });
        const lists = await Promise.all(
          ids.map((list) => this.#columns(collection, list, body.include as string[])),
        );
        const turned = Object.fromEntries(
          ["ids", "documents", "metadatas", "uris", "embeddings"].map((column) => [
            column,
            lists[0]?.[column] === null ? null : lists.map((list) => list[column]),
          ]),
        );
        return { body: { ...turned, distances } };
      }
      default:
        return { status: 404, body: {} };
    }
  }

  async #columns(collection: Collection, ids: string[], include: string[]): Promise<Json> {
    const { records } = await collection.readPage({ limit: 1_000_000 });
    const byId = new Map(records.map((record) => [record.id, record]));
    const column = (name: string, key: "document" | "metadata" | "uri" | "embedding") =>
      include.includes(name) ? ids.map((id) => byId.get(id)?.[key] ?? null) : null;
    return {
      ids,
      documents: column("documents", "document"),
      metadatas: column("metadatas", "metadata"),
      uris: column("uris", "uri"),
      embeddings: column("embeddings", "embedding"),
      include,
    };
  }
}

function columnsOf({ ids, embeddings, documents, metadatas, uris }: Json) {
  if ((ids as string[]).length > MAX_BATCH_SIZE) {
    throw new NighError("ERR_INVALID_ARGUMENT", "Batch size exceeds the maximum");
  }
  return {
    ids: ids as string[],
    embeddings: (embeddings as unknown[] | undefined)?.map(vectorOf) as Float32Array[],
    documents: documents as string[],
    metadatas: metadatas as Record<string, string>[],
    uris: uris as string[],
  };
}

function vectorOf(wire: unknown): Float32Array | null {
  if (wire === null) return null;
  if (typeof wire !== "string") return Float32Array.from(wire as number[], Number);
  const bytes = Buffer.from(wire, "base64");
  return new Float32Array(new Uint8Array(bytes).buffer);
}

const STATUS: Readonly<Record<string, number>> = { ERR_NOT_FOUND: 404, ERR_EXISTS: 409 };

function errorReply(error: unknown): Reply {
  const isOurs = error instanceof NighError;
  const status = isOurs ? (STATUS[error.code] ?? 400) : 500;
  const name = isOurs ? "InvalidArgumentError" : "InternalError";
  return { status, body: { error: name, message: (error as Error).message } };
}
