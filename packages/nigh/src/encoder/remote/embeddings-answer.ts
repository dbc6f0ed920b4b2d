import { z } from "zod";
import { quote } from "../../shared/describe.js";
import { NighError } from "../../shared/errors.js";
import { withoutSecrets } from "./error-of-answer.js";

export interface EmbeddingsAnswer {
  /** One for each text, in the order of the texts. */
  readonly vectors: readonly Float32Array[];
  /** As the server counts them; 0 where it does not. */
  readonly promptTokens: number;
}

export interface ExpectedAnswer {
  /** Texts that were sent. */
  readonly count: number;
  /** Length of the vectors, where it is known. */
  readonly dimension: number | undefined;
  readonly model: string;
  /** For messages. */
  readonly baseURL: string;
  /** What no message may hold. */
  readonly secrets: readonly string[];
}

const AnswerSchema = z.object({
  data: z.array(z.object({ index: z.int().optional(), embedding: z.unknown() })),
  usage: z.object({ prompt_tokens: z.number().nonnegative().optional() }).nullish(),
});

/**
 * Reads the answer of `POST /embeddings`: each vector as base64 of float32 (little-endian) or as numbers, in any order where they have an index.
 *
 * @throws NighError `ERR_SERVER` for what is no such answer, has vectors missing or numbers that are none; `ERR_DIMENSION` for vectors
 * of another length.
 */
export function readEmbeddings(text: string, expected: ExpectedAnswer): EmbeddingsAnswer {
  const answer = AnswerSchema.safeParse(parse(text, expected));
  if (!answer.success) throw noAnswer(text, expected);
  const { data, usage } = answer.data;
  const { count } = expected;
  if (data.length !== count)
    throw broken(expected, `has ${data.length} vectors for ${count} texts`);
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  let { dimension } = expected;
  for (const [place, { index = place, embedding }] of data.entries()) {
    if (index < 0 || index >= count) {
      throw broken(expected, `has a vector with index ${index}, but ${count} texts were sent`);
    }
    if (vectors[index] !== undefined) throw broken(expected, `has two vectors of index ${index}`);
    const vector = vectorOf(embedding, index, expected);
    dimension ??= vector.length;
    if (vector.length !== dimension) throw wrongDimension(expected, vector.length, dimension);
    vectors[index] = vector;
  }
  return {
    vectors: vectors as Float32Array[],
    promptTokens: usage?.prompt_tokens ?? 0,
  };
}

function parse(text: string, expected: ExpectedAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message would quote the answer, which may repeat what was sent.
    throw noAnswer(text, expected);
  }
}

function vectorOf(embedding: unknown, index: number, expected: ExpectedAnswer): Float32Array {
  const vector =
    typeof embedding === "string" ? vectorOfBase64(embedding) : vectorOfNumbers(embedding);
  if (vector === undefined || vector.length === 0)
    throw broken(expected, `has something else than numbers as vector ${index}`);
  if (vector.every(Number.isFinite)) return vector;
  throw broken(expected, `has numbers in vector ${index} that are not finite`);
}

function vectorOfNumbers(embedding: unknown): Float32Array | undefined {
  if (!Array.isArray(embedding)) return undefined;
  return embedding.every((x) => typeof x === "number") ? Float32Array.from(embedding) : undefined;
}

function vectorOfBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, "base64");
  // Characters that are no base64 are passed over.
  if (bytes.length !== Buffer.byteLength(text, "base64") || bytes.length % 4 !== 0) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const vector = new Float32Array(bytes.length / 4);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getFloat32(4 * i, true);
  return vector;
}

function broken({ baseURL, model }: ExpectedAnswer, what: string): NighError {
  return new NighError(
    "ERR_SERVER",
    `The answer of ${baseURL} ${what}. None of it was used: look whether the server runs "${model}" as an embedding model.`,
  );
}

function noAnswer(text: string, { baseURL, secrets }: ExpectedAnswer): NighError {
  const beginning = quote(withoutSecrets(text.slice(0, 10_000), secrets));
  return new NighError(
    "ERR_SERVER",
    `The answer of ${baseURL} is none of OpenAI's embeddings API: it begins ${beginning}. Is this the address of such a server, most often with /v1 at its end?`,
  );
}

function wrongDimension(
  { baseURL, model }: ExpectedAnswer,
  found: number,
  expected: number,
): NighError {
  return new NighError(
    "ERR_DIMENSION",
    `${baseURL} gave a vector of ${found} dimensions for "${model}", expected ${expected}. Where that is the right length, say "dimensions": ${found}; where it should be shorter and the server cannot do it, use truncateDim.`,
  );
}
