import { z } from "zod";
import type { Collection, CollectionConfiguration } from "../../index.js";
import { invalidArgument } from "../http-error.js";
import { isJsonObject, jsonObject, number, optional, withPlainNumbers } from "../shapes.js";

export type FullConfiguration = Collection["configuration"];

const space = z.enum(["l2", "cosine", "ip"]);
const size = z.int().min(0);

/** Unknown keys of these are refused, unlike elsewhere in Chroma's API. */
const hnsw = z.strictObject({
  space: optional(space),
  ef_construction: optional(size),
  ef_search: optional(size),
  max_neighbors: optional(size),
  num_threads: optional(size),
  resize_factor: optional(number),
  sync_threshold: optional(size),
  batch_size: optional(size),
});

const spann = z.strictObject({
  space: optional(space),
  search_nprobe: optional(size),
  write_nprobe: optional(size),
  ef_construction: optional(size),
  ef_search: optional(size),
  max_neighbors: optional(size),
  reassign_neighbor_count: optional(size),
  split_threshold: optional(size),
  merge_threshold: optional(size),
});

const embeddingFunction = z.union([
  z.looseObject({ type: z.literal("known"), name: z.string(), config: z.unknown() }),
  z.looseObject({ type: z.enum(["legacy", "unknown"]) }),
]);

export const newConfiguration = z.object({
  hnsw: optional(hnsw),
  spann: optional(spann),
  embedding_function: optional(embeddingFunction),
});

export const changedConfiguration = z.object({
  hnsw: optional(hnsw.omit({ space: true, ef_construction: true })),
  spann: optional(z.strictObject({ search_nprobe: optional(size), ef_search: optional(size) })),
  embedding_function: optional(embeddingFunction),
});

/** Chroma's default; nigh's own is cosine. */
const DEFAULT_SPACE = "l2";
const DEFAULT_EF_CONSTRUCTION = 100;

/** What a new collection is to be, by its configuration or its schema, which may not contradict each other. */
export function configurationOfRequest(
  given: z.output<typeof newConfiguration> | undefined,
  schema: Record<string, unknown> | undefined,
  metadata: object | undefined,
): CollectionConfiguration {
  const own = given && graphOf(given);
  const ofSchema = schema && configurationOfSchema(schema);
  const functions = [
    withPlainNumbers(given?.embedding_function),
    ofSchema?.embedding_function,
  ].filter(isJsonObject);
  const embedding_function = functions[0];
  const configured = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
  for (const [key, value] of configured) {
    const other = ofSchema?.hnsw?.[key];
    if (other === undefined || other === value) continue;
    throw invalidArgument(
      `The configuration has ${key} ${value}, the schema ${String(other)}: give one of them.`,
    );
  }
  const graph = { ...ofSchema?.hnsw, ...Object.fromEntries(configured) };
  // Where there is no configuration, older clients say in metadata what they want.
  const legacy = configured.length === 0 ? (metadata ?? {}) : {};
  return {
    hnsw: {
      ...("hnsw:space" in legacy ? {} : { space: DEFAULT_SPACE }),
      ...("hnsw:construction_ef" in legacy ? {} : { ef_construction: DEFAULT_EF_CONSTRUCTION }),
      ...graph,
    },
    ...(embedding_function && { embedding_function }),
    ...(schema && { schema: withPlainNumbers(schema) as Record<string, unknown> }),
  };
}

/** Changes of a configuration, as nigh's collections take them. */
export function changesOfRequest(
  given: z.output<typeof changedConfiguration>,
): CollectionConfiguration {
  const { hnsw: graph, spann: lists, embedding_function } = given;
  if (graph && lists) throw both();
  const changes = defined({ ...graph, ...(lists && { ef_search: lists.ef_search }) });
  return {
    hnsw: changes,
    ...(embedding_function && {
      embedding_function: withPlainNumbers(embedding_function) as Record<string, unknown>,
    }),
  };
}

/** SPANN is the Cloud's index: on a single node it is a graph of the same space. */
function graphOf({ hnsw: graph, spann: lists }: z.output<typeof newConfiguration>) {
  if (graph && lists) throw both();
  if (lists === undefined) return graph;
  const { space: own, ef_construction, ef_search, max_neighbors } = lists;
  return { space: own, ef_construction, ef_search, max_neighbors };
}

function both() {
  return invalidArgument("The configuration has both hnsw and spann: give one of them.");
}

/** What a schema says of the index of embeddings. */
function configurationOfSchema(schema: Record<string, unknown>): {
  hnsw?: Record<string, unknown>;
  embedding_function?: unknown;
} {
  const keys = jsonObject.safeParse(schema["keys"]).data ?? {};
  for (const key of Object.keys(keys)) {
    if (key.startsWith("#") && key !== "#document" && key !== "#embedding") {
      throw invalidArgument(`The schema has the key ${JSON.stringify(key)}, which cannot be set.`);
    }
  }
  if (at(keys, "#document", "string", "fts_index")?.["enabled"] === false) {
    throw invalidArgument("The schema turns off the index of documents, which cannot be.");
  }
  const config = at(keys, "#embedding", "float_list", "vector_index", "config");
  if (config === undefined) return {};
  const { space: own, embedding_function } = config;
  const graph = { ...at(config, "spann"), ...at(config, "hnsw") };
  const known = Object.entries(graph).filter(([key]) => key in hnsw.shape);
  const all = { ...Object.fromEntries(known), ...(typeof own === "string" && { space: own }) };
  return {
    hnsw: withPlainNumbers(defined(all)) as Record<string, unknown>,
    embedding_function: withPlainNumbers(embedding_function),
  };
}

function at(object: unknown, ...path: string[]): Record<string, unknown> | undefined {
  let found = object;
  for (const key of path) {
    if (!isJsonObject(found)) return undefined;
    found = found[key];
  }
  return isJsonObject(found) ? found : undefined;
}

function defined(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  );
}
