import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { createHash } from "#shared/hash";
import { throwIfAborted } from "../shared/abort.js";
import { NighError } from "../shared/errors.js";
import { checkKeys, checkSignal } from "../shared/options.js";
import { readCrossEncoderFolder } from "./cross-encoder/cross-encoder-folder.js";
import { EncoderPool } from "./encoder-pool.js";
import { modelFilesOf } from "./hub/folder-files.js";
import { isCrossEncoder, type ModelFolder, readModelFolder } from "./model-folder.js";
import { findModel } from "./node/find-model.js";
import { encodeProgram, isQuantized } from "./quantized-program.js";
import { QUANTIZED_FILE } from "./weight-files.js";
import { checkFree, writeModelFolder } from "./write-model-folder.js";

export interface QuantizeModelOptions {
  /** Looked at before and after the model is built. The promise then rejects with `ERR_ABORTED`, and nothing is written. */
  signal?: AbortSignal;
}

/** What became of a model. */
export interface QuantizedModel {
  readonly folder: string;
  /** Name of the model it was made from. */
  readonly source: string;
  /** The same as that of the model it was made from. */
  readonly fingerprint: string;
  /** Of all files. */
  readonly bytes: number;
}

/** Weights, by the end of their names: the folder gets its own. */
const WEIGHTS = /\.(?:safetensors|safetensors\.index\.json|onnx|onnx_data)$/u;

/**
 * Calibrates a model for int8 and writes a folder with its int8 weights, which `SentenceTransformer.load` takes without calibrating: the
 * same vectors, to the bit, as of the model itself with dtype "int8", under the same fingerprint.
 *
 * A cross-encoder is written in the same way, for `CrossEncoder.load`.
 *
 * @param nameOrFolder of the model, as `SentenceTransformer.load` takes it.
 * @param folder where the quantized model is written; must not be there, or be empty.
 * @throws NighError `ERR_EXISTS`, `ERR_UNSUPPORTED_MODEL` for a model that has no int8 (static, exported, or quantized already),
 * `ERR_DISK_FULL`, `ERR_FILE`, and what `SentenceTransformer.load` throws.
 */
export async function quantizeModel(
  nameOrFolder: string,
  folder: string,
  options: QuantizeModelOptions = {},
): Promise<QuantizedModel> {
  const where = "quantizeModel";
  checkKeys(where, options, ["signal"]);
  checkSignal(where, options.signal);
  const { signal } = options;
  throwIfAborted(signal);
  await checkFree(folder);
  const found = await findModel(where, nameOrFolder);
  try {
    const source: ModelFolder = (await isCrossEncoder(found.folder))
      ? await readCrossEncoderFolder(found.folder)
      : await readModelFolder(found.folder);
    checkSource(source);
    const built = await buildInt8(source);
    throwIfAborted(signal);
    const files = await smallFiles(source.path);
    files[withSlashes(relative(source.path, join(source.input.path, QUANTIZED_FILE)))] =
      encodeProgram(built);
    files["README.md"] =
      `${found.name} in int8, calibrated and written by nigh: nigh loads it with dtype "int8". The licence is that of ${found.name}.\n`;
    files["SHA256SUMS"] = checksums(files);
    await writeModelFolder(folder, files);
    const sizes = Object.values(files).map((content) => Buffer.byteLength(content));
    return {
      folder,
      source: found.name,
      fingerprint: built.fingerprint,
      bytes: sizes.reduce((a, b) => a + b, 0),
    };
  } finally {
    found.release();
  }
}

function checkSource(folder: ModelFolder): void {
  if (folder.input.kind === "Transformer" && !isQuantized(folder)) return;
  const what = isQuantized(folder) ? "quantized already" : "a static model, which has no layers";
  throw new NighError(
    "ERR_UNSUPPORTED_MODEL",
    `${folder.path} is ${what}: quantize a model that begins with Transformer and has float32 weights.`,
  );
}

/** In a thread: calibrating a big model takes seconds. */
async function buildInt8(folder: ModelFolder) {
  const pool = new EncoderPool({ folder, runtime: undefined }, 1, true);
  try {
    return await pool.build({ dtype: "int8" });
  } finally {
    await pool.close();
  }
}

/** What decides about vectors besides the weights. */
async function smallFiles(folder: string): Promise<Record<string, string | Uint8Array>> {
  const names = (await modelFilesOf(folder)).filter((name) => !WEIGHTS.test(name));
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return Object.fromEntries(names.map((name, i) => [name, contents[i] as Uint8Array]));
}

function checksums(files: Readonly<Record<string, string | Uint8Array>>): string {
  return Object.entries(files)
    .map(([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`)
    .join("");
}

function withSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}
