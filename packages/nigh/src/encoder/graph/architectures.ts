import type { Architecture } from "./architecture.js";
import { BERT, type BertConfig } from "./bert-graph.js";
import { DISTILBERT, type DistilBertConfig } from "./distilbert-graph.js";
import { ELECTRA, type ElectraConfig } from "./electra-graph.js";
import type { EncoderPlan } from "./encoder-graph.js";
import { MPNET, type MpnetConfig } from "./mpnet-graph.js";
import { ROBERTA, type RobertaConfig } from "./roberta-graph.js";

/** What config.json says of an encoder, told apart by its `model_type`. */
export type EncoderConfig =
  | BertConfig
  | DistilBertConfig
  | ElectraConfig
  | MpnetConfig
  | RobertaConfig;
type ModelType = EncoderConfig["model_type"];

const ARCHITECTURES: Readonly<Record<ModelType, Architecture<EncoderConfig>>> = {
  bert: BERT,
  distilbert: DISTILBERT,
  electra: ELECTRA,
  mpnet: MPNET,
  roberta: ROBERTA,
  "xlm-roberta": ROBERTA,
};

/** Architectures that nigh runs from model.safetensors, as config.json names them. */
export const MODEL_TYPES: readonly string[] = Object.keys(ARCHITECTURES);

/** @param modelType `model_type` of config.json. */
export function architectureOf(modelType: string): Architecture<EncoderConfig> | undefined {
  return Object.hasOwn(ARCHITECTURES, modelType)
    ? ARCHITECTURES[modelType as ModelType]
    : undefined;
}

export function planOf(config: EncoderConfig): EncoderPlan {
  return ARCHITECTURES[config.model_type].plan(config);
}
