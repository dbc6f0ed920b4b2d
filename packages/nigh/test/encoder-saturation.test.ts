import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CALIBRATION_FILE, decodeCalibration } from "../src/encoder/calibration.js";
import { planOf } from "../src/encoder/graph/architectures.js";
import { encoderGraph, encoderShapes } from "../src/encoder/graph/encoder-graph.js";
import { GraphBuilder, type Value } from "../src/encoder/graph/graph-builder.js";
import { INT8_FILE, Int8Linears } from "../src/encoder/graph/int8-linears.js";
import { ModelWeights } from "../src/encoder/graph/model-weights.js";
import type { Attribute } from "../src/encoder/graph/onnx-proto.js";
import { readModelFolder } from "../src/encoder/model-folder.js";
import { loadRuntime } from "../src/encoder/runtime.js";
import { readSafetensors } from "../src/encoder/safetensors.js";
import { BUNDLED_MODEL, MINILM_GOLDEN } from "./encoder/fixtures.js";

/** Largest size of a weight, as int8-linears.ts has it. */
const WEIGHT_MAX = 90;
const [INT16_MIN, INT16_MAX] = [-32768, 32767];

/** A linear layer as it runs in int8, with what flows into it for some texts. */
interface Int8Layer {
  readonly name: string;
  /** uint8 [tokens, inputs] */
  readonly input: Uint8Array;
  readonly zero: number;
  /** int8 [inputs, outputs] */
  readonly weights: Int8Array;
  readonly outputs: number;
}

/** Reports the quantized input of every int8 product as an output of the graph. */
class ObservedGraph extends GraphBuilder {
  readonly products: { weights: Value; input: Value; zero: number }[] = [];
  readonly places = new Map<Value, { offset: number; length: number; outputs: number }>();
  readonly #zeros = new Map<Value, number>();

  override bytes(type: "uint8" | "int8", values: number | Uint8Array): Value {
    const value = super.bytes(type, values);
    if (typeof values === "number") this.#zeros.set(value, values);
    return value;
  }

  override external(...place: Parameters<GraphBuilder["external"]>): Value {
    const [name, , dims, file, offset, length] = place;
    if (file === INT8_FILE) this.places.set(name, { offset, length, outputs: dims[1] as number });
    return super.external(...place);
  }

