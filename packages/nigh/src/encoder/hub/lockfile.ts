import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { messageOf, NighError } from "../../shared/errors.js";
import { putInPlace, stage } from "../../shared/write-durably.js";
import { hashFile } from "./blob-hash.js";
import { isCommit, sizeOf } from "./cache-layout.js";
import { onDisk } from "./disk-errors.js";
import { modelFilesOf } from "./folder-files.js";

/** Taken where it lies in the working directory. */
export const LOCKFILE_NAME = "nigh-models.lock";

const FileSchema = z.strictObject({
  name: z.string().min(1),
  size: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
});
const ModelSchema = z.strictObject({
  /** Commit of a repository of the Hub; a folder has none. */
  revision: z.string().refine(isCommit, "expected a commit").optional(),
  files: z.array(FileSchema).min(1),
});
const LockSchema = z.strictObject({
  lockfileVersion: z.literal(1),
  models: z.record(z.string(), ModelSchema),
});

export type LockedFile = z.infer<typeof FileSchema>;
export type LockedModel = z.infer<typeof ModelSchema>;

/** Which models may be loaded: by commit, and by every file's length and checksum. */
export class Lockfile {
  readonly path: string;
  readonly models: Readonly<Record<string, LockedModel>>;

  constructor(path: string, models: Readonly<Record<string, LockedModel>>) {
    this.path = path;
    this.models = models;
  }

  /**
   * @param given a path that must be there; default that of the working directory, undefined where there is none.
   * @throws NighError `ERR_FILE`.
   */
  static async read(given: string | undefined): Promise<Lockfile | undefined> {
    const path = resolve(given ?? LOCKFILE_NAME);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && given === undefined) return undefined;
      throw new NighError("ERR_FILE", `The lockfile ${path} cannot be read: ${error.message}.`, {
        cause: error,
      });
    });
    if (text === undefined) return undefined;
    try {
      return new Lockfile(path, LockSchema.parse(JSON.parse(text)).models);
    } catch (cause) {
      const found = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
      throw new NighError(
        "ERR_FILE",
        `The lockfile ${path} is malformed, so no model is loaded under it: ${found}. Make it again: nigh models lock.`,
        { cause },
      );
    }
  }

  /** The name of a folder in this lockfile: its path from there. */
  keyOfFolder(folder: string): string {
    const path = relative(dirname(this.path), folder).replaceAll("\\", "/");
    return path.startsWith("..") ? path : `./${path}`;
  }

  /** @throws NighError `ERR_CHECKSUM` where the model is not locked. */
  model(key: string): LockedModel {
    const model = Object.hasOwn(this.models, key) ? this.models[key] : undefined;
    if (model !== undefined) return model;
    throw new NighError(
      "ERR_CHECKSUM",
      `The lockfile ${this.path} does not have the model "${key}": only what is locked is loaded. Add it: nigh models lock ${key} --file ${this.path}`,
    );
  }

  /**
   * Compares a folder with what is locked.
   *
   * @throws NighError `ERR_CHECKSUM` that names the file.
   */
  async check(key: string, folder: string): Promise<void> {
    const { files } = this.model(key);
    const refuse = (name: string, found: string): NighError =>
      new NighError(
        "ERR_CHECKSUM",
        `${join(folder, name)} is not what ${this.path} has locked for "${key}": ${found}. Bring the locked model back (nigh models get ${key}), or, where the change is wanted, lock it anew: nigh models lock ${key} --file ${this.path}`,
      );
    for (const { name, size, sha256 } of files) {
      const path = join(folder, name);
      const found = await sizeOf(path);
      if (found === undefined) throw refuse(name, "it is missing");
      if (found !== size) throw refuse(name, `it has ${found} bytes, expected ${size}`);
      const hash = await sha256Of(path);
      if (hash !== sha256) throw refuse(name, `its sha256 is ${hash}, expected ${sha256}`);
    }
    const locked = new Set(files.map(({ name }) => name));
    const added = (await modelFilesOf(folder)).find((name) => !locked.has(name));
    if (added !== undefined) throw refuse(added, "it was not there when the model was locked");
  }

  async write(): Promise<void> {
    const sorted = Object.entries(this.models).sort(([a], [b]) => (a < b ? -1 : 1));
    const content = { lockfileVersion: 1, models: Object.fromEntries(sorted) };
    const bytes = new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
    await onDisk(this.path, async () => putInPlace(await stage(this.path, bytes)));
  }
}

/** What a lockfile holds of the files of a model's folder. */
export async function lockFiles(folder: string): Promise<LockedFile[]> {
  const locked: LockedFile[] = [];
  for (const name of await modelFilesOf(folder)) {
    const path = join(folder, name);
    locked.push({ name, size: (await sizeOf(path)) ?? 0, sha256: await sha256Of(path) });
  }
  return locked;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await onDisk(path, () => hashFile(path, hash));
  return hash.digest("hex");
}
