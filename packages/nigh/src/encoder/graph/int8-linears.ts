import type { Calibration } from "../calibration.js";
import { siteKey } from "../calibration.js";
import { isAboveGelu } from "./activations.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import { FloatLinears, type LinearSite, type Linears, type Projection } from "./linears.js";
import type { ModelWeights } from "./model-weights.js";

/** The name under which the runtime finds the quantized weights. */
export const INT8_FILE = "int8";

/**
 * Largest quantized weight. Without VNNI, x86 adds two products of an unsigned and a signed byte in
 * 16 bits and saturates: with weights of up to 127 one sum in 8,000 does, and a layer's output is wrong by
 * up to 3.7 %; with 90 one in two million, up to 0.4 % (test/encoder-saturation.test.ts).
 */
const WEIGHT_MAX = 90;

/** SmoothQuant's alpha (Xiao et al. 2023, equation 4): how much of the range moves into the weights. */
const SMOOTHING = 0.65;

/** GELU is never below -0.17: nearly the whole byte is left for what is positive. */
const GELU_ZERO = 20;
const GELU_STEPS = 255 - GELU_ZERO;
const GELU_MIN_SCALE = 0.17 / GELU_ZERO;

const ROW_ZERO = 128;
const ROW_STEPS = 127;

/** A linear layer as torch keeps it. */
interface FloatLayer {
  readonly name: string;
  /** [outputs, inputs] */
  readonly weights: Float32Array;
  readonly outputs: number;
}

interface QuantizedInput {
  /** uint8 [batch, sequence, in] */
  readonly values: Value;
  readonly zero: Value;
  /** float32 [batch, sequence, 1] */
  readonly scale: Value;
  /** What each input column was divided by. */
  readonly smoothing: Float32Array | undefined;
}

/**
 * Linear layers with int8 weights (one scale for each output column) and uint8 inputs (one scale for
 * each token, so that a vector never depends on its batch). The mean error that rounding the weights
 * leaves on the calibration texts is taken out of the bias.
 */
export class Int8Linears implements Linears {
  readonly #graph: GraphBuilder;
  readonly #weights: ModelWeights;
  readonly #calibration: Calibration;
  readonly #aboveGelu: boolean;
  readonly #float: FloatLinears;
  readonly #chunks: Int8Array[] = [];
  #bytes = 0;

  /** @param activation between the feed-forward matrices. */
  constructor(
    graph: GraphBuilder,
    weights: ModelWeights,
    calibration: Calibration,
    activation: string,
  ) {
    this.#graph = graph;
    this.#aboveGelu = isAboveGelu(activation);
    this.#weights = weights;
    this.#calibration = calibration;
    this.#float = new FloatLinears(graph, weights);
  }

