import {
  copyFile,
  link,
  lstat,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { putInPlace, stage } from "../../shared/write-durably.js";

const COMMIT = /^[0-9a-f]{40}$/u;

export const isCommit = (revision: string): boolean => COMMIT.test(revision);

/**
 * The folder of one repository in the cache, as Python's huggingface_hub lays it out: `blobs` has contents by checksum, `refs`
 * the commits of branches and tags, `snapshots/<commit>` links to blobs by file names, `.no_exist/<commit>` names of files
 * that the commit does not have, `trees/<commit>.json` all names that it has.
 */
export class RepoCache {
  readonly folder: string;
  readonly blobs: string;

  constructor(cacheFolder: string, repoId: string) {
    this.folder = join(cacheFolder, `models--${repoId.replaceAll("/", "--")}`);
    this.blobs = join(this.folder, "blobs");
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  absent(commit: string, file: string): string {
    return join(this.folder, ".no_exist", commit, file);
  }

  tree(commit: string): string {
    return join(this.folder, "trees", `${commit}.json`);
  }

  /** The commit of a revision as it was when it was downloaded last. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.folder, "refs", revision), "utf8").catch(() => "");
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async keepCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf(revision)) === commit) return;
    const path = join(this.folder, "refs", revision);
    await mkdir(dirname(path), { recursive: true });
    await putInPlace(await stage(path, new TextEncoder().encode(commit)));
  }

  /** Puts a blob into a snapshot: by a relative link, so that the cache may be moved; where links fail, by a hard link or a copy. */
  async addToSnapshot(commit: string, file: string, blob: string): Promise<void> {
    const target = join(this.snapshot(commit), file);
    const source = join(this.blobs, blob);
    if (await isLinkTo(target, source)) return;
    await mkdir(dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}-${Math.random().toString(36).slice(2)}.new`;
    try {
      const path = relative(dirname(target), source);
      if (process.env["HF_HUB_DISABLE_SYMLINKS"]) await linkOrCopy(source, temporary);
      else await symlink(path, temporary).catch(() => linkOrCopy(source, temporary));
      await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(() => copyFile(source, target));
}

async function isLinkTo(target: string, source: string): Promise<boolean> {
  const found = await lstat(target).catch(() => undefined);
  if (!found?.isSymbolicLink()) return false;
  return resolve(dirname(target), await readlink(target)) === resolve(source);
}

/** Bytes of a file, links followed; undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
