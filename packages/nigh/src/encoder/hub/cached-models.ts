import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { isCommit, RepoCache, sizeOf } from "./cache-layout.js";
import { cachedCommits, cachedSnapshot } from "./cached-snapshot.js";
import { shortName } from "./repo-id.js";

/** A model at one commit, in the cache. */
export interface CachedModel {
  /** As `SentenceTransformer.load` takes it. */
  readonly name: string;
  /** Its repository on the Hub. */
  readonly repository: string;
  readonly commit: string;
  /** Branches and tags that were at this commit when they were downloaded. */
  readonly revisions: readonly string[];
  readonly folder: string;
  /** Of the files that nigh reads. */
  readonly bytes: number;
  readonly files: readonly string[];
  /** What it lacks to be a model that nigh loads: files, or a reason. Empty where it is whole. */
  readonly missing: readonly string[];
}

const REPOSITORY = "models--";

/** All models of a cache, sorted by name, those that are not whole included. */
export async function listCachedModels(cacheFolder: string): Promise<CachedModel[]> {
  const names = await readdir(cacheFolder).catch(() => []);
  const found: CachedModel[] = [];
  for (const name of names.filter((one) => one.startsWith(REPOSITORY)).sort()) {
    const repoId = name.slice(REPOSITORY.length).replaceAll("--", "/");
    found.push(...(await cachedModelsOf(cacheFolder, repoId)));
  }
  return found;
}

/** The commits of one repository. */
export async function cachedModelsOf(cacheFolder: string, repoId: string): Promise<CachedModel[]> {
  const cache = new RepoCache(cacheFolder, repoId);
  const revisions = await revisionsOf(cache);
  const found: CachedModel[] = [];
  for (const commit of await cachedCommits(cache)) {
    const snapshot = await cachedSnapshot(cache, commit);
    if (snapshot === undefined) continue;
    const { folder, files, missing } = snapshot;
    const sizes = await Promise.all(files.map((file) => sizeOf(join(folder, file))));
    found.push({
      name: shortName(repoId),
      repository: repoId,
      commit,
      revisions: revisions.get(commit) ?? [],
      folder,
      bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
      files,
      missing,
    });
  }
  return found;
}

async function revisionsOf(cache: RepoCache): Promise<Map<string, string[]>> {
  const refs = join(cache.folder, "refs");
  const entries = await readdir(refs, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = new Map<string, string[]>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    // Other processes may be writing one, under another name.
    const commit = (await readFile(path, "utf8").catch(() => "")).trim();
    const name = relative(refs, path).replaceAll("\\", "/");
    if (!isCommit(commit) || /\.(?:new|tmp)$/u.test(name)) continue;
    found.set(commit, [...(found.get(commit) ?? []), name].sort());
  }
  return found;
}
