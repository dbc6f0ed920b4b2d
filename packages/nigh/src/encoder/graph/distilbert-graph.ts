import { z } from "zod";
import type { Architecture } from "./architecture.js";
import type { LayerNames } from "./encoder-graph.js";

const DistilBertConfigSchema = z.object({
  model_type: z.literal("distilbert"),
  vocab_size: z.int().positive(),
  dim: z.int().positive(),
  n_layers: z.int().positive(),
  n_heads: z.int().positive(),
  hidden_dim: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  activation: z.string().default("gelu"),
});
export type DistilBertConfig = z.infer<typeof DistilBertConfigSchema>;

/** DistilBERT (Sanh et al. 2019): BERT without token types, under other names. */
export const DISTILBERT: Architecture<DistilBertConfig> = {
  schema: DistilBertConfigSchema,
  prefix: "distilbert.",
  head: { dense: "pre_classifier", activation: "relu", out: "classifier" },
  plan: (config) => ({
    vocabulary: config.vocab_size,
    hidden: config.dim,
    inner: config.hidden_dim,
    layers: config.n_layers,
    heads: config.n_heads,
    positions: config.max_position_embeddings,
    // Fixed in transformers, too.
    epsilon: 1e-12,
    activation: config.activation,
    names: layerNames,
    tokenTypes: 0,
    paddingId: undefined,
  }),
};

function layerNames(layer: number): LayerNames {
  const name = `transformer.layer.${layer}`;
  return {
    query: `${name}.attention.q_lin`,
    key: `${name}.attention.k_lin`,
    value: `${name}.attention.v_lin`,
    attentionOut: `${name}.attention.out_lin`,
    attentionNorm: `${name}.sa_layer_norm`,
    up: `${name}.ffn.lin1`,
    down: `${name}.ffn.lin2`,
    outputNorm: `${name}.output_layer_norm`,
  };
}
