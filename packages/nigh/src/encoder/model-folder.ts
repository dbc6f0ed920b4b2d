import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { NighError } from "../shared/errors.js";
import { POOLING_MODES, type PoolingMode } from "./graph/pooling-graph.js";
import { readIfThere } from "./read-if-there.js";

/** What the small files of a sentence-transformers folder say; weights and vocabulary stay on disk. */
export interface ModelFolder {
  readonly path: string;
  readonly name: string;
  /** Folder of the Transformer module: config.json, weights and tokenizer lie there. */
  readonly transformerPath: string;
  readonly config: BertConfig;
  /** Tokens of a text that the model reads, special tokens included. */
  readonly maxSeqLength: number;
  readonly lowerCase: boolean;
  readonly pooling: { readonly modes: readonly PoolingMode[]; readonly includePrompt: boolean };
  readonly normalize: boolean;
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | null;
  readonly similarity: SimilarityName;
}

export const SIMILARITY_NAMES = ["cosine", "dot", "euclidean", "manhattan"] as const;
export type SimilarityName = (typeof SIMILARITY_NAMES)[number];

const BertConfigSchema = z.object({
  model_type: z.literal("bert"),
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
});
export type BertConfig = z.infer<typeof BertConfigSchema>;

const ModulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));

const TransformerSchema = z.object({
  max_seq_length: z.int().positive().nullish(),
  do_lower_case: z.boolean().nullish(),
});

const TokenizerSchema = z.object({ model_max_length: z.number().positive().nullish() });

/** `pooling_mode` is the spelling since 6.x, the flags are that of all versions before. */
const PoolingSchema = z.object({
  pooling_mode: z.union([z.enum(POOLING_MODES), z.array(z.enum(POOLING_MODES)).min(1)]).optional(),
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_mean_sqrt_len_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
  include_prompt: z.boolean().default(true),
});

const SentenceTransformersSchema = z.object({
  prompts: z.record(z.string(), z.string()).nullish(),
  default_prompt_name: z.string().nullish(),
  similarity_fn_name: z.enum(SIMILARITY_NAMES).nullish(),
});

/** Every model has these, so that a default prompt is not put before queries and documents. */
const DEFAULT_PROMPTS = { query: "", document: "" };

/** Names under which versions of sentence-transformers have saved the Transformer module's options. */
const TRANSFORMER_FILES = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_camembert_config.json",
  "sentence_albert_config.json",
  "sentence_xlm-roberta_config.json",
  "sentence_xlnet_config.json",
];

const PLAIN_TRANSFORMER = [
  { path: "", type: "Transformer" },
  { path: "", type: "Pooling" },
];

/**
 * Reads a model folder as sentence-transformers does: modules.json, pooling (old flags or the 6.x
 * `pooling_mode`), Normalize, maximum length, prompts. A folder without modules.json is a plain
 * transformer and gets mean pooling.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT` (malformed file, named) or
 * `ERR_UNSUPPORTED_MODEL` (an architecture or module that nigh does not run, named).
 */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new NighError(
      "ERR_MODEL_NOT_FOUND",
      `${path} is not a folder: a model is a folder with modules.json or config.json.`,
    );
  }
  const saved = await readJson(join(path, "modules.json"), ModulesSchema);
  const modules = (saved ?? PLAIN_TRANSFORMER).map((module) => ({
    path: join(path, module.path),
    kind: module.type.split(".").at(-1) ?? "",
  }));
  checkModules(
    path,
    modules.map((module) => module.kind),
  );

  const transformerPath = modules[0]?.path ?? path;
  const config = await readConfig(join(transformerPath, "config.json"));
  const options = await readFirst(transformerPath, TRANSFORMER_FILES, TransformerSchema);
  const tokenizer = await readJson(join(transformerPath, "tokenizer_config.json"), TokenizerSchema);
  const pooling = saved
    ? await readJson(join(modules[1]?.path ?? "", "config.json"), PoolingSchema)
    : PoolingSchema.parse({});
  if (pooling === undefined) throw missing(join(modules[1]?.path ?? "", "config.json"));
  // Without modules.json sentence-transformers takes none of it: the folder is a plain transformer.
  const general = saved
    ? await readJson(join(path, "config_sentence_transformers.json"), SentenceTransformersSchema)
    : undefined;
  return {
    path,
    name: basename(path),
    transformerPath,
    config,
    maxSeqLength: checkLength(
      transformerPath,
      Math.min(
        options?.max_seq_length ?? tokenizer?.model_max_length ?? config.max_position_embeddings,
        config.max_position_embeddings,
      ),
    ),
    lowerCase: options?.do_lower_case ?? false,
    pooling: { modes: poolingModes(pooling), includePrompt: pooling.include_prompt },
    normalize: modules.length === 3,
    prompts: { ...DEFAULT_PROMPTS, ...general?.prompts },
    defaultPromptName: general?.default_prompt_name ?? null,
    similarity: general?.similarity_fn_name ?? "cosine",
  };
}

/** A text has at least one token between two special ones. */
function checkLength(path: string, length: number): number {
  if (Number.isInteger(length) && length >= 3) return length;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${path}: the maximum length of a text is ${length} tokens (max_seq_length, model_max_length or max_position_embeddings), expected an integer of at least 3.`,
  );
}

function checkModules(path: string, kinds: readonly string[]): void {
  const [first, second, third] = kinds;
  const runs =
    first === "Transformer" &&
    second === "Pooling" &&
    (kinds.length === 2 || (kinds.length === 3 && third === "Normalize"));
  if (runs) return;
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${path}: modules.json lists ${kinds.join(" -> ")}; nigh runs Transformer -> Pooling, with or without Normalize at the end.`,
  );
}

async function readConfig(path: string): Promise<BertConfig> {
  const general = await readJson(path, z.object({ model_type: z.string() }));
  if (general === undefined) throw missing(path);
  if (general.model_type !== "bert") {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${path}: the architecture is "${general.model_type}"; nigh runs "bert".`,
    );
  }
  const config = await readJson(path, BertConfigSchema);
  if (config === undefined) throw missing(path);
  if (config.hidden_size % config.num_attention_heads !== 0) {
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${path}: hidden_size ${config.hidden_size} does not divide into ${config.num_attention_heads} attention heads.`,
    );
  }
  return config;
}

function poolingModes(pooling: z.infer<typeof PoolingSchema>): readonly PoolingMode[] {
  if (pooling.pooling_mode !== undefined) return [pooling.pooling_mode].flat();
  const flags: readonly [boolean, PoolingMode][] = [
    [pooling.pooling_mode_cls_token, "cls"],
    [pooling.pooling_mode_max_tokens, "max"],
    [pooling.pooling_mode_mean_tokens, "mean"],
    [pooling.pooling_mode_mean_sqrt_len_tokens, "mean_sqrt_len_tokens"],
    [pooling.pooling_mode_weightedmean_tokens, "weightedmean"],
    [pooling.pooling_mode_lasttoken, "lasttoken"],
  ];
  const modes = flags.filter(([on]) => on).map(([, mode]) => mode);
  return modes.length === 0 ? ["mean"] : modes;
}

async function readFirst<T>(
  folder: string,
  names: readonly string[],
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  for (const name of names) {
    const found = await readJson(join(folder, name), schema);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The checked content of a JSON file, undefined where there is no such file. */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new NighError("ERR_MODEL_FORMAT", `${path} is malformed: ${found}`, { cause: error });
  }
}

function missing(path: string): NighError {
  return new NighError(
    "ERR_MODEL_FORMAT",
    `${path} is missing: bring the whole model folder from its source.`,
  );
}
