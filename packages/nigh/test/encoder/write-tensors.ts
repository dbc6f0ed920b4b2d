import { type TensorToWrite, writeSafetensors } from "../../src/encoder/write-safetensors.js";

export interface AnyTensor extends Omit<TensorToWrite, "type"> {
  readonly type: string;
}

/** A safetensors file of any element types; nigh itself writes only some, by the same function. */
export function writeTensors(
  tensors: readonly AnyTensor[],
  metadata: Record<string, string> = {},
): Uint8Array {
  return writeSafetensors(tensors as readonly TensorToWrite[], metadata);
}
