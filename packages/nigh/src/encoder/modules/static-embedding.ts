/** A vector for each token, whatever stands around it; a text's vector is their mean. */
export interface StaticEmbeddingModule {
  readonly kind: "StaticEmbedding";
  /** Folder of the weights and the tokenizer; the module has no config.json. */
  readonly path: string;
}

export function readStaticEmbedding(folder: string): StaticEmbeddingModule {
  return { kind: "StaticEmbedding", path: folder };
}
