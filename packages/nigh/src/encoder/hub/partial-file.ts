import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { processEnded } from "../../shared/process-ended.js";
import { syncFolder } from "../../shared/write-durably.js";
import { blobHash, hashFile } from "./blob-hash.js";
import { onDisk } from "./disk-errors.js";

/** Part of a file of the Hub. */
export interface Blob {
  /** Checksum, which is its name in the cache. */
  readonly etag: string;
  readonly size: number;
}

/** After this an owner that cannot be asked is taken to be gone. */
const ABANDONED_MS = 24 * 3600 * 1000;
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/**
 * What has arrived of a blob. The file belongs to one download at a time: its name says to which, and taking over what an earlier
 * one left is a rename, which succeeds for one only. So no locks are needed, which Node lacks and network folders ignore.
 */
export class PartialFile {
  readonly #path: string;
  readonly #blob: Blob;
  readonly #folder: string;
  readonly #file: FileHandle;
  #hash: Hash;
  #size: number;
  /** Whether a part is of an earlier download. */
  isResumed: boolean;

  private constructor(
    folder: string,
    blob: Blob,
    path: string,
    file: FileHandle,
    size: number,
    hash: Hash,
  ) {
    this.#folder = folder;
    this.#blob = blob;
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#hash = hash;
    this.isResumed = size > 0;
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  /** Takes over what an earlier download left, else begins. */
  static async claim(folder: string, blob: Blob): Promise<PartialFile> {
    return onDisk(folder, async () => {
      await mkdir(folder, { recursive: true });
      const owner = `${HOST}-${process.pid}-${Math.random().toString(36).slice(2)}`;
      const path = join(folder, `${blob.etag}.${owner}.incomplete`);
      await takeOver(folder, blob, path);
      const file = await open(path, "a");
      const { size } = await file.stat();
      const hash = blobHash(blob.etag, blob.size);
      const partial = new PartialFile(folder, blob, path, file, size, hash);
      if (size > blob.size) await partial.restart();
      else if (size > 0) await hashFile(path, hash);
      return partial;
    });
  }

  async append(bytes: Uint8Array): Promise<void> {
    await onDisk(this.#path, () => this.#file.appendFile(bytes));
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
  }

  /** Forgets all that is there. */
  async restart(): Promise<void> {
    await onDisk(this.#path, () => this.#file.truncate(0));
    this.#hash = blobHash(this.#blob.etag, this.#blob.size);
    this.#size = 0;
    this.isResumed = false;
  }

  /** Of all bytes, once. */
  digest(): string {
    return this.#hash.digest("hex");
  }

  /** Puts the whole file in place, when it is on the disk. */
  async complete(): Promise<void> {
    const target = join(this.#folder, this.#blob.etag);
    await onDisk(target, async () => {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#path, target);
      await syncFolder(dirname(target));
    });
  }

  /** Leaves what has arrived to the next download. */
  async release(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    if (this.#size === 0) return this.discard();
    await rename(this.#path, freeName(this.#folder, this.#blob)).catch(() => this.discard());
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }
}

/** Bytes that an earlier download of a blob left, which the next one need not fetch. */
export async function partialSize(folder: string, blob: Blob): Promise<number> {
  const sizes = (await abandoned(folder, blob)).map(({ size }) => size);
  return Math.max(0, ...sizes.filter((size) => size <= blob.size));
}

function freeName(folder: string, { etag }: Blob): string {
  return join(folder, `${etag}.nigh.incomplete`);
}

async function takeOver(folder: string, blob: Blob, path: string): Promise<void> {
  const found = (await abandoned(folder, blob)).sort((a, b) => b.size - a.size);
  let isTaken = false;
  for (const one of found) {
    if (isTaken) await rm(one.path, { force: true });
    else
      isTaken = await rename(one.path, path).then(
        () => true,
        () => false,
      );
  }
}

async function abandoned(
  folder: string,
  { etag }: Blob,
): Promise<{ path: string; size: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const found: { path: string; size: number }[] = [];
  for (const name of names) {
    const [, owner] =
      new RegExp(`^${etag}\\.(nigh|[0-9a-f]{8}-\\d+-\\w+)\\.incomplete$`, "u").exec(name) ?? [];
    if (owner === undefined) continue;
    const path = join(folder, name);
    const { size, mtimeMs } = (await stat(path).catch(() => undefined)) ?? {};
    if (size === undefined || mtimeMs === undefined) continue;
    if (owner === "nigh" || isGone(owner) || Date.now() - mtimeMs > ABANDONED_MS)
      found.push({ path, size });
  }
  return found;
}

function isGone(owner: string): boolean {
  const [host, pid] = owner.split("-");
  return host === HOST && processEnded(Number(pid));
}
