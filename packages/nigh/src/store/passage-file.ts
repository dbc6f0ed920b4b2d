import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, NighError } from "../shared/errors.js";
import { Matrix } from "../shared/matrix.js";

/** A piece of a document, with what is known of it. */
export interface StoredPassage {
  readonly id: string;
  readonly documentId: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** The model that made the vectors. */
export interface StoredModel {
  readonly name: string;
  readonly fingerprint: string;
  readonly dimension: number;
}

export interface PassageFile {
  readonly model: StoredModel;
  readonly passages: readonly StoredPassage[];
  /** Row i belongs to passage i. */
  readonly vectors: Matrix;
}

const MANIFEST = "nigh.json";
const FORMAT = "nigh plain database";
const VERSION = 1;

const ManifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  model: z.object({ name: z.string(), fingerprint: z.string(), dimension: z.int().positive() }),
  passages: z.object({ file: z.string(), count: z.int().nonnegative(), sha256: z.string() }),
  vectors: z.object({ file: z.string(), sha256: z.string() }),
});

const PassageSchema = z.object({
  id: z.string(),
  documentId: z.string(),
  text: z.string(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/**
 * Reads a plain database folder: nigh.json names a file of passages (JSONL) and one of vectors (float32,
 * little-endian, row after row), with their checksums.
 *
 * @returns undefined where the folder holds no database.
 * @throws NighError `ERR_DATABASE` when a file is damaged or of another version, named.
 */
export async function readPassageFile(folder: string): Promise<PassageFile | undefined> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) return undefined;
  const lines = await readChecked(join(folder, manifest.passages.file), manifest.passages.sha256);
  const bytes = await readChecked(join(folder, manifest.vectors.file), manifest.vectors.sha256);
  const passages = lines
    .toString("utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => PassageSchema.parse(JSON.parse(line)));
  const floats = new Float32Array(new Uint8Array(bytes).buffer);
  return {
    model: manifest.model,
    passages,
    vectors: new Matrix(floats, passages.length, manifest.model.dimension),
  };
}

/**
 * Writes a database folder. A crash at any instant leaves the database as it was before or as it is after:
 * new files go beside the old ones, and renaming nigh.json is the commit.
 */
export async function writePassageFile(folder: string, content: PassageFile): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const old = await readManifest(folder).catch(() => undefined);
    const lines = Buffer.from(
      content.passages.map((passage) => `${JSON.stringify(passage)}\n`).join(""),
    );
    const { data } = content.vectors;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const passages = {
      file: `passages-${sha256(lines).slice(0, 16)}.jsonl`,
      count: content.passages.length,
      sha256: sha256(lines),
    };
    const vectors = { file: `vectors-${sha256(bytes).slice(0, 16)}.f32`, sha256: sha256(bytes) };
    const manifest: z.infer<typeof ManifestSchema> = {
      format: FORMAT,
      version: VERSION,
      model: content.model,
      passages,
      vectors,
    };
    await writeDurably(join(folder, passages.file), lines);
    await writeDurably(join(folder, vectors.file), bytes);
    await writeDurably(
      join(folder, MANIFEST),
      Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    );
    for (const stale of [old?.passages.file, old?.vectors.file]) {
      if (stale && stale !== passages.file && stale !== vectors.file)
        await rm(join(folder, stale), { force: true });
    }
  } catch (error) {
    if (error instanceof NighError) throw error;
    throw new NighError(
      "ERR_DATABASE",
      `The database ${folder} cannot be written: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

async function readManifest(folder: string): Promise<z.infer<typeof ManifestSchema> | undefined> {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new NighError("ERR_DATABASE", `${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  try {
    return ManifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new NighError(
      "ERR_DATABASE",
      `${path} is no database of this version of nigh: index your files again into an empty folder.`,
      { cause: error },
    );
  }
}

async function readChecked(path: string, expected: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new NighError(
      "ERR_DATABASE",
      `${path} cannot be read: ${error.message}. Index your files again.`,
      { cause: error },
    );
  });
  const found = sha256(bytes);
  if (found === expected) return bytes;
  throw new NighError(
    "ERR_DATABASE",
    `${path} is damaged: its sha256 is ${found}, expected ${expected}. Index your files again.`,
  );
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
