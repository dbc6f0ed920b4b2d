import { z } from "zod";
import { utf8Text } from "../../shared/utf8.js";

/** What a module of sentence-transformers may have, weights apart. */
const SMALL_FILES = [
  "config.json",
  "sentence_bert_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
];
const SHARDS = "model.safetensors.index.json";
const BIG_FILES = ["model.safetensors", "onnx/model.onnx", "onnx/model.onnx_data"];

const ModulesSchema = z.array(z.object({ path: z.string() }));
const ShardsSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The files of a model's folder that has no list of them: those that there may be are asked for, one after the other.
 *
 * @param read a small file; undefined where there is none.
 * @param exists whether there is a big one.
 */
export async function probeFiles(
  read: (file: string) => Promise<Uint8Array | undefined>,
  exists: (file: string) => Promise<boolean>,
): Promise<Set<string>> {
  const files = new Set<string>();
  const probe = async (file: string): Promise<Uint8Array | undefined> => {
    const bytes = await read(file);
    if (bytes !== undefined) files.add(file);
    return bytes;
  };
  const modules = await probe("modules.json");
  await probe("config_sentence_transformers.json");
  const listed = modules && ModulesSchema.safeParse(json(modules)).data;
  const folders = (listed ?? []).map(({ path }) => (path === "" ? "" : `${path}/`));
  for (const folder of new Set(["", ...folders])) {
    for (const file of SMALL_FILES) await probe(folder + file);
    const shards = await probe(folder + SHARDS);
    const names = shards && ShardsSchema.safeParse(json(shards)).data?.weight_map;
    for (const name of Object.values(names ?? {})) files.add(folder + name);
    for (const file of BIG_FILES) if (await exists(folder + file)) files.add(folder + file);
  }
  return files;
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(bytes));
  } catch {
    return undefined;
  }
}
