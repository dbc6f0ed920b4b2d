import { z } from "zod";
import { join } from "#shared/path";
import { readFolderJson } from "../folder-json.js";

/** A vector for each token, whatever stands around it; a text's vector is their mean. */
export interface StaticEmbeddingModule {
  readonly kind: "StaticEmbedding";
  /** Folder of the weights and the tokenizer. */
  readonly path: string;
  /** What config.json says, which model2vec writes and sentence-transformers does not. */
  readonly model2vec: Model2VecConfig | undefined;
}

export interface Model2VecConfig {
  readonly normalize: boolean;
  /** Tokens of a text that count; null: all. */
  readonly maxLength: number | null;
}

/** Defaults are model2vec's own. */
const ConfigSchema = z.object({
  normalize: z.boolean().default(false),
  max_length: z.int().positive().nullable().default(512),
});

const KindSchema = z.object({ model_type: z.string().optional() });

/** @throws NighError `ERR_MODEL_FORMAT` when config.json is malformed. */
export async function readStaticEmbedding(folder: string): Promise<StaticEmbeddingModule> {
  const config = await readFolderJson(join(folder, "config.json"), ConfigSchema);
  const model2vec = config && { normalize: config.normalize, maxLength: config.max_length };
  return { kind: "StaticEmbedding", path: folder, model2vec };
}

/** Whether a folder without modules.json is one that model2vec wrote. */
export async function isModel2Vec(folder: string): Promise<boolean> {
  const config = await readFolderJson(join(folder, "config.json"), KindSchema);
  return config?.model_type === "model2vec";
}
