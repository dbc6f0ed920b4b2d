import { z } from "zod";
import { stat } from "#shared/files";
import { basename, isAbsolute, join } from "#shared/path";
import { NighError } from "../shared/errors.js";
import { nearestName } from "../shared/options.js";
import { readFolderJson } from "./folder-json.js";
import {
  FOLLOWING_MODULES,
  type FollowingModule,
  INPUT_MODULES,
  type InputModule,
} from "./modules/module.js";
import { MEAN_POOLING } from "./modules/pooling.js";
import { isModel2Vec } from "./modules/static-embedding.js";

/** What the small files of a model folder say; weights and vocabulary stay on disk. */
export interface ModelFolder {
  readonly path: string;
  readonly name: string;
  /** Turns texts into vectors, mostly one a token. */
  readonly input: InputModule;
  /** Turn those into one vector a text, in this order. */
  readonly following: readonly FollowingModule[];
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | null;
}

/** A model that makes vectors of texts. */
export interface SentenceTransformerFolder extends ModelFolder {
  readonly similarity: SimilarityName;
  /** Dimensions that are kept of each vector, where the model does not keep all. */
  readonly truncateDim: number | undefined;
}

export const SIMILARITY_NAMES = ["cosine", "dot", "euclidean", "manhattan"] as const;
export type SimilarityName = (typeof SIMILARITY_NAMES)[number];

const ModulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));

const ModelTypeSchema = z.object({ model_type: z.string().nullish() });
const ArchitecturesSchema = z.object({ architectures: z.array(z.string()).nullish() });

const SentenceTransformersSchema = z.object({
  prompts: z.record(z.string(), z.string()).nullish(),
  default_prompt_name: z.string().nullish(),
  similarity_fn_name: z.enum(SIMILARITY_NAMES).nullish(),
  truncate_dim: z.int().positive().nullish(),
});

/** Every model has these, so that a default prompt is not put before queries and documents. */
const DEFAULT_PROMPTS = { query: "", document: "" };

/**
 * Reads a model folder as sentence-transformers does: modules.json with each module's own files, in the
 * spelling of 6.x and in the older one, prompts, similarity. A folder without modules.json is a plain
 * transformer and gets mean pooling, or model2vec's.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT` (malformed file, named) or
 * `ERR_UNSUPPORTED_MODEL` (an architecture or module that nigh does not run, named).
 */
export async function readModelFolder(path: string): Promise<SentenceTransformerFolder> {
  await checkIsFolder(path);
  if (await isCrossEncoder(path)) {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${path} is a cross-encoder: it scores pairs of texts and makes no vectors. Load it with CrossEncoder.load, or use a model that makes vectors here.`,
    );
  }
  const saved = await readFolderJson(join(path, "modules.json"), ModulesSchema);
  const { input, following } = saved ? await readModules(path, saved) : await readUnlisted(path);
  // Without modules.json sentence-transformers takes none of it: the folder is a plain transformer.
  const general = saved
    ? await readFolderJson(
        join(path, "config_sentence_transformers.json"),
        SentenceTransformersSchema,
      )
    : undefined;
  return {
    path,
    name: basename(path),
    input,
    following,
    prompts: { ...DEFAULT_PROMPTS, ...general?.prompts },
    defaultPromptName: general?.default_prompt_name ?? null,
    similarity: general?.similarity_fn_name ?? "cosine",
    truncateDim: general?.truncate_dim ?? undefined,
  };
}

/** @throws NighError `ERR_MODEL_NOT_FOUND` for what is no folder. */
export async function checkIsFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
  throw new NighError(
    "ERR_MODEL_NOT_FOUND",
    `${path} is not a folder: a model is a folder with modules.json or config.json.`,
  );
}

/** Whether sentence-transformers would take a folder for a cross-encoder. */
export async function isCrossEncoder(path: string): Promise<boolean> {
  if ((await readFolderJson(join(path, "modules.json"), z.unknown())) !== undefined) {
    const saved = join(path, "config_sentence_transformers.json");
    return (await readFolderJson(saved, ModelTypeSchema))?.model_type === "CrossEncoder";
  }
  const config = await readFolderJson(join(path, "config.json"), ArchitecturesSchema);
  return config?.architectures?.[0]?.endsWith("ForSequenceClassification") ?? false;
}

async function readUnlisted(path: string): Promise<Pick<ModelFolder, "input" | "following">> {
  return (await isModel2Vec(path))
    ? { input: await INPUT_MODULES.StaticEmbedding(path), following: [] }
    : { input: await INPUT_MODULES.Transformer(path), following: [MEAN_POOLING] };
}

async function readModules(
  path: string,
  saved: z.infer<typeof ModulesSchema>,
): Promise<Pick<ModelFolder, "input" | "following">> {
  const listed = saved.map(({ type, path: relative }) => ({
    kind: kindOf(path, type),
    folder: folderOf(path, relative),
  }));
  const [first, ...rest] = listed;
  const kinds = listed.map(({ kind }) => kind);
  const isPooled = kinds.includes("Pooling") === (first?.kind === "Transformer");
  if (!first || !isKey(INPUT_MODULES, first.kind) || !isPooled) throw unsupportedOrder(path, kinds);
  const input = await INPUT_MODULES[first.kind](first.folder);
  const following: FollowingModule[] = [];
  for (const { kind, folder } of rest) {
    if (!isKey(FOLLOWING_MODULES, kind)) throw unsupportedOrder(path, kinds);
    following.push(await FOLLOWING_MODULES[kind](folder));
  }
  return { input, following };
}

/** The class of a module without its package, which versions of sentence-transformers spell differently. */
function kindOf(path: string, type: string): string {
  const kind = type.split(".").at(-1) ?? "";
  const known = [...Object.keys(INPUT_MODULES), ...Object.keys(FOLLOWING_MODULES)];
  if (known.includes(kind)) return kind;
  const nearest = nearestName(kind, known);
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${join(path, "modules.json")} lists a module "${type}", which nigh does not know.${nearest ? ` Did you mean "${nearest}"?` : ""} It runs ${known.join(", ")}: use a model of these.`,
  );
}

function unsupportedOrder(path: string, kinds: readonly string[]): NighError {
  return new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${join(path, "modules.json")} lists ${kinds.join(" -> ") || "no modules"}; nigh runs Transformer -> Pooling or StaticEmbedding, then any of ${Object.keys(FOLLOWING_MODULES).join(", ")}.`,
  );
}

/** A model that someone else wrote must not make nigh read files outside of its folder. */
function folderOf(path: string, relative: string): string {
  if (!isAbsolute(relative) && !relative.split(/[/\\]/).includes("..")) return join(path, relative);
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${join(path, "modules.json")}: the path ${JSON.stringify(relative)} leads out of the model's folder. Bring the model again from a source that you trust.`,
  );
}

function isKey<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}
