import type { ClassificationHead } from "./classification-head.js";
import { type DenseModule, readDense } from "./dense.js";
import { type LayerNormModule, readLayerNorm } from "./layer-norm.js";
import { type NormalizeModule, readNormalize } from "./normalize.js";
import { type PoolingModule, readPooling } from "./pooling.js";
import { readStaticEmbedding, type StaticEmbeddingModule } from "./static-embedding.js";
import { readTransformer, type TransformerModule } from "./transformer.js";

/** What a model begins with: it takes texts. */
export type InputModule = TransformerModule | StaticEmbeddingModule;
/** What follows in modules.json: it takes vectors. */
type ListedModule = PoolingModule | DenseModule | NormalizeModule | LayerNormModule;
/** What follows. */
export type FollowingModule = ListedModule | ClassificationHead;

type Readers<M extends { kind: string }> = {
  readonly [K in M["kind"]]: (
    folder: string,
  ) => Promise<Extract<M, { kind: K }>> | Extract<M, { kind: K }>;
};

/** Kinds by their names in modules.json, the last part of a Python class. */
export const INPUT_MODULES: Readers<InputModule> = {
  Transformer: readTransformer,
  StaticEmbedding: readStaticEmbedding,
};
export const FOLLOWING_MODULES: Readers<ListedModule> = {
  Pooling: readPooling,
  Dense: readDense,
  Normalize: readNormalize,
  LayerNorm: readLayerNorm,
};
