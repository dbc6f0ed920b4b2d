import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, NighError } from "../shared/errors.js";

/** Its place in the database's folder; replacing it is the commit. */
export const MANIFEST = "nigh.json";
const FORMAT = "nigh plain database";
const VERSION = 1;

const ManifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  model: z.object({
    name: z.string(),
    fingerprint: z.string(),
    dimension: z.int().positive(),
    dtype: z.string().default("fp32"),
  }),
  passages: z.object({ file: z.string(), count: z.int().nonnegative(), sha256: z.string() }),
  vectors: z.object({ file: z.string(), sha256: z.string() }),
});

/** What nigh.json says: the model, and the files with their checksums. */
export type Manifest = z.infer<typeof ManifestSchema>;

export function manifestText(content: Omit<Manifest, "format" | "version">): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...content }, null, 2)}\n`;
}

/**
 * The text of a folder's nigh.json; undefined where there is none.
 *
 * @throws NighError `ERR_DATABASE` when it cannot be read.
 */
export async function readManifestText(folder: string): Promise<string | undefined> {
  const path = join(folder, MANIFEST);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new NighError("ERR_DATABASE", `${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** @throws NighError `ERR_DATABASE` when the text is no manifest of this version. */
export function parseManifest(folder: string, text: string): Manifest {
  try {
    return ManifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new NighError(
      "ERR_DATABASE",
      `${join(folder, MANIFEST)} is no database of this version of nigh: index your files again into an empty folder.`,
      { cause: error },
    );
  }
}

/** Whether a folder holds a plain database, of whatever version. */
export async function holdsDatabase(folder: string): Promise<boolean> {
  try {
    const text = await readManifestText(folder);
    return text !== undefined && JSON.parse(text)?.format === FORMAT;
  } catch {
    return false;
  }
}
