import { open, rename, rm } from "node:fs/promises";

/** A file that is complete on disk under a temporary name. */
export interface Staged {
  readonly temporary: string;
  readonly path: string;
}

/** Writes a file beside its place, under a name that no other process uses, and waits for the disk. */
export async function stage(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<Staged> {
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.new`;
  const file = await open(temporary, "wx");
  try {
    // Each part goes behind the one before.
    if (content instanceof Uint8Array) await file.writeFile(content);
    else for await (const part of content) await file.writeFile(part);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return { temporary, path };
}

export async function putInPlace({ temporary, path }: Staged): Promise<void> {
  await rename(temporary, path);
}

export async function discard({ temporary }: Staged): Promise<void> {
  await rm(temporary, { force: true });
}

/** Waits until the renames in a folder are on disk, where the system can (Windows cannot). */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPERM" && code !== "EISDIR" && code !== "EINVAL") throw error;
  }
}
