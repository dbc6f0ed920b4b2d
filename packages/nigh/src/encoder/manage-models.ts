import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { NighError } from "../shared/errors.js";
import { checkKeys, checkTypes } from "../shared/options.js";
import { RepoCache } from "./hub/cache-layout.js";
import { type CachedModel, cachedModelsOf, listCachedModels } from "./hub/cached-models.js";
import { cachedSnapshot } from "./hub/cached-snapshot.js";
import { onDisk } from "./hub/disk-errors.js";
import { downloadSnapshot } from "./hub/download-snapshot.js";
import { DEFAULT_REVISION, HUB_OPTIONS, type HubOptions, hubSettings } from "./hub/hub-settings.js";
import { LOCKFILE_NAME, type LockedModel, Lockfile, lockFiles } from "./hub/lockfile.js";
import { type FileProblem, verifySnapshot, verifySums } from "./hub/verify-folder.js";
import { models } from "./known-models.js";
import { packagedFolder, resolveName } from "./node/find-model.js";

export type CacheOptions = Pick<HubOptions, "cacheFolder">;
export type DownloadOptions = Omit<HubOptions, "localFilesOnly" | "lockfile">;

/** What a check of one model found. */
export interface Verified {
  readonly name: string;
  /** Undefined for a bundled model. */
  readonly commit: string | undefined;
  readonly folder: string;
  readonly files: number;
  /** Empty where all is sound. */
  readonly problems: readonly FileProblem[];
}

export interface LockOptions extends Omit<HubOptions, "lockfile"> {
  /** Default ./nigh-models.lock. */
  file?: string;
}

const CACHE_OPTIONS = ["cacheFolder"];
const DOWNLOAD_OPTIONS = HUB_OPTIONS.filter(
  (name) => name !== "localFilesOnly" && name !== "lockfile",
);

/**
 * The models in the cache, which Python's huggingface_hub may have filled as well; those that are not whole included.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`.
 */
export async function cachedModels(options: CacheOptions = {}): Promise<CachedModel[]> {
  checkKeys("cachedModels", options, CACHE_OPTIONS);
  return listCachedModels((await hubSettings("cachedModels", options)).cacheFolder);
}

/**
 * Downloads a model of the Hub, or what is new of it: asks the Hub in any case, and checks what is there.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_CONNECTION`, `ERR_BUSY`, `ERR_SERVER`, `ERR_CHECKSUM`, `ERR_DISK_FULL`, `ERR_FILE`,
 * `ERR_ABORTED`, `ERR_UNSUPPORTED_MODEL`.
 */
export async function downloadModel(
  name: string,
  options: DownloadOptions = {},
): Promise<CachedModel> {
  const where = "downloadModel";
  checkKeys(where, options, DOWNLOAD_OPTIONS);
  const settings = await hubSettings(where, options);
  const repoId = await repositoryOf(name);
  if (settings.offline !== undefined) {
    throw new NighError(
      "ERR_CONNECTION",
      `"${name}" is not downloaded, since ${settings.offline}: unset it, or load what the cache has.`,
    );
  }
  const { commit } = await downloadSnapshot(repoId, settings, { verify: true });
  const found = await cachedModelsOf(settings.cacheFolder, repoId);
  return found.find((model) => model.commit === commit) as CachedModel;
}

/**
 * Compares every file with its checksum.
 *
 * @param name one model at all of its commits; default all of the cache, and the bundled one.
 * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_FILE`.
 */
export async function verifyModels(name?: string, options: CacheOptions = {}): Promise<Verified[]> {
  checkKeys("verifyModels", options, CACHE_OPTIONS);
  const { cacheFolder } = await hubSettings("verifyModels", options);
  const repoId = name === undefined ? undefined : await repositoryOf(name);
  const bundled = models().filter((model) => model.bundled);
  const verified: Verified[] = [];
  for (const model of bundled) {
    if (repoId !== undefined && repoId !== (await repositoryOf(model.name))) continue;
    const folder = packagedFolder(model.source);
    const { files, problems } = await verifySums(folder);
    verified.push({ name: model.name, commit: undefined, folder, files: files.length, problems });
  }
  const cached =
    repoId === undefined
      ? await listCachedModels(cacheFolder)
      : await cachedModelsOf(cacheFolder, repoId);
  for (const { name, repository, commit, folder, files, missing } of cached) {
    const { blobs } = new RepoCache(cacheFolder, repository);
    const problems = await verifySnapshot(folder, blobs, files);
    for (const file of missing) problems.push({ file, problem: "it is missing" });
    verified.push({ name, commit, folder, files: files.length, problems });
  }
  if (verified.length > 0 || name === undefined) return verified;
  throw notCached(name, cacheFolder);
}

