import type { Embedder } from "../encoder/embedder.js";
import { SIMILARITY_NAMES, type SimilarityName } from "../encoder/model-folder.js";
import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkOneOf } from "../shared/options.js";

/** By which similarities an evaluator compares vectors. */
export interface SimilarityOptions {
  /** Default: the main one, else the model's own; cosine of vectors that are given. */
  similarityFnNames?: readonly SimilarityName[];
  /** The one that the primary metric is of. Default: the only one; of several, the highest figure. */
  mainSimilarity?: SimilarityName;
}

/** Undefined names: those of whatever is evaluated. */
export interface Similarities {
  readonly names: readonly SimilarityName[] | undefined;
  readonly main: SimilarityName | undefined;
}

/** @throws NighError `ERR_INVALID_ARGUMENT` for names that are not known, and for a main one that is not among them. */
export function interpretSimilarities(
  where: string,
  { similarityFnNames, mainSimilarity }: SimilarityOptions,
): Similarities {
  const main =
    mainSimilarity === undefined
      ? undefined
      : checkOneOf(where, "mainSimilarity", mainSimilarity, SIMILARITY_NAMES);
  if (similarityFnNames === undefined) return { names: main && [main], main };
  if (!Array.isArray(similarityFnNames) || similarityFnNames.length === 0) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `${where}: "similarityFnNames" must be a list of at least one of ${SIMILARITY_NAMES.join(", ")}, found ${describe(similarityFnNames)}.`,
    );
  }
  const given = similarityFnNames.map((name) =>
    checkOneOf(where, "similarityFnNames", name, SIMILARITY_NAMES),
  );
  const names = [...new Set(given)];
  if (main === undefined || names.includes(main)) return { names, main };
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "mainSimilarity" is "${main}", which is not among "similarityFnNames" (${names.join(", ")}).`,
  );
}

/** The similarity that a model was made for; cosine where it does not say. */
export function similarityOfModel(embedder: Embedder): SimilarityName {
  return (
    (embedder as Embedder & { similarityFunction?: SimilarityName }).similarityFunction ?? "cosine"
  );
}

export function isEmbedder(value: unknown): value is Embedder {
  const { encodeQuery, encodeDocument } = (value ?? {}) as Partial<Embedder>;
  return typeof encodeQuery === "function" && typeof encodeDocument === "function";
}
