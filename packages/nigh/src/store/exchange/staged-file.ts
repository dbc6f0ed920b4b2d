import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { discard, putInPlace, syncFolder } from "../../shared/write-durably.js";
import { onFile } from "./exchange-errors.js";

/**
 * Writes a file piece by piece under a temporary name beside its place, waits for the disk, and puts it in place: a
 * crash or an error leaves what was there before.
 *
 * @throws NighError `ERR_FILE` when the system refuses; what `write` throws otherwise stays what it is.
 */
export async function writeStaged<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const staged = {
    path,
    temporary: `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.new`,
  };
  const file = await onFile(path, "written", () => open(staged.temporary, "wx"));
  try {
    const result = await write(file);
    await onFile(path, "written", async () => {
      await file.sync();
      await file.close();
      await putInPlace(staged);
      await syncFolder(dirname(path));
    });
    return result;
  } catch (error) {
    await file.close().catch(() => undefined);
    await discard(staged);
    throw error;
  }
}

/** Writes all of `bytes` at the end, or at `position`. @throws NighError `ERR_FILE` */
export async function put(
  path: string,
  file: FileHandle,
  bytes: Uint8Array,
  position: number | null = null,
): Promise<void> {
  await onFile(path, "written", async () => {
    for (let done = 0; done < bytes.length; ) {
      const at = position === null ? null : position + done;
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
      done += bytesWritten;
    }
  });
}
