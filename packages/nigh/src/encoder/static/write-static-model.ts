import type { Matrix } from "../../shared/matrix.js";
import type { Json } from "../../tokens/json.js";
import { writeModelFolder } from "../write-model-folder.js";
import { writeSafetensors } from "../write-safetensors.js";
import { SIF_COEFFICIENT } from "./sif-weights.js";

export interface StaticModel {
  /** Name of the model it was made from. */
  readonly teacher: string;
  /**
   * [tokens x dimension], written as float32: of float16 sentence-transformers makes float16 vectors, and NaN of texts without
   * tokens.
   */
  readonly vectors: Matrix;
  readonly tokenizer: Json;
}

/**
 * Writes a folder as model2vec does, which sentence-transformers reads too: whole, or not at all.
 *
 * @throws NighError `ERR_EXISTS`, `ERR_DISK_FULL`, `ERR_FILE`
 */
export async function writeStaticModel(folder: string, model: StaticModel): Promise<void> {
  await writeModelFolder(folder, filesOf(model));
}

function filesOf({
  teacher,
  vectors,
  tokenizer,
}: StaticModel): Record<string, string | Uint8Array> {
  const [tokens, dimension] = vectors.shape;
  const config = {
    model_type: "model2vec",
    architectures: ["StaticModel"],
    tokenizer_name: teacher,
    apply_pca: dimension,
    sif_coefficient: SIF_COEFFICIENT,
    hidden_dim: dimension,
    seq_length: 1_000_000,
    normalize: true,
    max_length: null,
    embedding_dtype: "float32",
  };
  const modules = ["StaticEmbedding", "Normalize"].map((name, i) => ({
    idx: i,
    name: `${i}`,
    path: i === 0 ? "." : `${i}_${name}`,
    type: `sentence_transformers.models.${name}`,
  }));
  const tensor = {
    name: "embeddings",
    type: "F32",
    shape: [tokens, dimension],
    data: vectors.data,
  } as const;
  return {
    "config.json": json(config),
    "modules.json": json(modules),
    "tokenizer.json": JSON.stringify(tokenizer),
    "model.safetensors": writeSafetensors([tensor]),
    "README.md": `A static model, distilled from ${teacher} by nigh: each token of its vocabulary through the model, principal components, weights by rank. The licence is that of ${teacher}.\n`,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
