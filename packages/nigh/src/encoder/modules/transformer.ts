import { z } from "zod";
import { stat } from "#shared/files";
import { join } from "#shared/path";
import { NighError } from "../../shared/errors.js";
import { needFolderJson, readFirstJson, readFolderJson } from "../folder-json.js";
import { HIDDEN_ACTIVATIONS } from "../graph/activations.js";
import { architectureOf, type EncoderConfig, MODEL_TYPES, planOf } from "../graph/architectures.js";
import { longestText } from "../graph/encoder-graph.js";
import { QUANTIZED_FILE, WEIGHT_FILES } from "../weight-files.js";
import { findExportedFile } from "./exported-file.js";

/** Makes a vector of each token of a text. */
export interface TransformerModule {
  readonly kind: "Transformer";
  /** config.json, weights and tokenizer lie there. */
  readonly path: string;
  readonly encoder: Encoder;
  /** Whether the folder has int8 weights and no others. */
  readonly isQuantized: boolean;
  /** Tokens of a text that the model reads, special tokens included. */
  readonly maxSeqLength: number;
  readonly lowerCase: boolean;
}

/** The encoder as a graph that nigh writes around its weights, or as someone exported it. */
export type Encoder =
  | { readonly kind: "graph"; readonly config: EncoderConfig }
  | {
      readonly kind: "exported";
      /** The ONNX file. */
      readonly file: string;
      /** Of the file, and of that beside it which has the weights, if any. */
      readonly bytes: number;
      readonly modelType: string;
      /** Tokens that it knows, and the length of its vectors; undefined where config.json does not say. */
      readonly vocabulary: number | undefined;
      readonly hidden: number | undefined;
    };

/** Names under which versions of sentence-transformers have saved the module's options. */
const OPTION_FILES = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_camembert_config.json",
  "sentence_albert_config.json",
  "sentence_xlm-roberta_config.json",
  "sentence_xlnet_config.json",
];

const ProcessorSchema = z.object({ model_max_length: z.int().positive().nullish() }).nullish();
const OptionsSchema = z.object({
  max_seq_length: z.int().positive().nullish(),
  do_lower_case: z.boolean().nullish(),
  tokenizer_args: ProcessorSchema,
  processor_kwargs: ProcessorSchema,
  transformer_task: z.string().optional(),
  module_output_name: z.string().optional(),
});

/** What a transformer is there for: sentence-transformers' names of the task and of what it gives. */
const TASKS = {
  encode: { task: "feature-extraction", output: "token_embeddings" },
  classify: { task: "sequence-classification", output: "scores" },
} as const;

export interface ReadTransformerOptions {
  /** Default "encode". */
  readonly does?: keyof typeof TASKS;
  /** Whether modules.json lists it; sentence-transformers takes its own options from no other folder. Default true. */
  readonly isListed?: boolean;
  /** Tokens to read instead of what the files say. */
  readonly maxLength?: number | undefined;
}

/** For exported models that name no maximum: more than any has been trained for. */
const NO_MAXIMUM = 2 ** 20;

const TokenizerSchema = z.object({ model_max_length: z.number().positive().nullish() });

const GeneralConfigSchema = z.object({
  model_type: z.string(),
  vocab_size: z.int().positive().optional(),
  hidden_size: z.int().positive().optional(),
  dim: z.int().positive().optional(),
  d_model: z.int().positive().optional(),
  max_position_embeddings: z.int().optional(),
});
type GeneralConfig = z.infer<typeof GeneralConfigSchema>;

/**
 * @throws NighError `ERR_MODEL_FORMAT` for a file that is missing or malformed, `ERR_UNSUPPORTED_MODEL` for an
 * architecture that nigh runs neither from model.safetensors nor from an ONNX file of the folder.
 */
