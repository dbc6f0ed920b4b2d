import { concatBytes } from "../shared/bytes.js";
import { utf8Bytes } from "../shared/utf8.js";

const SPACE = 0x20;

export interface TensorToWrite {
  readonly name: string;
  readonly type: "F32" | "F16" | "I8" | "U8";
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/** The bytes of a safetensors file, tensors in the order given, data aligned to 8 bytes. */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, type, shape, data } of tensors) {
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = utf8Bytes(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(SPACE);
  padded.set(json);
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(padded.length), true);
  const bodies = tensors.map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  return concatBytes([size, padded, ...bodies]);
}
