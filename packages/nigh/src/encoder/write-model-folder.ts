import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf, NighError } from "../shared/errors.js";

/**
 * Refuses a place where a folder cannot be written without touching what is there.
 *
 * @throws NighError `ERR_EXISTS`
 */
export async function checkFree(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new NighError("ERR_EXISTS", `${folder} is there and no folder: give another name.`);
  });
  if (found.length === 0) return;
  throw new NighError("ERR_EXISTS", `${folder} is not empty: give another name, or remove it.`);
}

/**
 * Writes the files of a model, whole or not at all.
 *
 * @param files by their path in the folder.
 * @throws NighError `ERR_EXISTS`, `ERR_DISK_FULL`, `ERR_FILE`
 */
export async function writeModelFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await checkFree(folder);
  const path = resolve(folder);
  const temporary = `${path}.${process.pid}.new`;
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(temporary, name)), { recursive: true });
      await writeFile(join(temporary, name), content);
    }
    await rmdir(path).catch(() => undefined);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    const isFull = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw new NighError(
      isFull ? "ERR_DISK_FULL" : "ERR_FILE",
      `${path} cannot be written: ${messageOf(cause)}.`,
      { cause },
    );
  }
}
