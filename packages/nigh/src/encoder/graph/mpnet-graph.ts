import { z } from "zod";
import { type Architecture, ROBERTA_HEAD } from "./architecture.js";
import type { AttentionBias, LayerNames } from "./encoder-graph.js";

const MpnetConfigSchema = z.object({
  model_type: z.literal("mpnet"),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-12),
  relative_attention_num_buckets: z.int().positive().default(32),
});
export type MpnetConfig = z.infer<typeof MpnetConfigSchema>;

/** Fixed in transformers, whatever config.json says. */
const PADDING_ID = 1;
const BUCKETS = 32;
const FARTHEST = 128;

const BIAS = "encoder.relative_attention_bias.weight";

/** MPNet (Song et al. 2020): RoBERTa without token types, with relative positions. */
export const MPNET: Architecture<MpnetConfig> = {
  schema: MpnetConfigSchema,
  prefix: "mpnet.",
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
    names: layerNames,
    tokenTypes: 0,
    paddingId: PADDING_ID,
    attentionBias: relativePositions(config),
  }),
};

function layerNames(layer: number): LayerNames {
  const name = `encoder.layer.${layer}`;
  return {
    query: `${name}.attention.attn.q`,
    key: `${name}.attention.attn.k`,
    value: `${name}.attention.attn.v`,
    attentionOut: `${name}.attention.attn.o`,
    attentionNorm: `${name}.attention.LayerNorm`,
    up: `${name}.intermediate.dense`,
    down: `${name}.output.dense`,
    outputNorm: `${name}.output.LayerNorm`,
  };
}

function relativePositions(config: MpnetConfig): AttentionBias {
  const shape = [config.relative_attention_num_buckets, config.num_attention_heads];
  // From farthest to the left to farthest to the right; beyond, all is one bucket.
  const buckets = Array.from({ length: 2 * FARTHEST + 1 }, (_, i) => bucketOf(i - FARTHEST));
  return {
    shapes: new Map([[BIAS, shape]]),
    write(graph, weights, sequence) {
      const byDistance = graph.op("Gather", [weights.value(BIAS), graph.ints(buckets)]);
      const positions = graph.op("Range", [
        graph.ints(0),
        graph.op("Squeeze", [sequence]),
        graph.ints(1),
      ]);
      const distances = graph.op("Sub", [
        graph.op("Unsqueeze", [positions, graph.ints([0])]),
        graph.op("Unsqueeze", [positions, graph.ints([1])]),
      ]);
      const near = graph.op("Clip", [distances, graph.ints(-FARTHEST), graph.ints(FARTHEST)]);
      const places = graph.op("Add", [near, graph.ints(FARTHEST)]);
      const heads = graph.op("Transpose", [byDistance], { perm: [1, 0] });
      const bias = graph.op("Gather", [heads, places], { axis: 1 });
      return graph.op("Unsqueeze", [bias, graph.ints([0])]);
    },
  };
}

/**
 * The bucket of a distance (where the other token stands, less where this one does): half of them for
 * each side, the first eight of a side exact, then logarithmic (Raffel et al. 2020).
 */
function bucketOf(distance: number): number {
  const half = BUCKETS / 2;
  const exact = half / 2;
  const side = distance > 0 ? half : 0;
  const size = Math.abs(distance);
  if (size < exact) return side + size;
  // In float32 as torch computes it: at the borders of buckets the last bit decides.
  const ratio = Math.fround(
    Math.fround(Math.log(size / exact)) / Math.fround(Math.log(FARTHEST / exact)),
  );
  const bucket = exact + Math.trunc(Math.fround(ratio * (half - exact)));
  return side + Math.min(bucket, half - 1);
}