  project(site: LinearSite, input: Value, names: readonly string[]): readonly Projection[] {
    // The first layer's second feed-forward matrix sees the widest outliers: it alone stays in float32.
    if (site.layer === 0 && site.kind === "feed-forward-down")
      return this.#float.project(site, input, names);
    const layers = names.map((name) => ({
      name,
      weights: this.#weights.numbers(`${name}.weight`),
      outputs: this.#weights.shape(`${name}.weight`)[0] ?? 0,
    }));
    const afterGelu = site.kind === "feed-forward-down" && this.#aboveGelu;
    const quantized = afterGelu
      ? this.#quantizeGelu(input)
      : this.#quantizeRows(input, site, layers);
    return layers.map((layer) => this.#multiply(quantized, site, layer));
  }

  /** The quantized weights of all layers, for the runtime's {@link INT8_FILE}. */
  file(): Uint8Array {
    const data = new Uint8Array(new SharedArrayBuffer(this.#bytes));
    let offset = 0;
    for (const chunk of this.#chunks) {
      data.set(new Uint8Array(chunk.buffer), offset);
      offset += chunk.length;
    }
    return data;
  }

  #quantizeRows(input: Value, site: LinearSite, layers: readonly FloatLayer[]): QuantizedInput {
    const graph = this.#graph;
    const smoothing = this.#smoothing(site, layers);
    const smooth = graph.op("Mul", [input, graph.floats(smoothing.map((s) => 1 / s))]);
    const largest = graph.op("ReduceMax", [smooth], { axes: [-1], keepdims: 1 });
    const smallest = graph.op("ReduceMin", [smooth], { axes: [-1], keepdims: 1 });
    const range = graph.op("Max", [largest, graph.op("Neg", [smallest])]);
    const scale = graph.op("Max", [
      graph.op("Mul", [range, graph.floats(1 / ROW_STEPS)]),
      graph.floats(1e-8),
    ]);
    return { ...this.#quantize(smooth, scale, ROW_ZERO), smoothing };
  }

  #quantizeGelu(input: Value): QuantizedInput {
    const graph = this.#graph;
    const largest = graph.op("ReduceMax", [input], { axes: [-1], keepdims: 1 });
    const scale = graph.op("Max", [
      graph.op("Mul", [largest, graph.floats(1 / GELU_STEPS)]),
      graph.floats(GELU_MIN_SCALE),
    ]);
    return { ...this.#quantize(input, scale, GELU_ZERO), smoothing: undefined };
  }

  #quantize(input: Value, scale: Value, zeroPoint: number): Omit<QuantizedInput, "smoothing"> {
    const graph = this.#graph;
    const zero = graph.bytes("uint8", zeroPoint);
    const scaled = graph.op("Mul", [input, graph.op("Reciprocal", [scale])]);
    return { values: graph.op("QuantizeLinear", [scaled, graph.floats(1), zero]), zero, scale };
  }

  #multiply(input: QuantizedInput, site: LinearSite, layer: FloatLayer): Projection {
    const graph = this.#graph;
    const { name } = layer;
    const mean = this.#calibration.get(siteKey(site))?.mean;
    const { weights, scales, error } = quantizeWeights(
      layer.weights,
      layer.outputs,
      input.smoothing,
      mean,
    );
    const bias = this.#weights.numbers(`${name}.bias`).map((b, o) => b + (error[o] as number));
    const inputs = weights.length / scales.length;
    const stored = graph.external(
      `${name}.int8`,
      "int8",
      [inputs, scales.length],
      INT8_FILE,
      this.#bytes,
      weights.length,
    );
    this.#chunks.push(weights);
    this.#bytes += weights.length;
    const product = graph.microsoft("MatMulIntegerToFloat", [
      input.values,
      stored,
      graph.floats(1),
      graph.floats(scales),
      input.zero,
      "",
    ]);
    return { output: graph.op("Mul", [product, input.scale]), bias: graph.floats(bias) };
  }

  #smoothing(site: LinearSite, layers: readonly FloatLayer[]): Float32Array {
    const columns = this.#calibration.get(siteKey(site));
    const weightMax = layers.map(({ weights, outputs }) =>
      columnMax(weights, weights.length / outputs),
    );
    const inputMax = columns?.max ?? new Float32Array(weightMax[0]?.length ?? 0).fill(1);
    return inputMax.map((max, i) => {
      const weight = Math.max(1e-5, ...weightMax.map((list) => list[i] as number));
      return Math.max(max, 1e-5) ** SMOOTHING / weight ** (1 - SMOOTHING);
    });
  }
}

/**
 * @param weights [out, in] as torch keeps them.
 * @returns int8 weights [in, out], their scales, and per output column what rounding takes from the
 * mean output: sum over inputs of (weight - rounded weight) x mean input.
 */
function quantizeWeights(
  weights: Float32Array,
  outputs: number,
  smoothing: Float32Array | undefined,
  mean: Float32Array | undefined,
): { weights: Int8Array; scales: Float32Array; error: Float32Array } {
  const inputs = weights.length / outputs;
  const rounded = new Int8Array(weights.length);
  const scales = new Float32Array(outputs);
  const error = new Float32Array(outputs);
  const row = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    let largest = 0;
    for (let i = 0; i < inputs; i++) {
      const weight =
        (weights[o * inputs + i] as number) * (smoothing ? (smoothing[i] as number) : 1);
      row[i] = weight;
      if (weight > largest) largest = weight;
      else if (-weight > largest) largest = -weight;
    }
    const scale = Math.max(largest / WEIGHT_MAX, 1e-12);
    let lost = 0;
    for (let i = 0; i < inputs; i++) {
      const weight = row[i] as number;
      const step = Math.round(weight / scale);
      rounded[i * outputs + o] = step;
      if (mean)
        lost +=
          ((weight - step * scale) * (mean[i] as number)) /
          (smoothing ? (smoothing[i] as number) : 1);
    }
    scales[o] = scale;
    error[o] = lost;
  }
  return { weights: rounded, scales, error };
}

function columnMax(weights: Float32Array, columns: number): Float32Array {
  const largest = new Float32Array(columns);
  for (let row = 0; row < weights.length; row += columns) {
    for (let i = 0; i < columns; i++) {
      const size = Math.abs(weights[row + i] as number);
      if (size > (largest[i] as number)) largest[i] = size;
    }
  }
  return largest;
}
