import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, NighError } from "../shared/errors.js";
import type { ModelFolder } from "./model-folder.js";
import { readIfThere } from "./read-if-there.js";

/** The list of checksums that a model folder may carry, in the format of sha256sum(1). */
const CHECKSUMS_FILE = "SHA256SUMS";

export interface LoadedWeights {
  /** model.safetensors, in shared memory. */
  readonly weights: Uint8Array;
  /** sha256 of the weights, the tokenizer and the options that decide what a text's vector is. */
  readonly fingerprint: string;
}

/**
 * Reads the weights into shared memory, and checks every file that SHA256SUMS lists where the folder
 * has one.
 *
 * @throws NighError `ERR_MODEL_NOT_FOUND` when there are no weights, `ERR_CHECKSUM` when a listed file
 * is damaged or missing, with what was found and expected.
 */
export async function loadWeights(folder: ModelFolder): Promise<LoadedWeights> {
  const path = join(folder.transformerPath, "model.safetensors");
  const weights = await readShared(path);
  const known = new Map([[path, sha256(weights)]]);
  await verifyChecksums(folder.path, known);
  return { weights, fingerprint: await fingerprint(folder, known.get(path) ?? "") };
}

async function readShared(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT"
      ? new NighError(
          "ERR_MODEL_NOT_FOUND",
          `${path} is missing: nigh reads a model's weights from model.safetensors. Bring the whole model folder from its source.`,
        )
      : new NighError("ERR_FILE", `${path} cannot be read: ${error.message}.`, { cause: error });
  });
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0)
        throw new NighError(
          "ERR_FILE",
          `${path} became shorter while it was read: load the model again.`,
        );
      filled += bytesRead;
    }
    return bytes;
  } catch (error) {
    if (error instanceof NighError) throw error;
    throw new NighError("ERR_FILE", `${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  } finally {
    await file.close();
  }
}

async function verifyChecksums(folder: string, known: ReadonlyMap<string, string>): Promise<void> {
  const listPath = join(folder, CHECKSUMS_FILE);
  const list = await readIfThere(listPath);
  if (list === undefined) return;
  const listed = new Set<string>();
  for (const line of list.toString("utf8").split(/\r?\n/).filter(Boolean)) {
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (!match) {
      throw new NighError(
        "ERR_CHECKSUM",
        `${listPath}: the line ${JSON.stringify(line)} is not "sha256  file". Install the model again.`,
      );
    }
    const [, expected = "", name = ""] = match;
    const path = join(folder, name);
    listed.add(path);
    const found = known.get(path) ?? (await readFile(path).then(sha256, () => undefined));
    if (found === expected) continue;
    const what =
      found === undefined
        ? "is missing or cannot be read"
        : `is damaged: its sha256 is ${found}, expected ${expected}`;
    throw new NighError(
      "ERR_CHECKSUM",
      `${path} ${what} (listed in ${CHECKSUMS_FILE}). Install the model again.`,
    );
  }
  for (const path of known.keys()) {
    if (listed.has(path)) continue;
    throw new NighError(
      "ERR_CHECKSUM",
      `${listPath} does not list ${path}: the list is damaged. Install the model again.`,
    );
  }
}

async function fingerprint(folder: ModelFolder, weights: string): Promise<string> {
  const hashFile = async (name: string): Promise<string> =>
    sha256((await readIfThere(join(folder.transformerPath, name))) ?? "");
  const parts = {
    weights,
    tokenizer: await hashFile("tokenizer.json"),
    tokenizerConfig: await hashFile("tokenizer_config.json"),
    config: folder.config,
    pooling: folder.pooling,
    normalize: folder.normalize,
    maxSeqLength: folder.maxSeqLength,
    lowerCase: folder.lowerCase,
    prompts: Object.entries(folder.prompts).sort(([a], [b]) => (a < b ? -1 : 1)),
    defaultPromptName: folder.defaultPromptName,
  };
  return sha256(JSON.stringify(parts));
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
