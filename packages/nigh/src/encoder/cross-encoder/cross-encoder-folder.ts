import { basename, join } from "node:path";
import { z } from "zod";
import { NighError } from "../../shared/errors.js";
import { needFolderJson, readFolderJson } from "../folder-json.js";
import { architectureOf, planOf } from "../graph/architectures.js";
import { checkIsFolder, isCrossEncoder, type ModelFolder } from "../model-folder.js";
import type { ClassificationHead } from "../modules/classification-head.js";
import { readTransformer, type TransformerModule } from "../modules/transformer.js";
import { activationNamed, type ScoreActivation } from "./score-activation.js";

/** A model that scores pairs of texts. */
export interface CrossEncoderFolder extends ModelFolder {
  readonly input: TransformerModule;
  readonly following: readonly [ClassificationHead];
  /** Names of the numbers that it gives for a pair. */
  readonly labels: readonly string[];
  readonly activation: ScoreActivation;
}

const ConfigSchema = z.object({
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: z.int().positive().nullish(),
  sentence_transformers: z.object({ activation_fn: z.string().nullish() }).nullish(),
  // The spelling before sentence-transformers 4.
  sbert_ce_default_activation_function: z.string().nullish(),
});
type Config = z.infer<typeof ConfigSchema>;

const SavedSchema = z.object({
  activation_fn: z.string().nullish(),
  prompts: z.record(z.string(), z.string()).nullish(),
  default_prompt_name: z.string().nullish(),
});
const ModulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));

export interface CrossEncoderReadOptions {
  /** Instead of the model's own. */
  readonly activation?: ScoreActivation | undefined;
  readonly maxLength?: number | undefined;
}

/**
 * Reads a folder as sentence-transformers' CrossEncoder does: one that transformers saved (config.json says
 * "…ForSequenceClassification"), or one that CrossEncoder saved, with modules.json.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT` (malformed file, named) or `ERR_UNSUPPORTED_MODEL` (no cross-encoder,
 * or one that nigh does not run); `ERR_INVALID_ARGUMENT` for a maxLength beyond the model's.
 */
export async function readCrossEncoderFolder(
  path: string,
  { activation, maxLength }: CrossEncoderReadOptions = {},
): Promise<CrossEncoderFolder> {
  await checkIsFolder(path);
  const modules = await readFolderJson(join(path, "modules.json"), ModulesSchema);
  const configPath = join(path, "config.json");
  if (modules !== undefined && !(await isCrossEncoder(path))) throw noCrossEncoder(path);
  checkModules(path, modules);
  const config = await needFolderJson(configPath, ConfigSchema);
  checkArchitecture(path, config);

  const savedPath = join(path, "config_sentence_transformers.json");
  // Without modules.json sentence-transformers takes none of it.
  const saved = modules ? await readFolderJson(savedPath, SavedSchema) : undefined;
  const labels = labelsOf(configPath, config);
  const isListed = modules !== undefined;
  const input = await readTransformer(path, { does: "classify", isListed, maxLength });
  return {
    path,
    name: basename(path),
    input,
    following: [{ kind: "ClassificationHead", labels: labels.length, layers: headOf(input) }],
    labels,
    activation:
      activation ??
      (saved?.activation_fn
        ? activationNamed(saved.activation_fn, savedPath)
        : defaultActivation(configPath, config, labels.length)),
    prompts: saved?.prompts ?? {},
    defaultPromptName: saved?.default_prompt_name ?? null,
  };
}

function noCrossEncoder(path: string): NighError {
  return new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${path} is no cross-encoder: it makes vectors of texts. Load it with SentenceTransformer.load, or use a model such as "cross-encoder/ms-marco-MiniLM-L6-v2" here.`,
  );
}

function checkModules(path: string, modules: z.infer<typeof ModulesSchema> | undefined): void {
  const kinds = (modules ?? []).map(({ type }) => type.split(".").at(-1));
  const isPlain = modules === undefined || (kinds.join() === "Transformer" && !modules[0]?.path);
  if (isPlain) return;
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${join(path, "modules.json")} lists ${kinds.join(" -> ") || "no modules"}; of cross-encoders nigh runs those of one Transformer with a classification head.`,
  );
}

function checkArchitecture(path: string, { architectures }: Config): void {
  const [architecture] = architectures ?? [];
  // A config.json that names none is believed to be one: the weights tell.
  if (architecture?.endsWith("ForSequenceClassification") ?? true) return;
  if (!architecture?.endsWith("ForCausalLM")) throw noCrossEncoder(path);
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${join(path, "config.json")}: the architecture is "${architecture}", a language model that answers yes or no; nigh runs cross-encoders with a classification head (…ForSequenceClassification).`,
  );
}

/** As transformers and sentence-transformers count them: two where config.json names none. */
function labelsOf(path: string, config: Config): readonly string[] {
  const isClassifier = config.architectures?.length;
  const numbered = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  if (!isClassifier) return numbered(1);
  if (!config.id2label) return numbered(config.num_labels ?? 2);
  const labels = config.id2label;
  return Object.keys(labels).map((_, i) => {
    const label = labels[i];
    if (label !== undefined) return label;
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${path}: id2label has ${Object.keys(labels).length} labels, but none with the number ${i}: expected those from 0 on. Bring the file again from its source.`,
    );
  });
}

function headOf({ encoder }: TransformerModule): ClassificationHead["layers"] {
  if (encoder.kind === "exported") return undefined;
  const head = architectureOf(encoder.config.model_type)?.head;
  return head && { ...head, hidden: planOf(encoder.config).hidden };
}

function defaultActivation(path: string, config: Config, labels: number): ScoreActivation {
  const named =
    config.sentence_transformers?.activation_fn ?? config.sbert_ce_default_activation_function;
  if (named) return activationNamed(named, path);
  return labels === 1 ? "sigmoid" : "identity";
}