  override microsoft(
    type: string,
    inputs: readonly Value[],
    attributes?: Record<string, Attribute>,
  ): Value {
    if (type === "MatMulIntegerToFloat") {
      const [input = "", weights = "", , , zero = ""] = inputs;
      this.products.push({ weights, input, zero: this.#zeros.get(zero) as number });
      this.output(input, `input ${weights}`, "uint8", ["batch", "sequence", "inputs"]);
    }
    return super.microsoft(type, inputs, attributes);
  }
}

/** The int8 layers of the bundled model, with their real inputs for the texts. */
async function observeLayers(tokens: readonly (readonly number[])[]): Promise<Int8Layer[]> {
  const { input } = await readModelFolder(BUNDLED_MODEL);
  if (input.kind !== "Transformer" || input.encoder.kind !== "graph")
    throw new TypeError("no graph");
  const plan = planOf(input.encoder.config);
  const path = join(BUNDLED_MODEL, "model.safetensors");
  const source = readSafetensors(new Uint8Array(readFileSync(path)), path);
  const statistics = join(BUNDLED_MODEL, CALIBRATION_FILE);
  const calibration = decodeCalibration(new Uint8Array(readFileSync(statistics)), statistics, plan);

  const graph = new ObservedGraph();
  const shapes = encoderShapes(plan);
  const weights = new ModelWeights(graph, source, { path, shapes, file: "weights" });
  const linears = new Int8Linears(graph, weights, calibration, plan.layers);
  encoderGraph(graph, weights, linears, { ...plan, activation: "gelu_new" });
  const quantized = linears.file();
  const files = [...weights.files(), { path: INT8_FILE, data: quantized }];
  const session = await (await loadRuntime()).createSession({ model: graph.build(), files }, 1);
  const runs: Awaited<ReturnType<typeof session.run>>[] = [];
  for (const ids of tokens)
    runs.push(await session.run({ ids: Int32Array.from(ids), lengths: Int32Array.of(ids.length) }));
  await session.close();

  return graph.products.map(({ weights, zero }) => {
    const place = graph.places.get(weights) as { offset: number; length: number; outputs: number };
    return {
      name: weights,
      input: Uint8Array.from(runs.flatMap((run) => [...(run[`input ${weights}`] ?? [])])),
      zero,
      weights: new Int8Array(quantized.buffer, place.offset, place.length),
      outputs: place.outputs,
    };
  });
}

interface Saturation {
  /** Sums of two products that did not fit into 16 bits, and all such sums. */
  readonly saturated: number;
  readonly sums: number;
  /** Length of the error that this makes in the layer's outputs, relative to the outputs. */
  readonly error: number;
}

/**
 * The product as AVX2 makes it (vpmaddubsw): the products of two adjacent inputs are added in 16 bits,
 * and what does not fit becomes the largest or smallest such number.
 */
function multiply({ input, zero, weights, outputs }: Int8Layer, weightMax: number): Saturation {
  const inputs = weights.length / outputs;
  const scaled = Int32Array.from(weights, (w) => Math.round((w * weightMax) / WEIGHT_MAX));
  let [saturated, sums, errors, squares] = [0, 0, 0, 0];
  const exact = new Int32Array(outputs);
  const lost = new Int32Array(outputs);
  for (let start = 0; start < input.length; start += inputs) {
    exact.fill(0);
    lost.fill(0);
    for (let i = 0; i < inputs; i += 2) {
      const [a, b] = [input[start + i] as number, input[start + i + 1] as number];
      const [first, second] = [i * outputs, (i + 1) * outputs];
      for (let o = 0; o < outputs; o++) {
        const [v, w] = [scaled[first + o] as number, scaled[second + o] as number];
        const sum = a * v + b * w;
        exact[o] = (exact[o] as number) + sum - zero * (v + w);
        if (sum > INT16_MAX || sum < INT16_MIN) {
          saturated++;
          lost[o] = (lost[o] as number) + sum - (sum > 0 ? INT16_MAX : INT16_MIN);
        }
      }
    }
    sums += (inputs / 2) * outputs;
    for (let o = 0; o < outputs; o++) {
      squares += (exact[o] as number) ** 2;
      errors += (lost[o] as number) ** 2;
    }
  }
  return { saturated, sums, error: Math.sqrt(errors / squares) };
}

describe("int8 on processors without VNNI, for the bundled model on 20 golden texts", () => {
  let layers: Int8Layer[];
  let at90: Saturation[];
  let at127: Saturation[];
  beforeAll(async () => {
    const short = MINILM_GOLDEN.token_ids.filter(({ length }) => length <= 24).slice(0, 20);
    expect(short).toHaveLength(20);
    layers = await observeLayers(short);
    at90 = layers.map((layer) => multiply(layer, 90));
    at127 = layers.map((layer) => multiply(layer, 127));
  });

  it("sees the 36 int8 products of six layers, inputs and weights over their whole range", () => {
    expect(layers).toHaveLength(36);
    for (const { name, input, zero, weights } of layers) {
      expect([128, 20], name).toContain(zero);
      const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      expect(largest, name).toBe(WEIGHT_MAX);
      expect(new Set(input).size, name).toBeGreaterThan(100);
    }
  });

  // Measured: 5e-7 of the sums, and 0.4% in the layer that it touches most.
  it("weights of up to 90 saturate fewer than 2 of a million sums, less than 1% of any layer's output", () => {
    expect(shareOf(at90)).toBeLessThan(2e-6);
    expect(Math.max(...at90.map(({ error }) => error))).toBeLessThan(0.01);
  });

  // Measured: 1e-4 of the sums, and 3%.
  it("weights of up to 127 would saturate thirty times as many, more than 2% of a layer's output", () => {
    expect(shareOf(at127)).toBeGreaterThan(30 * shareOf(at90));
    expect(Math.max(...at127.map(({ error }) => error))).toBeGreaterThan(0.02);
  });
});

function shareOf(list: readonly Saturation[]): number {
  const saturated = list.reduce((sum, one) => sum + one.saturated, 0);
  return saturated / list.reduce((sum, one) => sum + one.sums, 0);
}
