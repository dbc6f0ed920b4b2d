import { models } from "../../../encoder/known-models.js";
import { SentenceTransformer } from "../../../encoder/sentence-transformer.js";
import { NighError } from "../../../shared/errors.js";
import { isObject } from "../../../shared/plain-values.js";
import type { StoredEmbedder } from "../../../store/collection-row.js";
import type { EmbeddingFunction } from "../../collections/bound-embedder.js";
import type { NamedEmbedder } from "../record-backend.js";

/** What Chroma's clients store of an embedding function: they make it again from name and config. */
export interface StoredFunction {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Chroma's name of sentence-transformers' models, which Python's and JavaScript's clients load by it. */
const SENTENCE_TRANSFORMER = "sentence_transformer";
/** Chroma's own model, which its clients need no package for: all-MiniLM-L6-v2, nigh's bundled one. */
const DEFAULT = "default";
const DEFAULT_MODEL = "all-MiniLM-L6-v2";
/** In a config: what nigh knows of an embedder. Chroma's clients do not look at it. */
const IDENTITY = "nigh";

/** `embedding_function` of a collection's configuration. @returns undefined where there is none that is known. */
export function storedFunction(json: unknown): StoredFunction | undefined {
  const { type, name, config } = (json ?? {}) as Record<string, unknown>;
  if (type !== "known" || typeof name !== "string") return undefined;
  return { name, config: isObject(config) ? config : {} };
}

/** An embedder as `embedding_function` of a collection's configuration, of JSON's types only. */
export function functionJson({ given, bound }: NamedEmbedder): Record<string, unknown> {
  const { identity } = bound;
  const nigh = { ...identity };
  const isModel = given === undefined || given instanceof SentenceTransformer || isKnown(identity);
  if (isModel && identity.name === DEFAULT_MODEL) {
    return { type: "known", name: DEFAULT, config: { [IDENTITY]: nigh } };
  }
  if (isModel) {
    const config = {
      model_name: identity.name,
      device: "cpu",
      normalize_embeddings: false,
      kwargs: {},
      [IDENTITY]: nigh,
    };
    return { type: "known", name: SENTENCE_TRANSFORMER, config };
  }
  if (isFunction(given)) {
    return { type: "known", name: identity.name, config: given.getConfig?.() ?? {} };
  }
  return { type: "known", name: identity.name, config: { [IDENTITY]: nigh } };
}

/** What nigh stored of an embedder; null where another client stored the function. */
export function identityOf(stored: StoredFunction | undefined): StoredEmbedder | null {
  const identity = stored?.config[IDENTITY];
  if (!isObject(identity)) return null;
  const { name, fingerprint, dimension, dtype, longText } = identity;
  const isWhole =
    typeof name === "string" && typeof fingerprint === "string" && typeof dimension === "number";
  if (!isWhole) return null;
  return {
    ...{ name, fingerprint, dimension },
    ...(typeof dtype === "string" && { dtype }),
    ...(typeof longText === "string" && { longText }),
  };
}

/**
 * Compares an embedder with one that another client stored: by name, and by the model's name where both say it.
 *
 * @throws NighError `ERR_EMBEDDER`.
 */
export function checkFunction(
  collection: string,
  stored: StoredFunction,
  embedder: NamedEmbedder,
): void {
  const own = storedFunction(functionJson(embedder)) as StoredFunction;
  const [a, b] = [modelOf(stored), modelOf(own)];
  const isSame = kindOf(stored) === kindOf(own) && (a === undefined || b === undefined || a === b);
  if (isSame) return;
  throw new NighError(
    "ERR_EMBEDDER",
    `The collection "${collection}" has vectors of the embedding function "${stored.name}"${a ? ` (${a})` : ""}; this is "${own.name}"${b ? ` (${b})` : ""}, whose vectors mean something else. Open it with the one that made them, or with null and give embeddings.`,
  );
}

function kindOf({ name }: StoredFunction): string {
  return name === DEFAULT ? SENTENCE_TRANSFORMER : name;
}

function modelOf({ name, config }: StoredFunction): string | undefined {
  if (name === DEFAULT) return DEFAULT_MODEL;
  const model = config["model_name"] ?? config["model"];
  return typeof model === "string" ? model.replace(/^sentence-transformers\//u, "") : undefined;
}

/** A copy of a collection knows of its embedder what was stored. */
function isKnown({ name, fingerprint }: StoredEmbedder): boolean {
  return !fingerprint.startsWith("function:") && models().some((model) => model.name === name);
}

function isFunction(given: object): given is EmbeddingFunction {
  return (
    typeof (given as EmbeddingFunction).generate === "function" && !("encodeDocument" in given)
  );
}
