import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, NighError } from "../../shared/errors.js";
import { chooseFiles, type FileSource } from "./model-files.js";

/** A folder on disk as a source of a model's files. */
export async function folderSource(folder: string): Promise<FileSource> {
  return {
    name: folder,
    files: await filesBelow(folder),
    readJson: async (file) => {
      try {
        return JSON.parse(await readFile(join(folder, file), "utf8"));
      } catch (cause) {
        const path = join(folder, file);
        throw new NighError("ERR_MODEL_FORMAT", `${path} cannot be read: ${messageOf(cause)}`, {
          cause,
        });
      }
    },
  };
}

/** The files in a folder that a model is read from, sorted. @throws NighError as {@link chooseFiles}. */
export async function modelFilesOf(folder: string): Promise<string[]> {
  return (await chooseFiles(await folderSource(folder))).sort();
}

/** Names of files whose content is there, with "/" between folders. */
async function filesBelow(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const names = new Set<string>();
  for (const entry of entries) {
    // Not by the entry's kind: a link counts only when what it leads to is there.
    const isThere = await access(join(folder, entry)).then(
      () => true,
      () => false,
    );
    if (isThere) names.add(entry.replaceAll("\\", "/"));
  }
  return names;
}
