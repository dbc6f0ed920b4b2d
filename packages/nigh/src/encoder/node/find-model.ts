import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { nearestName } from "../../shared/options.js";
import { RepoCache } from "../hub/cache-layout.js";
import { cachedSnapshot } from "../hub/cached-snapshot.js";
import { downloadSnapshot } from "../hub/download-snapshot.js";
import {
  DEFAULT_REVISION,
  HUB_OPTIONS,
  type HubOptions,
  type HubSettings,
  hubSettings,
} from "../hub/hub-settings.js";
import { Lockfile } from "../hub/lockfile.js";
import { type ModelKind, repoIdOf, shortName } from "../hub/repo-id.js";
import { type KnownModel, models } from "../known-models.js";

/** Where models come from, and what may be said about it. */
export type SourceOptions = HubOptions;

/** The names of {@link SourceOptions}. */
export const SOURCE_OPTIONS: readonly string[] = HUB_OPTIONS;

/** What a name stands for: a folder, a package that is installed, or a repository of the Hub. */
export type NamedModel =
  | { readonly kind: "folder"; readonly name: string; readonly folder: string }
  | { readonly kind: "package"; readonly name: string; readonly source: string }
  | { readonly kind: "repository"; readonly name: string; readonly repoId: string };

export interface FoundModel {
  readonly name: string;
  readonly folder: string;
  /** To be called when the model is loaded: its files are not read any more. */
  release(): void;
}

const KEPT = { release: () => {} };

/**
 * The folder of a model: a model folder as it is, as in Python, else the bundled model by its name, with or without
 * "sentence-transformers/", else what the cache has, else what the Hub has, which is downloaded. A lockfile that is there is obeyed.
 *
 * @param where for messages: who asks.
 * @param kind decides what a name without an organization stands for.
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_CHECKSUM`, and what a download throws.
 */
export async function findModel(
  where: string,
  nameOrFolder: string,
  options: HubOptions = {},
  kind: ModelKind = "sentence-transformer",
): Promise<FoundModel> {
  const settings = await hubSettings(where, options);
  const named = await resolveName(nameOrFolder, settings.revision, kind);
  // Of a package, package-lock.json and the package's own SHA256SUMS keep watch.
  if (named.kind === "package")
    return { name: named.name, folder: packagedFolder(named.source), ...KEPT };

  const lock = await Lockfile.read(options.lockfile);
  if (named.kind === "folder") {
    await lock?.check(lock.keyOfFolder(named.folder), named.folder);
    return { name: named.name, folder: named.folder, ...KEPT };
  }
  const { repoId, name } = named;
  const revision = lock === undefined ? settings.revision : lockedRevision(lock, repoId, settings);
  const asked = { name: nameOrFolder, kind };
  const folder = await folderOfRepository(asked, repoId, { ...settings, revision });
  await lock?.check(repoId, folder);
  return { name, folder, ...KEPT };
}

/** @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_MODEL_NOT_FOUND` for what is neither a folder nor a name. */
export async function resolveName(
  nameOrFolder: string,
  revision: string | undefined,
  kind: ModelKind = "sentence-transformer",
): Promise<NamedModel> {
  if (typeof nameOrFolder !== "string" || nameOrFolder.trim() === "") {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `A model is named by a string, found ${describe(nameOrFolder)}.`,
    );
  }
  const folder = resolve(nameOrFolder);
  const known = knownModel(nameOrFolder);
  const isWanted =
    (await isModelFolder(folder)) || (known === undefined && (await isFolder(folder)));
  if (isWanted) {
    if (revision === undefined) return { kind: "folder", name: nameOrFolder, folder };
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `"${nameOrFolder}" is a folder, which has no revisions, found the revision "${revision}": leave one of them out.`,
    );
  }
  // A revision is asked of the Hub: the bundled model has but one.
  if (known?.bundled && revision === undefined)
    return { kind: "package", name: known.name, source: known.source };
  const repoId = known === undefined ? repoIdOf(nameOrFolder, kind) : repositoryOf(known);
  if (repoId !== undefined && !isAbsolute(nameOrFolder) && !nameOrFolder.startsWith("."))
    return { kind: "repository", name: shortName(repoId), repoId };
  throw new NighError(
    "ERR_MODEL_NOT_FOUND",
    `There is no folder ${folder}: a model is a folder as sentence-transformers saves it, or a name on the Hugging Face Hub such as "BAAI/bge-small-en-v1.5".`,
  );
}

