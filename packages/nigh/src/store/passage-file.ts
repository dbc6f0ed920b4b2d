import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, NighError } from "../shared/errors.js";
import { Matrix } from "../shared/matrix.js";
import {
  MANIFEST,
  type Manifest,
  manifestText,
  parseManifest,
  readManifestText,
} from "./passage-manifest.js";
import { discard, putInPlace, type Staged, stage, syncFolder } from "./write-durably.js";

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
  /** Precision that the vectors were made in; "mixed" when in several. */
  readonly dtype: string;
}

export interface PassageFile {
  readonly model: StoredModel;
  readonly passages: readonly StoredPassage[];
  /** Row i belongs to passage i. */
  readonly vectors: Matrix;
}

/** Which state of a folder was read or written; undefined where it held no database. */
export type PassageFileState = string | undefined;

const PassageSchema = z.object({
  id: z.string(),
  documentId: z.string(),
  text: z.string(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** What a commit may leave behind, or a process that was killed before one; nothing of a user's. */
const OWN_FILE =
  /^(passages-[0-9a-f]{16}\.jsonl|vectors-[0-9a-f]{16}\.f32)$|^(passages-|vectors-|nigh\.json\.).*\.new$/u;

/**
 * Reads a plain database folder: nigh.json names a file of passages (JSONL) and one of vectors (float32,
 * little-endian, row after row), with their checksums.
 *
 * @returns undefined where the folder holds no database.
 * @throws NighError `ERR_DATABASE` when a file is damaged or of another version, named.
 */
export async function readPassageFile(
  folder: string,
): Promise<{ content: PassageFile; state: PassageFileState } | undefined> {
  const state = await readManifestText(folder);
  if (state === undefined) return undefined;
  try {
    return { content: await readContent(folder, parseManifest(folder, state)), state };
  } catch (error) {
    // Another process may have committed in between: its nigh.json names other files.
    const second = await readManifestText(folder);
    if (second === undefined || second === state) throw error;
    return { content: await readContent(folder, parseManifest(folder, second)), state: second };
  }
}

/**
 * Writes a database folder. A crash at any instant leaves the database as it was before or as it is after:
 * new files go beside the old ones, and replacing nigh.json is the commit.
 *
 * @param expected the state that the content was made from.
 * @returns the new state.
 * @throws NighError `ERR_DATABASE` when writing fails, or another process committed since `expected`.
 */
export async function writePassageFile(
  folder: string,
  content: PassageFile,
  expected: PassageFileState,
): Promise<PassageFileState> {
  const staged: Staged[] = [];
  try {
    await mkdir(folder, { recursive: true });
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
    const state = manifestText({ model: content.model, passages, vectors });
    staged.push(await stage(join(folder, passages.file), lines));
    staged.push(await stage(join(folder, vectors.file), bytes));
    staged.push(await stage(join(folder, MANIFEST), Buffer.from(state)));
    if ((await readManifestText(folder)) !== expected) throw changedMeanwhile(folder);
    for (const file of staged) await putInPlace(file);
    await syncFolder(folder);
    if ((await readManifestText(folder)) === state) {
      await sweep(folder, [passages.file, vectors.file]);
    }
    return state;
  } catch (error) {
    for (const file of staged) await discard(file).catch(() => undefined);
    if (error instanceof NighError) throw error;
    // The other process takes away files that its nigh.json does not name, ours too.
    if ((await readManifestText(folder)) !== expected) throw changedMeanwhile(folder, error);
    throw new NighError(
      "ERR_DATABASE",
      `The database ${folder} cannot be written: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

function changedMeanwhile(folder: string, cause?: unknown): NighError {
  return new NighError(
    "ERR_DATABASE",
    `The database ${folder} was changed by another process meanwhile: open it again, and index again.`,
    { cause },
  );
}

/** Removes what no manifest names any more. The commit is done: what cannot be removed waits for the next one. */
async function sweep(folder: string, named: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!OWN_FILE.test(name) || named.includes(name)) continue;
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

async function readContent(folder: string, manifest: Manifest): Promise<PassageFile> {
  const { model } = manifest;
  const lines = await readChecked(join(folder, manifest.passages.file), manifest.passages.sha256);
  const path = join(folder, manifest.vectors.file);
  const bytes = await readChecked(path, manifest.vectors.sha256);
  const passages = parsePassages(join(folder, manifest.passages.file), lines);
  const { count } = manifest.passages;
  if (passages.length !== count) {
    throw damaged(join(folder, manifest.passages.file), `${passages.length} passages`, `${count}`);
  }
  const expected = count * model.dimension * 4;
  if (bytes.byteLength !== expected) {
    throw damaged(path, `${bytes.byteLength} bytes`, `${expected}`);
  }
  const floats = new Float32Array(new Uint8Array(bytes).buffer);
  return { model, passages, vectors: new Matrix(floats, count, model.dimension) };
}

function parsePassages(path: string, lines: Buffer): StoredPassage[] {
  const texts = lines.toString("utf8").split("\n").filter(Boolean);
  return texts.map((line, i) => {
    try {
      return PassageSchema.parse(JSON.parse(line));
    } catch (error) {
      throw new NighError(
        "ERR_DATABASE",
        `${path}:${i + 1} is no passage: ${messageOf(error)}. Index your files again.`,
        { cause: error },
      );
    }
  });
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
  if (found !== expected) throw damaged(path, `the sha256 ${found}`, expected);
  return bytes;
}

function damaged(path: string, found: string, expected: string): NighError {
  return new NighError(
    "ERR_DATABASE",
    `${path} is damaged: found ${found}, expected ${expected}. Index your files again.`,
  );
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
