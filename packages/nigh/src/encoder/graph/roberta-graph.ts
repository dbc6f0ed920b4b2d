import { z } from "zod";
import { type Architecture, bertLayerNames, ROBERTA_HEAD } from "./architecture.js";

const RobertaConfigSchema = z.object({
  model_type: z.enum(["roberta", "xlm-roberta"]),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  type_vocab_size: z.int().positive().default(2),
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-12),
  position_embedding_type: z.literal("absolute").default("absolute"),
  pad_token_id: z.int().nonnegative().default(1),
});
export type RobertaConfig = z.infer<typeof RobertaConfigSchema>;

/** RoBERTa (Liu et al. 2019) and XLM-RoBERTa: BERT with fairseq's positions. */
export const ROBERTA: Architecture<RobertaConfig> = {
  schema: RobertaConfigSchema,
  prefix: "roberta.",
  head: ROBERTA_HEAD,
  plan: (config) => ({
    vocabulary: config.vocab_size,
    hidden: config.hidden_size,
    inner: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    positions: config.max_position_embeddings,
    epsilon: config.layer_norm_eps,
    activation: config.hidden_act,
    names: bertLayerNames,
    tokenTypes: config.type_vocab_size,
    paddingId: config.pad_token_id,
  }),
};
