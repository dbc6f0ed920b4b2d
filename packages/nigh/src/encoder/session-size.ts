import { planOf } from "./graph/architectures.js";
import type { ModelFolder } from "./model-folder.js";
import type { Dtype } from "./program.js";

/**
 * Each session keeps the matrices of its layers in memory. Those of a model with more than this are not
 * held twice: one session then uses all cores, at the same speed (docs/benchmarks.md).
 */
const HEAVY_BYTES = 128 * 2 ** 20;

export function isHeavy(folder: ModelFolder, dtype: Dtype): boolean {
  return layerBytes(folder, dtype) > HEAVY_BYTES;
}

/** What the matrices of a model's layers take in a session. */
function layerBytes({ input }: ModelFolder, dtype: Dtype): number {
  if (input.kind === "StaticEmbedding") return 0;
  if (input.encoder.kind === "exported") return input.encoder.bytes;
  const { layers, hidden, inner } = planOf(input.encoder.config);
  return layers * (4 * hidden * hidden + 2 * hidden * inner) * (dtype === "int8" ? 1 : 4);
}
