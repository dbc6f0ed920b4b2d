import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toFloat16Bits, toFloat32 } from "../../src/encoder/float-formats.js";
import { readSafetensors, type SafeTensor } from "../../src/encoder/safetensors.js";
import { readJson, TINY_MODEL } from "./fixtures.js";
import { type AnyTensor, writeTensors } from "./write-tensors.js";

export function tinyConfig(): Readonly<Record<string, unknown>> {
  return readJson(join(TINY_MODEL, "config.json"));
}

export function tinyModules(): readonly unknown[] {
  return readJson(join(TINY_MODEL, "modules.json"));
}

export function tinyWeights(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(TINY_MODEL, "model.safetensors")));
}

/** Bytes of the header of a safetensors file, its length in front included. */
export function headerEnd(file: Uint8Array): number {
  return 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
}

/** The tiny model's weights with every tensor passed through `rewrite`; undefined leaves it out. */
export function rewriteTinyWeights(
  rewrite: (tensor: SafeTensor, values: Float32Array) => AnyTensor | undefined,
): Uint8Array {
  const { file, tensors } = readSafetensors(tinyWeights(), "model.safetensors");
  const written = [...tensors.values()].map((tensor) => rewrite(tensor, toFloat32(file, tensor)));
  return writeTensors(written.filter((tensor) => tensor !== undefined));
}

export function tinyWeightsAs(type: "F16" | "BF16"): Uint8Array {
  return rewriteTinyWeights(({ name, shape }, values) => {
    const data = type === "F16" ? toFloat16Bits(values) : toBfloat16Bits(values);
    return { name, type, shape, data };
  });
}

export function renameTinyWeights(rename: (name: string) => string): Uint8Array {
  return rewriteTinyWeights(({ name, shape }, data) => ({
    name: rename(name),
    type: "F32",
    shape,
    data,
  }));
}

/** Cut, not rounded: near enough for a test. */
function toBfloat16Bits(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) => word >>> 16);
}
