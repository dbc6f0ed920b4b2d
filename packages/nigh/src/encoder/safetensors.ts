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

export interface Safetensors {
  readonly file: Uint8Array;
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads the header of a safetensors file and checks every tensor against it; copies no weights.
 * Format: https://github.com/huggingface/safetensors#format.
 *
 * @param file the whole file.
 * @param path named in errors.
 * @throws NighError `ERR_MODEL_FORMAT` when the file is truncated or its header is malformed.
 */
export function readSafetensors(file: Uint8Array, path: string): Safetensors {
  const fail = (found: string): never => {
    throw new NighError(
      "ERR_MODEL_FORMAT",
      `${path}: ${found}. The file is damaged or not safetensors: bring it again from its source.`,
    );
  };
  if (file.byteLength < 8) fail(`found ${file.byteLength} bytes, expected at least 8`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > file.byteLength) {
    fail(`the header claims ${headerBytes} bytes, the file has ${file.byteLength}`);
  }
  const header = parseHeader(new Uint8Array(file.subarray(8, 8 + headerBytes)), fail);
  const start = 8 + headerBytes;
  const tensors = new Map<string, SafeTensor>();
  for (const [name, entry] of Object.entries(header)) {
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
    if (tensor.offset + tensor.byteLength > file.byteLength) {
      fail(
        `tensor "${name}" ends at byte ${tensor.offset + tensor.byteLength}, the file has ${file.byteLength}: it is truncated`,
      );
    }
    tensors.set(name, tensor);
  }
  return { file, tensors };
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
