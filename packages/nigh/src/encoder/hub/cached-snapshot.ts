import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { NighError } from "../../shared/errors.js";
import { isCommit, type RepoCache } from "./cache-layout.js";
import { folderSource } from "./folder-files.js";
import {
  chooseFiles,
  type FileSource,
  filesThatMatter,
  indispensableFiles,
  modulesOf,
} from "./model-files.js";

export interface Snapshot {
  readonly folder: string;
  readonly commit: string;
  /** Files that the model needs, as far as they are there. */
  readonly files: readonly string[];
  /** Files that it lacks; a model only where there are none. */
  readonly missing: readonly string[];
}

const TreeSchema = z.looseObject({ files: z.record(z.string(), z.unknown()) });

/** A file that only a download of the whole repository brings. */
const OF_WHOLE_REPOSITORY = ".gitattributes";

/**
 * What the cache has of a revision, undefined where it has nothing.
 *
 * Programs put files into snapshots one by one, and each only those that it needs: a model that another library loaded may lack
 * modules.json, and would give other vectors. So a file that matters is there, or something says that the commit has none.
 */
export async function cachedSnapshot(
  cache: RepoCache,
  revision: string,
): Promise<Snapshot | undefined> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) return undefined;
  const folder = cache.snapshot(commit);
  const source = await folderSource(folder);
  if (source.files.size === 0) return undefined;
  const { files, missing } = await examine(cache, commit, source);
  return { folder, commit, files, missing };
}

/** Commits that the cache has something of. */
export async function cachedCommits(cache: RepoCache): Promise<string[]> {
  const names = await readdir(join(cache.folder, "snapshots")).catch(() => []);
  return names.filter(isCommit).sort();
}

async function examine(
  cache: RepoCache,
  commit: string,
  source: FileSource,
): Promise<{ files: string[]; missing: string[] }> {
  const present = source.files;
  const tree = await readTree(cache.tree(commit));
  try {
    const modules = await modulesOf(source);
    const chosen = await chooseFiles(source);
    const needed = new Set([
      ...indispensableFiles(modules),
      ...chosen,
      // All names are known: what was not brought and is needed is missed.
      ...(tree === undefined ? [] : await chooseFiles({ ...source, files: tree })),
    ]);
    for (const file of tree === undefined ? filesThatMatter(modules) : []) {
      if (!(await isAbsent(cache, commit, file, present))) needed.add(file);
    }
    const missing = [...needed].filter((file) => !present.has(file));
    return { files: chosen.sort(), missing: missing.sort() };
  } catch (error) {
    if (error instanceof NighError) return { files: [], missing: [error.message] };
    throw error;
  }
}

async function isAbsent(
  cache: RepoCache,
  commit: string,
  file: string,
  present: ReadonlySet<string>,
): Promise<boolean> {
  if (present.has(OF_WHOLE_REPOSITORY)) return true;
  // Other spellings of the same options.
  if (file.endsWith("sentence_bert_config.json")) {
    const folder = file.slice(0, -"sentence_bert_config.json".length);
    if ([...present].some((one) => one.startsWith(`${folder}sentence_`))) return true;
  }
  return await access(cache.absent(commit, file)).then(
    () => true,
    () => false,
  );
}

async function readTree(path: string): Promise<ReadonlySet<string> | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return new Set(Object.keys(TreeSchema.parse(JSON.parse(text)).files));
  } catch {
    // As huggingface_hub does: it is a cache, and may be of another version.
    return undefined;
  }
}