export async function readTransformer(
  path: string,
  { does = "encode", isListed = true, maxLength }: ReadTransformerOptions = {},
): Promise<TransformerModule> {
  const general = await needFolderJson(join(path, "config.json"), GeneralConfigSchema);
  const options = isListed ? await readFirstJson(path, OPTION_FILES, OptionsSchema) : undefined;
  if (options !== undefined) checkTask(path, options, does);
  const encoder = await readEncoder(path, general);
  const tokenizer = await readFolderJson(join(path, "tokenizer_config.json"), TokenizerSchema);
  const processor = options?.processor_kwargs ?? options?.tokenizer_args;
  const positions = positionsOf(encoder, general);
  if (maxLength !== undefined && maxLength > positions) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${path}: "maxLength" is ${maxLength}, but the model has positions for ${positions} tokens: ask for at most as many.`,
    );
  }
  const asked =
    maxLength ??
    processor?.model_max_length ??
    options?.max_seq_length ??
    tokenizer?.model_max_length;
  return {
    kind: "Transformer",
    path,
    encoder,
    isQuantized: encoder.kind === "graph" && (await isQuantized(path)),
    maxSeqLength: checkLength(path, Math.min(asked ?? positions, positions)),
    lowerCase: options?.do_lower_case ?? false,
  };
}

async function readEncoder(path: string, general: GeneralConfig): Promise<Encoder> {
  const { model_type: modelType } = general;
  const architecture = architectureOf(modelType);
  let reason = `the architecture is "${modelType}"`;
  if (architecture !== undefined) {
    const config = await needFolderJson(join(path, "config.json"), architecture.schema);
    const { activation } = checkHeads(path, planOf(config));
    if (!HIDDEN_ACTIVATIONS.includes(activation)) {
      reason = `the activation "${activation}" of "${modelType}" is not known`;
    } else if ((await hasWeights(path)) || (await findExportedFile(path)) === undefined) {
      return { kind: "graph", config };
    }
  }
  const found = await findExportedFile(path);
  if (found === undefined) {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${join(path, "config.json")}: ${reason}. nigh runs ${MODEL_TYPES.join(", ")} from model.safetensors, and any other from onnx/model.onnx: this folder has none (Python writes one: SentenceTransformer(name, backend="onnx").save_pretrained(folder)).`,
    );
  }
  const hidden = general.hidden_size ?? general.dim ?? general.d_model;
  return { kind: "exported", ...found, modelType, vocabulary: general.vocab_size, hidden };
}

async function hasWeights(path: string): Promise<boolean> {
  return hasOneOf(path, WEIGHT_FILES);
}

async function isQuantized(path: string): Promise<boolean> {
  return !(await hasWeights(path)) && (await hasOneOf(path, [QUANTIZED_FILE]));
}

async function hasOneOf(path: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.allSettled(names.map((name) => stat(join(path, name))));
  return found.some(({ status }) => status === "fulfilled");
}

function checkHeads(path: string, plan: ReturnType<typeof planOf>): typeof plan {
  if (plan.hidden % plan.heads === 0) return plan;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${join(path, "config.json")}: vectors of ${plan.hidden} numbers do not divide into ${plan.heads} attention heads.`,
  );
}

function checkTask(
  path: string,
  options: z.infer<typeof OptionsSchema>,
  does: keyof typeof TASKS,
): void {
  const expected = TASKS[does];
  const { transformer_task: task = expected.task, module_output_name: output = expected.output } =
    options;
  if (task === expected.task && output === expected.output) return;
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${path}: the Transformer module does "${task}" and gives "${output}"; nigh runs "${expected.task}" that gives "${expected.output}".`,
  );
}

function positionsOf(encoder: Encoder, general: GeneralConfig): number {
  if (encoder.kind === "graph") return longestText(planOf(encoder.config));
  const positions = general.max_position_embeddings ?? -1;
  return positions > 0 ? positions : NO_MAXIMUM;
}

/** A text has at least one token between two special ones. */
function checkLength(path: string, length: number): number {
  if (Number.isInteger(length) && length >= 3) return length;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${path}: the maximum length of a text is ${length} tokens (max_seq_length, model_max_length or max_position_embeddings), expected an integer of at least 3.`,
  );
}
