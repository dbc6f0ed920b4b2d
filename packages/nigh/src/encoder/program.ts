import { join } from "node:path";
import { NighError } from "../shared/errors.js";
import { Tokenizer } from "../tokens/tokenizer.js";
import {
  CALIBRATION_FILE,
  type Calibration,
  decodeCalibration,
  ObservedLinears,
  observe,
} from "./calibration.js";
import { CALIBRATION_TEXTS } from "./calibration-texts.js";
import { bertGraph, bertShapes, isKnownActivation } from "./graph/bert-graph.js";
import { GraphBuilder } from "./graph/graph-builder.js";
import { INT8_FILE, Int8Linears } from "./graph/int8-linears.js";
import { FloatLinears, type Linears } from "./graph/linears.js";
import { ModelWeights, WEIGHTS_FILE } from "./graph/model-weights.js";
import { normalizeRows, poolTokens } from "./graph/pooling-graph.js";
import type { ModelFolder } from "./model-folder.js";
import { readIfThere } from "./read-if-there.js";
import type { EncoderProgram, Runtime } from "./runtime.js";
import { readSafetensors, type Safetensors } from "./safetensors.js";

export const DTYPES = ["fp32", "int8"] as const;
/** "fp32" gives Python's vectors; "int8" is faster and within 0.2% of them. */
export type Dtype = (typeof DTYPES)[number];

/** Dimensions of the model's vectors. */
export function dimensionOf(folder: ModelFolder): number {
  return folder.config.hidden_size * folder.pooling.modes.length;
}

/**
 * Builds the graph of a model around its weights.
 *
 * @param weights the bytes of model.safetensors; shared memory lets several threads use one copy.
 */
export async function buildProgram(
  folder: ModelFolder,
  weights: Uint8Array,
  dtype: Dtype,
  runtime: Runtime,
): Promise<EncoderProgram> {
  const path = join(folder.transformerPath, "model.safetensors");
  const source = readSafetensors(weights, path);
  if (!isKnownActivation(folder.config.hidden_act)) {
    throw new NighError(
      "ERR_UNSUPPORTED_MODEL",
      `${folder.path}: config.json has hidden_act "${folder.config.hidden_act}"; nigh runs gelu, its tanh forms (gelu_new, gelu_fast, gelu_pytorch_tanh) and relu.`,
    );
  }
  if (dtype === "fp32") return floatProgram(folder, source, path);
  const calibration =
    (await storedCalibration(folder)) ?? (await calibrate(folder, weights, runtime));
  return int8Program(folder, source, path, calibration);
}

/** Runs nigh's own sentences through the model in float32 and notes what flows into its layers. */
export async function calibrate(
  folder: ModelFolder,
  weights: Uint8Array,
  runtime: Runtime,
): Promise<Calibration> {
  const path = join(folder.transformerPath, "model.safetensors");
  const graph = new GraphBuilder();
  const modelWeights = openWeights(folder, graph, readSafetensors(weights, path), path);
  const program = assemble(folder, graph, modelWeights, new ObservedLinears(graph, modelWeights));
  const tokenizer = await Tokenizer.load(folder.transformerPath, {
    maxLength: folder.maxSeqLength,
    lowerCase: folder.lowerCase,
  });
  const session = await runtime.createSession(
    { model: program, files: [{ path: WEIGHTS_FILE, data: weights }] },
    1,
  );
  try {
    return await observe(
      session,
      CALIBRATION_TEXTS.map((text) => tokenizer.encode(text).ids),
    );
  } finally {
    await session.close();
  }
}

function floatProgram(folder: ModelFolder, source: Safetensors, path: string): EncoderProgram {
  const graph = new GraphBuilder();
  const weights = openWeights(folder, graph, source, path);
  const model = assemble(folder, graph, weights, new FloatLinears(graph, weights));
  return { model, files: [{ path: WEIGHTS_FILE, data: source.file }] };
}

function int8Program(
  folder: ModelFolder,
  source: Safetensors,
  path: string,
  calibration: Calibration,
): EncoderProgram {
  const graph = new GraphBuilder();
  const weights = openWeights(folder, graph, source, path);
  const linears = new Int8Linears(graph, weights, calibration);
  // The tanh form of GELU differs by less than int8 rounds, and is faster.
  const activation = folder.config.hidden_act === "gelu" ? "gelu_new" : folder.config.hidden_act;
  const model = assemble(
    { ...folder, config: { ...folder.config, hidden_act: activation } },
    graph,
    weights,
    linears,
  );
  return {
    model,
    files: [
      { path: WEIGHTS_FILE, data: source.file },
      { path: INT8_FILE, data: linears.file() },
    ],
  };
}

function assemble(
  folder: ModelFolder,
  graph: GraphBuilder,
  weights: ModelWeights,
  linears: Linears,
): Uint8Array {
  const tokens = bertGraph(graph, weights, linears, folder.config);
  const pooled = poolTokens(graph, tokens, folder.pooling.modes);
  const vectors = folder.normalize ? normalizeRows(graph, pooled) : pooled;
  graph.output(vectors, "vectors", "float32", ["batch", dimensionOf(folder)]);
  return graph.build();
}

/** Encoders saved from a task model carry their weights under a prefix. */
function openWeights(
  folder: ModelFolder,
  graph: GraphBuilder,
  source: Safetensors,
  path: string,
): ModelWeights {
  const prefix = source.tensors.has("bert.embeddings.word_embeddings.weight") ? "bert." : "";
  return new ModelWeights(graph, source, prefix, path, bertShapes(folder.config));
}

async function storedCalibration(folder: ModelFolder): Promise<Calibration | undefined> {
  const path = join(folder.transformerPath, CALIBRATION_FILE);
  const file = await readIfThere(path);
  return file && decodeCalibration(file, path, folder.config);
}
