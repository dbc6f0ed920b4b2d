import { z } from "zod";
import { closeSync, fstatSync, openSync, readSync, realpathSync, type Stats } from "#shared/files";
import { basename, dirname, join } from "#shared/path";
import { messageOf, NighError } from "../shared/errors.js";
import { readFolderJson } from "./folder-json.js";
import { headerEnd, readHeader, type SafeTensor, type TensorSource } from "./safetensors.js";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** The int8 weights and graph of a model, where they are all that a folder has of it: nigh's own (quantized-program.ts). */
export const QUANTIZED_FILE = "nigh_int8.safetensors";

/** Files of which a folder has one when nigh can read its weights. */
export const WEIGHT_FILES: readonly string[] = [SINGLE, INDEX];

const IndexSchema = z.object({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/)) });

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  readonly stats: Stats;
}

/**
 * The weights of a folder, in one safetensors file or in several (shards). Only headers are read into
 * memory, tensors when they are asked for.
 */
export class WeightFiles implements TensorSource {
  /** Absolute or as the folder was given. */
  readonly paths: readonly string[];
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly #files: readonly OpenFile[];
  readonly #fileOf: ReadonlyMap<SafeTensor, OpenFile>;

  /** Paths of the weights in a folder. */
  static async pathsIn(folder: string): Promise<readonly string[]> {
    const single = join(folder, SINGLE);
    const index = await readFolderJson(join(folder, INDEX), IndexSchema).catch((error) => {
      // As in Python, the single file comes first, and the index then means nothing.
      if (isThere(single)) return undefined;
      throw error;
    });
    if (index === undefined || isThere(single)) return [single];
    return [...new Set(Object.values(index.weight_map))].sort().map((name) => join(folder, name));
  }

  /**
   * @throws NighError `ERR_MODEL_NOT_FOUND` when a file is missing, `ERR_MODEL_FORMAT` when one is truncated
   * or malformed, `ERR_FILE` when one cannot be read.
   */
  constructor(paths: readonly string[]) {
    this.paths = paths;
    const files: OpenFile[] = [];
    this.#files = files;
    const fileOf = new Map<SafeTensor, OpenFile>();
    const tensors = new Map<string, SafeTensor>();
    try {
      for (const path of paths) {
        const file = openFile(path);
        files.push(file);
        for (const [name, tensor] of readTensors(file)) {
          tensors.set(name, tensor);
          fileOf.set(tensor, file);
        }
      }
    } catch (error) {
      this.close();
      throw error;
    }
    this.tensors = tensors;
    this.#fileOf = fileOf;
  }

  read(tensor: SafeTensor, target: Uint8Array): void {
    fill(target.subarray(0, tensor.byteLength), this.#placeOf(tensor), tensor.offset);
  }

  /** The real folder of all files, undefined where links lead to several. */
  get folder(): string | undefined {
    const folders = new Set(this.paths.map((path) => dirname(realpathSync(path))));
    return folders.size === 1 ? [...folders][0] : undefined;
  }

  /** The real name of the file that a tensor lies in. */
  nameOf(tensor: SafeTensor): string {
    return basename(realpathSync(this.#placeOf(tensor).path));
  }

  /** @throws NighError `ERR_FILE` when a file was written to since it was opened. */
  checkUnchanged(): void {
    for (const { path, descriptor, stats } of this.#files) {
      const now = fstatSync(descriptor);
      if (now.mtimeMs === stats.mtimeMs && now.size === stats.size) continue;
      throw new NighError("ERR_FILE", `${path} changed while it was read: load the model again.`);
    }
  }

  close(): void {
    for (const { descriptor } of this.#files) closeSync(descriptor);
  }

  #placeOf(tensor: SafeTensor): OpenFile {
    const file = this.#fileOf.get(tensor);
    if (file === undefined) throw new TypeError(`${tensor.name} is none of these tensors`);
    return file;
  }
}

function isThere(path: string): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function openFile(path: string): OpenFile {
  try {
    const descriptor = openSync(path, "r");
    return { path, descriptor, stats: fstatSync(descriptor) };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT"
      ? new NighError(
          "ERR_MODEL_NOT_FOUND",
          `${path} is missing: nigh reads a model's weights from ${SINGLE}, or from the files that ${INDEX} lists. Bring the whole model folder from its source.`,
        )
      : unreadable(path, error);
  }
}

function readTensors(file: OpenFile): Map<string, SafeTensor> {
  const { path, stats } = file;
  const end = headerEnd(fill(new Uint8Array(Math.min(8, stats.size)), file, 0), stats.size, path);
  return readHeader(fill(new Uint8Array(end - 8), file, 8), stats.size, path);
}

/** Fills all of `bytes` from a place in the file. */
function fill(bytes: Uint8Array, { path, descriptor }: OpenFile, offset: number): Uint8Array {
  const { length } = bytes;
  for (let filled = 0; filled < length; ) {
    let read: number;
    try {
      read = readSync(descriptor, bytes, filled, length - filled, offset + filled);
    } catch (error) {
      throw unreadable(path, error);
    }
    if (read === 0) {
      throw new NighError(
        "ERR_FILE",
        `${path} became shorter while it was read: load the model again.`,
      );
    }
    filled += read;
  }
  return bytes;
}

function unreadable(path: string, cause: unknown): NighError {
  return new NighError("ERR_FILE", `${path} cannot be read: ${messageOf(cause)}.`, { cause });
}
