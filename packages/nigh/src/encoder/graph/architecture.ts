import type { z } from "zod";
import type { EncoderPlan } from "./encoder-graph.js";

/**
 * Layers behind an encoder that classify a text by the vector of its first token, as transformers'
 * ForSequenceClassification has them: names as torch has them, with any prefix, without ".weight" and ".bias".
 */
export interface HeadLayers {
  readonly dense: string;
  /** Between the two; as {@link TORCH_ACTIVATIONS} calls it. */
  readonly activation: "tanh" | "relu" | "gelu";
  readonly out: string;
}

/** The head of RoBERTa and of those that took it over. */
export const ROBERTA_HEAD: HeadLayers = {
  dense: "classifier.dense",
  activation: "tanh",
  out: "classifier.out_proj",
};

/** An architecture that nigh writes as a graph from model.safetensors. */
export interface Architecture<Config> {
  /** What config.json must hold. */
  readonly schema: z.ZodType<Config>;
  /** What a task model that was saved around the encoder puts before the names of its weights. */
  readonly prefix: string;
  readonly head: HeadLayers;
  plan(config: Config): EncoderPlan;
}

/** Names of weights as BERT and RoBERTa spell them. */
export function bertLayerNames(layer: number): ReturnType<EncoderPlan["names"]> {
  const name = `encoder.layer.${layer}`;
  return {
    query: `${name}.attention.self.query`,
    key: `${name}.attention.self.key`,
    value: `${name}.attention.self.value`,
    attentionOut: `${name}.attention.output.dense`,
    attentionNorm: `${name}.attention.output.LayerNorm`,
    up: `${name}.intermediate.dense`,
    down: `${name}.output.dense`,
    outputNorm: `${name}.output.LayerNorm`,
  };
}
