/** Many clients at once: queries, and upserts among them. */
import { fillNormal, type Random, seededRandom } from "../seeded-random.js";
import { HttpClient } from "./http-client.js";

export const DIMENSION = 384;
const SPACE = "/api/v2/tenants/default_tenant/databases/default_database/collections";
const BATCH = 1000;
const RESULTS = 10;
/** Queries are made before the clock starts. */
const QUERIES = 512;

export interface LoadOptions {
  readonly clients: number;
  readonly seconds: number;
  /** Of the requests. */
  readonly upserts: number;
  /** Ids of what is written begin with it. */
  readonly prefix: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds of each request, by kind. */
  readonly queryMs: readonly number[];
  readonly upsertMs: readonly number[];
  readonly errors: readonly string[];
  /** Ids whose upsert was acknowledged. */
  readonly acknowledged: readonly string[];
}

/** One collection at a server. */
export class LoadedCollection {
  readonly #client: HttpClient;
  readonly #path: string;

  private constructor(client: HttpClient, path: string) {
    this.#client = client;
    this.#path = path;
  }

  /** A collection of random vectors, made where it is not there. */
  static async open(port: number, records: number): Promise<LoadedCollection> {
    const client = new HttpClient(port);
    const configuration = { hnsw: { space: "cosine" } };
    const body = { name: "load", configuration, get_or_create: true };
    const { id } = (await client.json("POST", SPACE, body)) as { id: string };
    const collection = new LoadedCollection(client, `${SPACE}/${id}`);
    const random = seededRandom(1);
    for (let from = 0; from < records; from += BATCH) {
      const ids = Array.from({ length: Math.min(BATCH, records - from) }, (_, i) => `r${from + i}`);
      const embeddings = ids.map(() => base64Of(vector(random)));
      await client.json("POST", `${collection.#path}/add`, { ids, embeddings });
    }
    return collection;
  }

  /** @param onHalf called when half of the time is over. */
  async load(options: LoadOptions, onHalf?: () => void): Promise<LoadResult> {
    const { clients, seconds, upserts, prefix } = options;
    const random = seededRandom(7);
    const queries = Array.from({ length: QUERIES }, () =>
      JSON.stringify({
        query_embeddings: [[...vector(random)]],
        n_results: RESULTS,
        include: ["distances"],
      }),
    );
    const queryMs: number[] = [];
    const upsertMs: number[] = [];
    const errors: string[] = [];
    const acknowledged: string[] = [];
    const start = performance.now();
    const end = start + seconds * 1000;
    const half = onHalf && setTimeout(onHalf, seconds * 500);
    const one = async (client: number) => {
      const own = seededRandom(100 + client);
      for (let i = 0; performance.now() < end; i++) {
        const isUpsert = own() < upserts;
        const id = `${prefix}-${client}-${i}`;
        const body = isUpsert
          ? JSON.stringify({ ids: [id], embeddings: [base64Of(vector(own))] })
          : (queries[Math.floor(own() * QUERIES)] as string);
        const before = performance.now();
        try {
          const verb = isUpsert ? "upsert" : "query";
          const { status, text } = await this.#client.send("POST", `${this.#path}/${verb}`, body);
          if (status >= 300) errors.push(`${status} ${text.slice(0, 200)}`);
          else if (isUpsert) acknowledged.push(id);
        } catch (error) {
          errors.push(String(error));
          // The server is gone.
          if (onHalf) return;
        }
        (isUpsert ? upsertMs : queryMs).push(performance.now() - before);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
    clearTimeout(half);
    const requests = queryMs.length + upsertMs.length;
    const perSecond = requests / ((performance.now() - start) / 1000);
    return { requests, perSecond, queryMs, upsertMs, errors, acknowledged };
  }

  /** How many of these ids are not there. */
  async missing(ids: readonly string[]): Promise<number> {
    let missing = 0;
    for (let from = 0; from < ids.length; from += BATCH) {
      const batch = ids.slice(from, from + BATCH);
      const body = { ids: batch, include: [] };
      const found = (await this.#client.json("POST", `${this.#path}/get`, body)) as {
        ids: string[];
      };
      missing += batch.length - found.ids.length;
    }
    return missing;
  }

  close(): void {
    this.#client.close();
  }
}

function vector(random: Random): Float32Array {
  const values = new Float32Array(DIMENSION);
  fillNormal(random, values);
  return values;
}

function base64Of({ buffer }: Float32Array): string {
  return Buffer.from(buffer).toString("base64");
}
