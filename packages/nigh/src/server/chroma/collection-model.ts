import type { Collection, StoredEmbedder } from "../../index.js";
import { defaultSchema } from "./default-schema.js";

/** Chroma's own model, which its clients load without more. */
const DEFAULT_MODEL = "all-MiniLM-L6-v2";
/** Of Chroma's engine; nigh has no use for it. */
const RESIZE_FACTOR = 1.2;

/** A collection as Chroma's API describes it. */
export async function collectionModel(collection: Collection): Promise<unknown> {
  const { id, name, tenant, database, configuration, dimension, logPosition, version } = collection;
  const metadata = await collection.exactMetadata();
  const { hnsw, schema } = configuration;
  const embedding_function = configuration.embedding_function ?? functionOf(collection.embedder);
  return {
    id,
    name,
    configuration_json: {
      hnsw: { ...hnsw, resize_factor: RESIZE_FACTOR },
      spann: null,
      embedding_function,
    },
    schema: schema ?? defaultSchema(configuration, embedding_function),
    metadata,
    dimension,
    tenant,
    database,
    log_position: logPosition,
    version,
  };
}

/** What Chroma's clients make an embedding function of, where nigh made the vectors; null where they have none such. */
function functionOf(embedder: StoredEmbedder | null): unknown {
  if (embedder === null || embedder.fingerprint.startsWith("function:")) return null;
  const nigh = { ...embedder };
  if (embedder.name === DEFAULT_MODEL) return { type: "known", name: "default", config: { nigh } };
  const model = { model_name: embedder.name, device: "cpu", normalize_embeddings: false };
  const config = { ...model, kwargs: {}, nigh };
  return { type: "known", name: "sentence_transformer", config };
}
