import { createHash } from "#shared/hash";
import type { Embedder } from "../../encoder/embedder.js";
import { SentenceTransformer } from "../../encoder/sentence-transformer.js";
import { describe } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { Matrix, type MatrixLike } from "../../shared/matrix.js";
import type { OnProgress } from "../../shared/progress.js";
import type {
  CollectionRow,
  EmbedderIdentity,
  StoredEmbedder,
} from "../../store/collection-row.js";

/** Chroma's interface of a function that makes vectors. */
export interface EmbeddingFunction {
  /** By it, and by what `getConfig` gives, functions are told apart. Default: the name of its class; an object without a class needs one. */
  readonly name?: string;
  generate(texts: string[]): Promise<readonly (readonly number[] | Float32Array)[]>;
  /** For queries, where a model treats them differently. */
  generateForQueries?(texts: string[]): Promise<readonly (readonly number[] | Float32Array)[]>;
  getConfig?(): unknown;
}

export interface EmbedOptions {
  readonly showProgressBar?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What makes a collection's vectors out of texts. */
export interface BoundEmbedder {
  /** Its dimension is undefined before the first vector, where the embedder does not tell it. */
  readonly identity: EmbedderIdentity;
  /** Tells vectors of different precision apart: they are not mixed without need. */
  readonly precision: string;
  documents(texts: readonly string[], options: EmbedOptions): Promise<Matrix>;
  queries(texts: readonly string[]): Promise<Matrix>;
}

/** One whose dimension is known. */
export interface IdentifiedEmbedder extends BoundEmbedder {
  readonly identity: StoredEmbedder;
}

const DEFAULT_MODEL = "all-MiniLM-L6-v2";

/** The bundled model, loaded when it is first needed, for all collections of a client. */
export class DefaultEmbedder {
  #loading: Promise<{ model: SentenceTransformer; bound: IdentifiedEmbedder }> | undefined;

