import { forgetModel } from "../encoder/browser/find-model.js";
import { setModelsURL } from "../encoder/browser/models-url.js";
import type { LoadOptions } from "../encoder/load-options.js";
import { SentenceTransformer } from "../encoder/sentence-transformer.js";
import { Client } from "../search/collections/client.js";
import { Collection } from "../search/collections/collection.js";
import { EphemeralClient } from "../search/collections/local-clients.js";
import { loadSqlite } from "../store/browser/sqlite-module.js";
import { OpfsClient } from "./opfs-client.js";
import { Peer, type Port, type Remote, type Side } from "./peer.js";

/** What the worker offers to its page. */
const root = {
  start: ({ modelsURL }: { modelsURL: string }) => setModelsURL(modelsURL),
  loadModel: (name: string, options: LoadOptions) => SentenceTransformer.load(name, options),
  removeModel: (url: string) => forgetModel(url),
  ephemeralClient: async (options: ConstructorParameters<typeof EphemeralClient>[0]) => {
    await loadSqlite();
    return new EphemeralClient(options);
  },
  persistentClient: (options: Parameters<typeof OpfsClient.open>[0]) => OpfsClient.open(options),
};

/** The worker: models, clients and collections stay here, and the page has stand-ins of them. */
const host: Side = {
  root,
  transfers: true,
  typeOf(value) {
    if (value instanceof SentenceTransformer) return "SentenceTransformer";
    if (value instanceof Collection) return "Collection";
    return value instanceof Client ? "Client" : undefined;
  },
  factsOf(value) {
    if (value instanceof SentenceTransformer) {
      const { name, dimension, maxSeqLength, prompts, fingerprint, dtype, runtime } = value;
      const { similarityFunction } = value;
      return {
        name,
        dimension,
        maxSeqLength,
        prompts,
        fingerprint,
        dtype,
        runtime,
        similarityFunction,
      };
    }
    if (value instanceof Collection) {
      const { id, tenant, database, name, metadata, configuration, embedder } = value;
      return { id, tenant, database, name, metadata, configuration, embedder };
    }
    if (value instanceof Client) return { tenant: value.tenant, database: value.database };
    return undefined;
  },
  standIn: (type, remote) => (type === "reranker" ? rerankerOf(remote) : embedderOf(remote)),
};

/** Answers the page's calls. */
export function serve(port: Port): void {
  new Peer(port, host);
}

function rerankerOf(remote: Remote): object {
  return { rank: (...args: unknown[]) => remote.call("rank", ...args) };
}

/** An embedder of the page's own, of nigh's interface or of Chroma's. */
function embedderOf(remote: Remote): object {
  const { methods, config, ...facts } = remote.facts as {
    methods: readonly string[];
    config: unknown;
  };
  const calls = methods.map((method) => [
    method,
    (...args: unknown[]) => remote.call(method, ...args),
  ]);
  return { ...facts, ...Object.fromEntries(calls), getConfig: () => config };
}
