import { type DenseModule, readDense } from "./dense.js";
import { type LayerNormModule, readLayerNorm } from "./layer-norm.js";
import { type NormalizeModule, readNormalize } from "./normalize.js";
import { type PoolingModule, readPooling } from "./pooling.js";
import { readStaticEmbedding, type StaticEmbeddingModule } from "./static-embedding.js";
import { readTransformer, type TransformerModule } from "./transformer.js";

/** What a model begins with: it takes texts. */
export type InputModule = TransformerModule | StaticEmbeddingModule;
/** What follows: it takes vectors. */
export type FollowingModule = PoolingModule | DenseModule | NormalizeModule | LayerNormModule;

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
export const FOLLOWING_MODULES: Readers<FollowingModule> = {
  Pooling: readPooling,
  Dense: readDense,
  Normalize: readNormalize,
  LayerNorm: readLayerNorm,
};