/** The folder of a package of nigh's. @throws NighError `ERR_MODEL_NOT_FOUND` where it is not installed. */
export function packagedFolder(source: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${source}/package.json`)), "model");
  } catch (error) {
    throw new NighError(
      "ERR_MODEL_NOT_FOUND",
      `The package ${source} is not installed: run npm install ${source}.`,
      { cause: error },
    );
  }
}

/** What the cache has, else what the Hub has. */
async function folderOfRepository(
  asked: AskedModel,
  repoId: string,
  settings: HubSettings,
): Promise<string> {
  const { cacheFolder, offline, revision = DEFAULT_REVISION } = settings;
  const cached = await cachedSnapshot(new RepoCache(cacheFolder, repoId), revision);
  if (cached !== undefined && cached.missing.length === 0) return cached.folder;
  if (offline !== undefined) {
    const found =
      cached === undefined
        ? `${cacheFolder} has no "${repoId}" of revision "${revision}"`
        : `${cached.folder} is no whole model, it lacks: ${cached.missing.join(", ")}`;
    throw new NighError(
      "ERR_MODEL_NOT_FOUND",
      `There is no model "${asked.name}" here.${hintFor(asked)} ${found}, and the Hub is not asked, since ${offline}. Download it where there is a network (nigh models get ${repoId}), or give the path of a model folder.`,
    );
  }
  try {
    return (await downloadSnapshot(repoId, settings)).folder;
  } catch (error) {
    const hint = hintFor(asked);
    const isUnknown =
      error instanceof NighError && ["ERR_MODEL_NOT_FOUND", "ERR_CONNECTION"].includes(error.code);
    if (!isUnknown || knownModel(asked.name) !== undefined) throw error;
    throw new NighError(
      error.code,
      `There is no model "${asked.name}" here.${hint} ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** A model as the caller named it. */
interface AskedModel {
  readonly name: string;
  readonly kind: ModelKind;
}

function hintFor({ name, kind }: AskedModel): string {
  if (knownModel(name) !== undefined) return "";
  const names = models()
    .filter((model) => model.kind === kind)
    .map((model) => model.name);
  const nearest = nearestName(shortName(name), names);
  return `${nearest ? ` Did you mean "${nearest}"?` : ""} Known: ${names.join(", ")}.`;
}

function lockedRevision(
  lock: Lockfile,
  repoId: string,
  { revision }: HubSettings,
): string | undefined {
  const locked = lock.model(repoId).revision;
  if (revision === undefined || revision === locked) return locked;
  throw new NighError(
    "ERR_CHECKSUM",
    `"${repoId}" is locked at ${locked} by ${lock.path}, found the revision "${revision}": leave it out, or lock it: nigh models lock ${repoId} --revision ${revision}`,
  );
}

function knownModel(name: string): KnownModel | undefined {
  const lower = name.toLowerCase();
  return models().find((model) =>
    [model.name, repoIdOf(model.name, model.kind)].some((known) => known?.toLowerCase() === lower),
  );
}

function repositoryOf(known: KnownModel): string {
  return (known.bundled && repoIdOf(known.name, known.kind)) || known.source;
}

/** A folder of a known model's name in the working directory counts only when it holds a model. */
async function isModelFolder(folder: string): Promise<boolean> {
  const files = ["modules.json", "config.json"].map((name) => stat(join(folder, name)));
  return (await Promise.allSettled(files)).some((found) => found.status === "fulfilled");
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
