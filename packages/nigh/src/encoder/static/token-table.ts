import { NighError } from "../../shared/errors.js";
import { Matrix } from "../../shared/matrix.js";
import { toFloat32 } from "../float-formats.js";
import type { SafeTensor, TensorSource } from "../safetensors.js";

/** Name of the vectors in files of model2vec, and of sentence-transformers. */
const MODEL2VEC_VECTORS = "embeddings";
const STATIC_EMBEDDING_VECTORS = "embedding.weight";

/** A vector for every token. */
export interface TokenTable {
  /** [rows x dimension] */
  readonly vectors: Matrix;
  /** Row of each token id; undefined: row i is token i. */
  readonly rowOf: Int32Array | undefined;
  /** By which each token's row is multiplied; undefined: 1. */
  readonly weights: Float32Array | undefined;
  /** Token ids from 0 that have a vector. */
  readonly tokens: number;
}

/** Whether model2vec wrote a file, rather than sentence-transformers. */
export function isModel2VecFile({ tensors }: TensorSource): boolean {
  return !tensors.has(STATIC_EMBEDDING_VECTORS);
}

/**
 * Reads the tensors of a static model: `embeddings` with `mapping` and `weights`, if any, as model2vec writes them, or
 * `embedding.weight`. All numbers become float32.
 *
 * @param path of the weights, named in errors.
 * @throws NighError `ERR_MODEL_FORMAT` when a tensor is missing, of a wrong shape or type, or not finite.
 */
export function readTokenTable(source: TensorSource, path: string): TokenTable {
  const { tensors } = source;
  const tensor = tensors.get(STATIC_EMBEDDING_VECTORS) ?? tensors.get(MODEL2VEC_VECTORS);
  if (tensor === undefined) {
    throw malformed(
      path,
      `it has no tensor "${MODEL2VEC_VECTORS}" (model2vec) or "${STATIC_EMBEDDING_VECTORS}" (StaticEmbedding), but ${[...tensors.keys()].join(", ") || "none"}`,
    );
  }
  const [rows = 0, dimension = 0] = tensor.shape;
  if (tensor.shape.length !== 2 || rows === 0 || dimension === 0) {
    throw malformed(path, `"${tensor.name}" is [${tensor.shape.join(", ")}], expected [tokens, d]`);
  }
  const vectors = new Matrix(floatsOf(source, tensor, path), rows, dimension);
  const isModel2Vec = isModel2VecFile(source);
  const mapping = isModel2Vec ? tensors.get("mapping") : undefined;
  const rowOf = mapping && rowsOf(source, mapping, rows, path);
  const tokens = rowOf?.length ?? rows;
  const weight = isModel2Vec ? tensors.get("weights") : undefined;
  const weights = weight && floatsOf(source, weight, path);
  if (weights !== undefined && weights.length !== tokens) {
    throw malformed(path, `"weights" has ${weights.length} numbers for ${tokens} tokens`);
  }
  return { vectors, rowOf, weights, tokens };
}

function bytesOf(source: TensorSource, tensor: SafeTensor): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tensor.byteLength);
  source.read(tensor, bytes);
  return bytes;
}

function floatsOf(source: TensorSource, tensor: SafeTensor, path: string): Float32Array {
  const floats = convert(bytesOf(source, tensor), tensor);
  if (floats === undefined) {
    throw malformed(
      path,
      `"${tensor.name}" is of type ${tensor.type}; nigh reads F64, F32, F16, BF16 and I8`,
    );
  }
  if (floats.every(Number.isFinite)) return floats;
  throw malformed(path, `"${tensor.name}" has numbers that are not finite`);
}

function convert(bytes: Uint8Array<ArrayBuffer>, tensor: SafeTensor): Float32Array | undefined {
  switch (tensor.type) {
    case "F32":
    case "F16":
    case "BF16":
      return toFloat32(bytes, { ...tensor, offset: 0 });
    case "F64":
      return Float32Array.from(new Float64Array(bytes.buffer));
    case "I8":
      return Float32Array.from(new Int8Array(bytes.buffer));
    default:
      return undefined;
  }
}

function rowsOf(source: TensorSource, tensor: SafeTensor, rows: number, path: string): Int32Array {
  if (tensor.type !== "I64" && tensor.type !== "I32") {
    throw malformed(path, `"${tensor.name}" is of type ${tensor.type}, expected I64 or I32`);
  }
  const { buffer } = bytesOf(source, tensor);
  const rowOf =
    tensor.type === "I32"
      ? new Int32Array(buffer)
      : Int32Array.from(new BigInt64Array(buffer), Number);
  const wrong = rowOf.find((row) => row < 0 || row >= rows);
  if (wrong === undefined) return rowOf;
  throw malformed(path, `"${tensor.name}" leads to row ${wrong} of ${rows}`);
}

function malformed(path: string, found: string): NighError {
  return new NighError(
    "ERR_MODEL_FORMAT",
    `${path}: ${found}. Bring the model again from its source.`,
  );
}