  async bound(): Promise<IdentifiedEmbedder> {
    return (await this.#load()).bound;
  }

  async close(): Promise<void> {
    const loading = this.#loading;
    this.#loading = undefined;
    const loaded = await loading?.catch(() => undefined);
    await loaded?.model.close();
  }

  #load(): Promise<{ model: SentenceTransformer; bound: IdentifiedEmbedder }> {
    if (this.#loading === undefined) {
      const loading = SentenceTransformer.load(DEFAULT_MODEL).then((model) => ({
        model,
        bound: ofEmbedder(model),
      }));
      this.#loading = loading;
      // A failure is not kept: the next call tries again.
      loading.catch(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
    }
    return this.#loading;
  }
}

/**
 * @param given nigh's or Chroma's interface.
 * @throws NighError `ERR_INVALID_ARGUMENT` for what has neither.
 */
export async function bindEmbedder(
  where: string,
  given: Embedder | EmbeddingFunction,
): Promise<BoundEmbedder> {
  if (isEmbedder(given)) {
    await given.ready?.();
    return ofEmbedder(given);
  }
  if (typeof given?.generate === "function") return ofFunction(where, given);
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "embeddingFunction" must be a model, as SentenceTransformer.load gives, an object with generate(texts), or null for none; found ${describe(given)}.`,
  );
}

/** What an option "embeddingFunction" chooses: null is none, undefined the bundled model. @throws NighError as {@link bindEmbedder}. */
export async function bindChoice(
  where: string,
  given: Embedder | EmbeddingFunction | null | undefined,
): Promise<BoundEmbedder | null | undefined> {
  return given === null || given === undefined ? given : bindEmbedder(where, given);
}

function isEmbedder(given: unknown): given is Embedder {
  return typeof (given as Embedder | null)?.encodeDocument === "function";
}

function ofEmbedder(embedder: Embedder): IdentifiedEmbedder {
  const { name, fingerprint, dimension, dtype, longText } = embedder;
  return {
    identity: {
      ...{ name, fingerprint, dimension },
      ...(dtype !== undefined && { dtype }),
      // What is the rule is not worth a word, and older databases have none.
      ...(longText === "chunk" && { longText }),
    },
    precision: dtype ?? "",
    documents: async (texts, options) =>
      oneForEach(name, texts, await embedder.encodeDocument(texts, options)),
    queries: async (texts) => oneForEach(name, texts, await embedder.encodeQuery(texts)),
  };
}

function oneForEach(name: string, texts: readonly string[], vectors: MatrixLike): Matrix {
  const matrix = Matrix.from(vectors);
  const [count, dimension] = matrix.shape;
  if (count === texts.length && (count === 0 || dimension > 0)) return matrix;
  const found = count === texts.length ? "an empty vector" : `${count} vectors`;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `The embedder "${name}" gave ${found} for ${texts.length} texts: expected one for each.`,
  );
}

/** Its dimension is known after a first text; its fingerprint is its name and configuration. */
function ofFunction(where: string, given: EmbeddingFunction): BoundEmbedder {
  const name = nameOf(where, given);
  const configuration = JSON.stringify(given.getConfig?.() ?? null);
  const hash = createHash("sha256").update(`${name}\0${configuration}`).digest("hex");
  let identity: EmbedderIdentity = { name, fingerprint: `function:${hash}` };
  const generate = async (texts: readonly string[], queries: boolean): Promise<Matrix> => {
    const vectors =
      queries && given.generateForQueries
        ? await given.generateForQueries([...texts])
        : await given.generate([...texts]);
    const matrix = oneForEach(name, texts, vectors as readonly Float32Array[]);
    if (identity.dimension === undefined && texts.length > 0) {
      identity = { ...identity, dimension: matrix.shape[1] };
    }
    return matrix;
  };
  return {
    get identity() {
      return identity;
    },
    precision: "",
    documents: (texts) => generate(texts, false),
    queries: (texts) => generate(texts, true),
  };
}

/** The name of a function, or of its class. @throws NighError `ERR_INVALID_ARGUMENT` where there is neither: all such functions would count as one. */
function nameOf(where: string, given: EmbeddingFunction): string {
  const { name = given.constructor?.name } = given;
  const isOwn = name !== "Object" || given.name !== undefined;
  if (typeof name === "string" && name !== "" && isOwn) return name;
  throw new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: "embeddingFunction" has no name, by which a collection knows whose vectors it holds: give it one, { name: "my-embeddings", generate }, that no other function has, or make it of a class.`,
  );
}

/** Embeds a text where the dimension is not known otherwise. */
export async function identify(embedder: BoundEmbedder): Promise<IdentifiedEmbedder> {
  if (embedder.identity.dimension === undefined) await embedder.documents(["dimension"], {});
  return embedder as IdentifiedEmbedder;
}

/** Whether a collection's vectors can be compared with those of an embedder. */
export function sameVectors({ embedder }: CollectionRow, { identity }: BoundEmbedder): boolean {
  return embedder === null || embedder.fingerprint === identity.fingerprint;
}

/** @throws NighError `ERR_EMBEDDER` when a collection's vectors are from another embedder. */
export function checkEmbedder(
  row: Pick<CollectionRow, "embedder" | "name" | "dimension">,
  { identity }: Pick<BoundEmbedder, "identity">,
): void {
  const { embedder, name, dimension } = row;
  if (embedder !== null && embedder.fingerprint !== identity.fingerprint) {
    throw new NighError(
      "ERR_EMBEDDER",
      `The collection "${name}" ${dimension === null ? "was made for" : "holds"} vectors of ${named(embedder)} (fingerprint ${short(embedder)}); this is ${named(identity)} (${short(identity)}), whose vectors mean something else. Open it with ${named(embedder)}, or open it with embeddingFunction: null and move it with reembed().`,
    );
  }
  if (dimension === null || (identity.dimension ?? dimension) === dimension) return;
  throw new NighError(
    "ERR_DIMENSION",
    `The collection "${name}" holds vectors of ${dimension} dimensions; those of "${identity.name}" have ${identity.dimension}. Give embeddings, or open it with the embedder that made them.`,
  );
}

function named({ name, longText }: EmbedderIdentity): string {
  return longText === undefined ? `"${name}"` : `"${name}" with longText: "${longText}"`;
}

function short({ fingerprint }: EmbedderIdentity): string {
  return fingerprint.replace(/^function:/u, "").slice(0, 12);
}

const HASH_BYTES = 16;

/** Which text and embedder a vector is from: 16 bytes of SHA-256. */
export function hashOf({ identity, precision }: BoundEmbedder, text: string): Uint8Array {
  return createHash("sha256")
    .update(`${identity.fingerprint}\0${precision}\0`)
    .update(text)
    .digest()
    .subarray(0, HASH_BYTES);
}

/** Vectors of texts, and how many of these the embedder reads only the beginning of. */
export async function embedTexts(
  embedder: BoundEmbedder,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<{ vectors: Matrix; truncated: number }> {
  let truncated = 0;
  const vectors = await embedder.documents(texts, {
    ...options,
    onProgress: (progress) => {
      truncated = progress.truncated;
      options.onProgress?.(progress);
    },
  });
  return { vectors, truncated };
}

/** @param advice what to do where there is none. */
export function noEmbeddingFunction(
  where: string,
  collection: string,
  advice = "give embeddings, or open it with one",
): NighError {
  return new NighError(
    "ERR_INVALID_ARGUMENT",
    `${where}: the collection "${collection}" was opened without an embedding function: ${advice}.`,
  );
}