/**
 * Removes a model from the cache, with all of its commits.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND` where the cache has none of it, `ERR_FILE`.
 */
export async function removeModel(
  name: string,
  options: CacheOptions = {},
): Promise<{ name: string; commits: number; folder: string }> {
  checkKeys("removeModel", options, CACHE_OPTIONS);
  const { cacheFolder } = await hubSettings("removeModel", options);
  const repoId = await repositoryOf(name);
  const { folder } = new RepoCache(cacheFolder, repoId);
  const cached = await cachedModelsOf(cacheFolder, repoId);
  if (cached.length === 0) throw notCached(name, cacheFolder);
  await onDisk(folder, async () => {
    // First what makes it a model.
    await rm(join(folder, "snapshots"), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });
  return { name, commits: cached.length, folder };
}

/**
 * Writes a lockfile: `SentenceTransformer.load` then takes these models only, at these commits, with these contents. Models that
 * are not in the cache are downloaded.
 *
 * @param names models of the Hub and folders, which are added to those of the file; none: all whole models of the cache, at the
 * commits of their branch "main", instead of what the file has.
 * @throws NighError as {@link downloadModel}; `ERR_INVALID_ARGUMENT` for the bundled model, which package-lock.json locks.
 */
export async function lockModels(
  names: readonly string[] = [],
  options: LockOptions = {},
): Promise<{ file: string; models: Readonly<Record<string, LockedModel>> }> {
  const where = "lockModels";
  checkKeys(where, options, [...HUB_OPTIONS.filter((one) => one !== "lockfile"), "file"]);
  checkTypes(where, options, { file: "string" });
  const { file = LOCKFILE_NAME, ...hub } = options;
  const path = resolve(file);
  const settings = await hubSettings(where, hub);
  const locked: Record<string, LockedModel> = {};
  const lockfile = new Lockfile(path, locked);
  if (names.length === 0) {
    for (const model of await listCachedModels(settings.cacheFolder)) {
      if (model.missing.length > 0 || !model.revisions.includes(DEFAULT_REVISION)) continue;
      locked[model.repository] = {
        revision: model.commit,
        files: await lockFiles(model.folder),
      };
    }
  } else {
    const before = await Lockfile.read(file).catch((error: NighError) => {
      if ((error.cause as NodeJS.ErrnoException)?.code === "ENOENT") return undefined;
      throw error;
    });
    Object.assign(locked, before?.models);
    for (const name of names) {
      const named = await resolveName(name, settings.revision);
      if (named.kind === "package") {
        throw new NighError(
          "ERR_INVALID_ARGUMENT",
          `"${name}" is bundled: package-lock.json locks it, and its own checksums are compared at every load.`,
        );
      }
      if (named.kind === "folder") {
        locked[lockfile.keyOfFolder(named.folder)] = { files: await lockFiles(named.folder) };
        continue;
      }
      const { repoId } = named;
      const cache = new RepoCache(settings.cacheFolder, repoId);
      const cached = await cachedSnapshot(cache, settings.revision ?? DEFAULT_REVISION);
      const { folder, commit } =
        cached?.missing.length === 0 ? cached : await downloadSnapshot(repoId, settings);
      locked[repoId] = { revision: commit, files: await lockFiles(folder) };
    }
  }
  await lockfile.write();
  return { file: path, models: locked };
}

/** The Hub's id of a name, the bundled model's as well. */
async function repositoryOf(name: string): Promise<string> {
  const named = await resolveName(name, DEFAULT_REVISION);
  if (named.kind === "repository") return named.repoId;
  throw new NighError("ERR_INVALID_ARGUMENT", `"${name}" is no model of the Hub.`);
}

function notCached(name: string, cacheFolder: string): NighError {
  return new NighError(
    "ERR_MODEL_NOT_FOUND",
    `The cache ${cacheFolder} has no model "${name}": nigh models list tells what it has.`,
  );
}
