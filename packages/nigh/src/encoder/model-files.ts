import { stat } from "#shared/files";
import { createHash, sha256OfFile as hashOfFile } from "#shared/hash";
import { join, relative } from "#shared/path";
import { messageOf, NighError } from "../shared/errors.js";
import { utf8Text } from "../shared/utf8.js";
import type { ModelFolder } from "./model-folder.js";
import { dataOf } from "./modules/exported-file.js";
import { readIfThere } from "./read-if-there.js";
import { WeightFiles } from "./weight-files.js";

/** The list of checksums that a model folder may carry, in the format of sha256sum(1). */
const CHECKSUMS_FILE = "SHA256SUMS";

/** Weights of a model's parts, open: what uses them closes them. */
export interface ModelFiles {
  /** Undefined where the encoder is an exported one, whose file the runtime reads. */
  readonly encoder: WeightFiles | undefined;
  /** Of the modules that have weights of their own, by their path. */
  readonly modules: ReadonlyMap<string, WeightFiles>;
  /** @throws NighError `ERR_FILE` when a file was written to since it was opened. */
  checkUnchanged(): void;
  close(): void;
}

/** What decides about a model's vectors. */
type WeightedFolder = ModelFolder & { readonly truncateDim?: number | undefined };

export interface LoadedWeights {
  readonly weights: ModelFiles;
  /** sha256 of the weights, the tokenizer and the options that decide what a text's vector is. */
  readonly fingerprint: string;
}

/**
 * Opens the weights, and checks every file that SHA256SUMS lists where the folder has one.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND` when there are no weights, `ERR_CHECKSUM` when a listed file
 * is damaged or missing, with what was found and expected, `ERR_MODEL_FORMAT` when a file is damaged.
 */
export async function loadWeights(folder: WeightedFolder): Promise<LoadedWeights> {
  const encoder = await encoderPaths(folder);
  const modules = new Map<string, readonly string[]>();
  for (const module of folder.following) {
    if ("path" in module) modules.set(module.path, await WeightFiles.pathsIn(module.path));
  }
  const sums = new Map<string, string>();
  for (const path of [...encoder, ...[...modules.values()].flat()]) {
    sums.set(path, await sha256OfFile(path));
  }
  await verifyChecksums(folder.path, sums);
  return {
    weights: openAll(folder, encoder, modules),
    fingerprint: await fingerprint(folder, encoder, modules, sums),
  };
}

/**
 * Checks files of a folder that has {@link CHECKSUMS_FILE}, and all others that it lists.
 *
 * @throws NighError `ERR_CHECKSUM`, also where there is no list.
 */
export async function verifyFiles(folder: string, paths: readonly string[]): Promise<void> {
  const sums = new Map<string, string>();
  for (const path of paths) sums.set(path, await sha256OfFile(path));
  if (await verifyChecksums(folder, sums)) return;
  throw new NighError(
    "ERR_CHECKSUM",
    `${join(folder, CHECKSUMS_FILE)} is missing, which says whether ${paths.join(", ")} and the files beside it belong together. Make the folder again.`,
  );
}

async function encoderPaths({ input }: ModelFolder): Promise<readonly string[]> {
  if (input.kind === "StaticEmbedding" || input.encoder.kind === "graph") {
    return WeightFiles.pathsIn(input.path);
  }
  const { file } = input.encoder;
  const data = dataOf(file);
  const hasData = (await stat(data).catch(() => undefined)) !== undefined;
  return hasData ? [file, data] : [file];
}

