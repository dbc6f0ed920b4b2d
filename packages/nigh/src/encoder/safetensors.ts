import { NighError } from "../shared/errors.js";

/** Element types of a safetensors file, with their size in bytes; nigh computes with F32, F16 and BF16. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ["F64", 8],
  ["F32", 4],
  ["F16", 2],
  ["BF16", 2],
  ["I64", 8],
  ["I32", 4],
  ["I16", 2],
  ["I8", 1],
  ["U64", 8],
  ["U32", 4],
  ["U16", 2],
  ["U8", 1],
  ["BOOL", 1],
]);

/** One tensor: where its bytes lie in the file, little-endian, row-major. */
export interface SafeTensor {
  readonly name: string;
  /** As the file spells it; types that nigh does not know are no error as long as nothing needs them. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
}

/** Tensors by name, and their bytes. */
export interface TensorSource {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** Copies the bytes of one of the tensors to the start of `target`. */
  read(tensor: SafeTensor, target: Uint8Array): void;
}

/** A whole file in memory. */
export interface Safetensors extends TensorSource {
  readonly file: Uint8Array;
}

const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads the header of a safetensors file that is in memory; copies no weights.
 *
 * @param file the whole file.
 * @param path named in errors.
 * @throws NighError `ERR_MODEL_FORMAT` when the file is truncated or its header is malformed.
 */
export function readSafetensors(file: Uint8Array, path: string): Safetensors {
  const end = headerEnd(file, file.byteLength, path);
  const tensors = readHeader(file.subarray(8, end), file.byteLength, path);
  const read = ({ offset, byteLength }: SafeTensor, target: Uint8Array): void =>
    target.set(file.subarray(offset, offset + byteLength));
  return { file, tensors, read };
}

/**
 * Where the header ends, by the first eight bytes of a file.
 *
 * @param start the file's first bytes, all of them where it has fewer than eight.
 * @param fileBytes length of the whole file.
 * @throws NighError `ERR_MODEL_FORMAT`
 */
export function headerEnd(start: Uint8Array, fileBytes: number, path: string): number {
  if (start.byteLength < 8) {
    throw damaged(path, `found ${start.byteLength} bytes, expected at least 8`);
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > fileBytes) {
    throw damaged(path, `the header claims ${headerBytes} bytes, the file has ${fileBytes}`);
  }
  return 8 + headerBytes;
}

/**
 * Checks every tensor of a header against the file.
 * Format: https://github.com/huggingface/safetensors#format.
 *
 * @param header the JSON, without the eight bytes of its length.
 * @throws NighError `ERR_MODEL_FORMAT`
 */
export function readHeader(
  header: Uint8Array,
  fileBytes: number,
  path: string,
): Map<string, SafeTensor> {
  const fail = (found: string): never => {
    throw damaged(path, found);
  };
  const start = 8 + header.byteLength;
  const tensors = new Map<string, SafeTensor>();
  for (const [name, entry] of Object.entries(parseHeader(new Uint8Array(header), fail))) {
    if (name === "__metadata__") continue;
    const tensor =
      readEntry(name, entry, start) ?? fail(`the header's entry "${name}" is malformed`);
    const bytes = ELEMENT_BYTES.get(tensor.type);
    const expected = tensor.shape.reduce((a, b) => a * b, bytes ?? 0);
    if (bytes !== undefined && tensor.byteLength !== expected) {
      fail(
        `tensor "${name}" of shape [${tensor.shape.join(", ")}] and type ${tensor.type} has ${tensor.byteLength} bytes, expected ${expected}`,
      );
    }
    if (tensor.offset + tensor.byteLength > fileBytes) {
      fail(
        `tensor "${name}" ends at byte ${tensor.offset + tensor.byteLength}, the file has ${fileBytes}: it is truncated`,
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

function damaged(path: string, found: string): NighError {
  return new NighError(
    "ERR_MODEL_FORMAT",
    `${path}: ${found}. The file is damaged or not safetensors: bring it again from its source.`,
  );
}

function parseHeader(bytes: Uint8Array, fail: (found: string) => never): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (header !== null && typeof header === "object" && !Array.isArray(header)) {
      return header as Record<string, unknown>;
    }
  } catch {
    // Reported below, together with headers that are JSON but no object.
  }
  return fail("its header is not a JSON object");
}

function readEntry(name: string, entry: unknown, start: number): SafeTensor | undefined {
  if (entry === null || typeof entry !== "object") return undefined;
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (typeof dtype !== "string") return undefined;
  const [begin, end] = Array.isArray(offsets) ? offsets : [];
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(begin) || !isCount(end))
    return undefined;
  if (end < begin) return undefined;
  return {
    name,
    type: dtype,
    shape,
    offset: start + begin,
    byteLength: end - begin,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
