import type { FullConfiguration } from "./configuration-json.js";

const on = { enabled: true, config: {} };
const off = { enabled: false, config: {} };

/** Chroma's description of the indexes of a collection: every value of metadata and every document can be filtered by. */
export function defaultSchema({ hnsw }: FullConfiguration, embeddingFunction: unknown): unknown {
  const { space, ...graph } = hnsw;
  const config = {
    space,
    ...(embeddingFunction === null ? {} : { embedding_function: embeddingFunction }),
    hnsw: graph,
  };
  return {
    defaults: {
      string: { fts_index: off, string_inverted_index: on },
      float_list: { vector_index: { enabled: false, config } },
      sparse_vector: {
        sparse_vector_index: {
          enabled: false,
          config: { embedding_function: { type: "unknown" }, bm25: false },
        },
      },
      int: { int_inverted_index: on },
      float: { float_inverted_index: on },
      bool: { bool_inverted_index: on },
    },
    keys: {
      "#document": { string: { fts_index: on, string_inverted_index: off } },
      "#embedding": {
        float_list: {
          vector_index: { enabled: true, config: { ...config, source_key: "#document" } },
        },
      },
    },
  };
}