function openAll(
  { input }: ModelFolder,
  encoderPaths: readonly string[],
  modulePaths: ReadonlyMap<string, readonly string[]>,
): ModelFiles {
  const opened: WeightFiles[] = [];
  const close = (): void => {
    for (const files of opened) files.close();
  };
  const open = (paths: readonly string[]): WeightFiles => {
    const files = new WeightFiles(paths);
    opened.push(files);
    return files;
  };
  try {
    const isExported = input.kind === "Transformer" && input.encoder.kind === "exported";
    const encoder = isExported ? undefined : open(encoderPaths);
    const modules = new Map([...modulePaths].map(([path, paths]) => [path, open(paths)]));
    const checkUnchanged = (): void => {
      for (const files of opened) files.checkUnchanged();
    };
    return { encoder, modules, checkUnchanged, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function sha256OfFile(path: string): Promise<string> {
  try {
    return await hashOfFile(path);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT"
      ? new NighError(
          "ERR_MODEL_NOT_FOUND",
          `${path} is missing: nigh reads weights from model.safetensors, or from the files that model.safetensors.index.json lists. Bring the whole model folder from its source.`,
        )
      : new NighError("ERR_FILE", `${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** @returns whether there is a list. */
async function verifyChecksums(
  folder: string,
  known: ReadonlyMap<string, string>,
): Promise<boolean> {
  const listPath = join(folder, CHECKSUMS_FILE);
  const list = await readIfThere(listPath);
  if (list === undefined) return false;
  const listed = new Set<string>();
  for (const line of utf8Text(list).split(/\r?\n/).filter(Boolean)) {
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (!match) {
      throw new NighError(
        "ERR_CHECKSUM",
        `${listPath}: the line ${JSON.stringify(line)} is not "sha256  file". Install the model again.`,
      );
    }
    const [, expected = "", name = ""] = match;
    const path = join(folder, name);
    listed.add(path);
    const found = known.get(path) ?? (await sha256OfFile(path).catch(() => undefined));
    if (found === expected) continue;
    const what =
      found === undefined
        ? "is missing or cannot be read"
        : `is damaged: its sha256 is ${found}, expected ${expected}`;
    throw new NighError(
      "ERR_CHECKSUM",
      `${path} ${what} (listed in ${CHECKSUMS_FILE}). Install the model again.`,
    );
  }
  for (const path of known.keys()) {
    if (listed.has(path)) continue;
    throw new NighError(
      "ERR_CHECKSUM",
      `${listPath} does not list ${path}: the list is damaged. Install the model again.`,
    );
  }
  return true;
}

async function fingerprint(
  folder: WeightedFolder,
  encoder: readonly string[],
  modules: ReadonlyMap<string, readonly string[]>,
  sums: ReadonlyMap<string, string>,
): Promise<string> {
  const { input, following } = folder;
  const sumsOf = (paths: readonly string[]): string[] => paths.map((path) => sums.get(path) ?? "");
  const hashFile = async (name: string): Promise<string> =>
    sha256((await readIfThere(join(input.path, name))) ?? "");
  const [pooling, normalize, ...more] = following;
  // Written so that the fingerprints of models without further modules stay what they were: collections
  // keep them.
  const isPlain =
    pooling?.kind === "Pooling" &&
    (normalize === undefined || normalize.kind === "Normalize") &&
    more.length === 0;
  const transformer = input.kind === "Transformer" ? input : undefined;
  const parts = {
    weights: encoder.length === 1 ? sumsOf(encoder)[0] : sumsOf(encoder),
    tokenizer: await hashFile("tokenizer.json"),
    tokenizerConfig: await hashFile("tokenizer_config.json"),
    config:
      transformer?.encoder.kind === "graph"
        ? transformer.encoder.config
        : (transformer?.encoder.kind ?? { ...input, path: undefined }),
    pooling: isPlain
      ? { modes: pooling.modes, includePrompt: pooling.includePrompt }
      : following.map((module) =>
          "path" in module
            ? {
                ...module,
                path: relative(folder.path, module.path),
                weights: sumsOf(modules.get(module.path) ?? []),
              }
            : module,
        ),
    normalize: isPlain ? normalize !== undefined : undefined,
    maxSeqLength: transformer?.maxSeqLength,
    lowerCase: transformer?.lowerCase,
    prompts: Object.entries(folder.prompts).sort(([a], [b]) => (a < b ? -1 : 1)),
    defaultPromptName: folder.defaultPromptName,
    truncateDim: folder.truncateDim,
  };
  return sha256(JSON.stringify(parts));
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
