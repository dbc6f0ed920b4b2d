import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
export const NIGH_PACKAGE = join(REPOSITORY, "packages/nigh");
export const BUNDLED_MODEL = join(REPOSITORY, "packages/model-all-minilm-l6-v2/model");
export const TINY_MODEL = fixture("models/tiny-multilingual-bert");

/** Optional data: the project's shared folder, which a user's machine does not have. */
export const SHARED = join(REPOSITORY, "../shared");

/** Ends the title of a test that is skipped where the shared folder is missing. */
export const NEEDS_SHARED = "(skipped: no ../shared here)";

/** `title`, with the reason at its end where the test cannot run. */
export function needsShared(title: string, path: string): { skip: boolean; title: string } {
  const skip = !existsSync(path);
  return { skip, title: skip ? `${title} ${NEEDS_SHARED}` : title };
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

/** Texts with their token ids and the vectors of Python's sentence-transformers. */
export interface Golden {
  readonly texts: readonly string[];
  readonly embeddings: readonly (readonly number[])[];
  readonly token_ids: readonly (readonly number[])[];
  readonly max_seq_length: number;
}

export const MINILM_GOLDEN = readJson<Golden>(fixture("golden/all-MiniLM-L6-v2.json"));
export const TINY_GOLDEN = readJson<Golden>(join(TINY_MODEL, "golden.json"));
