export interface TensorToWrite {
  readonly name: string;
  readonly type: "F32" | "F16" | "I8";
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
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, " ");
  json.copy(padded);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  const bodies = tensors.map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  return Buffer.concat([size, padded, ...bodies]);
}
