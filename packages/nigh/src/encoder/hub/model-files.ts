import { z } from "zod";
import { NighError } from "../../shared/errors.js";
import { MODEL_TYPES } from "../graph/architectures.js";
import { QUANTIZED_FILE } from "../weight-files.js";

/** Where files of a model are: a repository of the Hub, or a snapshot in the cache. */
export interface FileSource {
  /** For messages. */
  readonly name: string;
  readonly files: ReadonlySet<string>;
  /** @throws NighError `ERR_MODEL_FORMAT` where it is no JSON. */
  readJson(file: string): Promise<unknown>;
}

export interface SavedModule {
  /** Folder within the model, "" or with a slash at its end. */
  readonly folder: string;
  /** e.g. "Transformer". */
  readonly kind: string;
}

/** Small files that say how a text becomes a vector. */
const SMALL_FILES =
  /^(?:config.*\.json|sentence_.*_config\.json|tokenizer(?:_config)?\.json|special_tokens_map\.json|added_tokens\.json|vocab\.(?:txt|json)|merges\.txt)$/u;

const WITHOUT_FILES = ["Normalize"];
/** Where exports to ONNX lie, and their names in float32, the first that is there. */
const EXPORT_FOLDERS = ["onnx/", ""];
const EXPORTS = ["model.onnx", "model_O1.onnx", "model_O2.onnx", "model_O3.onnx"];

const ModulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));
const ConfigSchema = z.looseObject({ model_type: z.string().optional() });
const ShardsSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The modules that modules.json lists; a plain transformer or model2vec's model where there is none. */
export async function modulesOf(source: FileSource): Promise<readonly SavedModule[]> {
  if (!source.files.has("modules.json")) {
    const isStatic = (await architectureOf(source, "")) === "model2vec";
    return [{ folder: "", kind: isStatic ? "StaticEmbedding" : "Transformer" }];
  }
  const modules = await read(source, "modules.json", ModulesSchema);
  return modules.map(({ path, type }) => ({
    folder: path === "" || path === "." ? "" : `${path.replace(/\/+$/u, "")}/`,
    kind: type.split(".").at(-1) ?? "",
  }));
}

/** Files without which a module does not run, whatever else a repository has. */
export function indispensableFiles(modules: readonly SavedModule[]): string[] {
  return modules
    .filter(({ kind }) => !WITHOUT_FILES.includes(kind))
    .flatMap(({ folder, kind }) =>
      kind === "StaticEmbedding" || kind === "Transformer"
        ? [`${folder}tokenizer.json`, ...(kind === "Transformer" ? [`${folder}config.json`] : [])]
        : [`${folder}config.json`],
    );
}

/** Files that a model may do without, and that decide about its vectors where it has them. */
export function filesThatMatter([first]: readonly SavedModule[]): string[] {
  const ofAll = ["modules.json", "config_sentence_transformers.json"];
  if (first?.kind === "StaticEmbedding") return [...ofAll, `${first.folder}config.json`];
  if (first?.kind !== "Transformer") return ofAll;
  return [
    ...ofAll,
    `${first.folder}sentence_bert_config.json`,
    `${first.folder}tokenizer_config.json`,
  ];
}

/**
 * The files that a model needs, of all that are there: small files of its modules, and weights as model.safetensors, as its
 * shards, or as onnx/model.onnx where there is none or nigh does not build the architecture.
 *
 * @throws NighError `ERR_UNSUPPORTED_MODEL` where the weights are in other formats only, `ERR_MODEL_FORMAT`.
 */
export async function chooseFiles(source: FileSource): Promise<string[]> {
  const modules = await modulesOf(source);
  const folders = new Set(["", ...modules.map(({ folder }) => folder)]);
  const chosen = [...source.files].filter((file) => {
    const cut = file.lastIndexOf("/") + 1;
    return folders.has(file.slice(0, cut)) && SMALL_FILES.test(file.slice(cut));
  });
  if (source.files.has("modules.json")) chosen.push("modules.json");
  for (const module of modules) chosen.push(...(await weightsOf(source, module)));
  return [...new Set(chosen)];
}

async function weightsOf(source: FileSource, { folder, kind }: SavedModule): Promise<string[]> {
  const { files } = source;
  const isTransformer = kind === "Transformer";
  const exported = exportedFiles(files, folder);
  const architecture = isTransformer ? await architectureOf(source, folder) : undefined;
  if (isTransformer && architecture !== undefined && !MODEL_TYPES.includes(architecture)) {
    if (exported.length > 0) return exported;
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `The architecture of ${source.name} is "${architecture}"; nigh runs ${MODEL_TYPES.join(", ")} from model.safetensors, and any other from onnx/model.onnx, which this model does not have. Python writes one: SentenceTransformer(name, backend="onnx").save_pretrained(folder).`,
    );
  }
  const whole = `${folder}model.safetensors`;
  if (files.has(whole)) return [whole];
  const quantized = `${folder}${QUANTIZED_FILE}`;
  if (isTransformer && files.has(quantized)) return [quantized];
  const index = `${folder}model.safetensors.index.json`;
  if (files.has(index)) {
    const { weight_map } = await read(source, index, ShardsSchema);
    return [index, ...new Set(Object.values(weight_map).map((shard) => folder + shard))];
  }
  if (isTransformer && exported.length > 0) return exported;
  const other = [...files].find(
    (file) =>
      file.startsWith(folder) &&
      /^(?:pytorch_model.*\.bin|.*\.(?:h5|ot|msgpack))$/u.test(file.slice(folder.length)),
  );
  if (!isTransformer && other === undefined) return [];
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${source.name} has no ${whole}${isTransformer ? ` and no ${folder}onnx/model.onnx` : ""}${other ? `, only ${other}` : ""}: nigh reads no other format, which may run code when it is read. Python's model.save_pretrained(folder) writes safetensors; give that folder.`,
  );
}

/** An export, with the file that has its weights where they are beyond 2 GB. */
function exportedFiles(files: ReadonlySet<string>, folder: string): string[] {
  const candidates = EXPORT_FOLDERS.flatMap((sub) => EXPORTS.map((name) => folder + sub + name));
  const file = candidates.find((one) => files.has(one));
  return file === undefined ? [] : [file, `${file}_data`].filter((one) => files.has(one));
}

async function architectureOf(source: FileSource, folder: string): Promise<string | undefined> {
  const config = `${folder}config.json`;
  if (!source.files.has(config)) return undefined;
  return (await read(source, config, ConfigSchema)).model_type;
}

async function read<T>(source: FileSource, file: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await source.readJson(file));
  if (parsed.success) return parsed.data;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${file} of ${source.name} is malformed: ${z.prettifyError(parsed.error)}`,
  );
}
