import { NighError } from "../../shared/errors.js";
import type { ModelKind } from "../hub/repo-id.js";

/** Where models come from. */
export interface SourceOptions {
  readonly signal?: AbortSignal;
}

/** The names of {@link SourceOptions}. */
export const SOURCE_OPTIONS: readonly string[] = ["signal"];

export interface FoundModel {
  readonly name: string;
  readonly folder: string;
  /** To be called when the model is loaded: its files are not read any more. */
  release(): void;
}

/** @throws NighError `ERR_MODEL_NOT_FOUND`. */
export async function findModel(
  where: string,
  name: string,
  _options: SourceOptions,
  _kind?: ModelKind,
): Promise<FoundModel> {
  throw new NighError(
    "ERR_MODEL_NOT_FOUND",
    `${where}: models are not loaded in browsers, found "${name}".`,
  );
}
