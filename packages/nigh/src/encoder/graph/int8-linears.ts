import { sharedBytes } from "#shared/shared-bytes";
import { type Calibration, siteKey } from "../calibration.js";
import { activateWithBias, isAboveGelu } from "./activations.js";
import type { GraphBuilder, Value } from "./graph-builder.js";
import {
  type FeedForward,
  FloatLinears,
  type LinearSite,
  type Linears,
  type Projection,
} from "./linears.js";
import type { ModelWeights } from "./model-weights.js";
import { outlierUnits, splitColumns } from "./outliers.js";
import {
  columnMax,
  type FloatLayer,
  type InputColumns,
  inputsOf,
  quantizeWeights,
} from "./quantized-weights.js";

/** The name under which the runtime finds the quantized weights. */
export const INT8_FILE = "int8";

/** SmoothQuant's alpha (Xiao et al. 2023, equation 4): how much of the range moves into the weights. */
const SMOOTHING = 0.65;

/** GELU is never below -0.17: nearly the whole byte is left for what is positive. */
const GELU_ZERO = 20;
const GELU_STEPS = 255 - GELU_ZERO;
const GELU_MIN_SCALE = 0.17 / GELU_ZERO;

const ROW_ZERO = 128;
const ROW_STEPS = 127;

interface QuantizedInput {
  /** uint8 [batch, sequence, places] */
  readonly values: Value;
  readonly zero: Value;
  /** float32 [batch, sequence, 1] */
  readonly scale: Value;
  /** Undefined where the input was rounded as it is. */
  readonly columns: InputColumns | undefined;
}

/**
 * Linear layers with int8 weights (one scale for each output column) and uint8 inputs (one scale for
 * each token, so that a vector never depends on its batch). The mean error that rounding the weights
 * leaves on the calibration texts is taken out of the bias.
 *
 * Of a deep model the last layers stay in float32: their errors are those that a vector shows most.
 */
export class Int8Linears implements Linears {
  readonly #graph: GraphBuilder;
  readonly #weights: ModelWeights;
  readonly #calibration: Calibration;
  readonly #float: FloatLinears;
  /** Layers below this one are quantized. */
  readonly #end: number;
  readonly #chunks: Int8Array[] = [];
  #bytes = 0;

  /** @param layers of the model. */
  constructor(
    graph: GraphBuilder,
    weights: ModelWeights,
    calibration: Calibration,
    layers: number,
  ) {
    this.#graph = graph;
    this.#weights = weights;
    this.#calibration = calibration;
    this.#float = new FloatLinears(graph, weights);
    this.#end = layers - floatLayers(layers);
  }

  project(site: LinearSite, input: Value, names: readonly string[]): readonly Projection[] {
    if (site.layer >= this.#end) return this.#float.project(site, input, names);
    const layers = names.map((name) => this.#layer(name));
    const quantized = this.#quantizeRows(input, site, layers);
    return layers.map((layer) => this.#multiply(quantized, site, layer));
  }

  feedForward(input: Value, block: FeedForward): Projection {
    const { layer, activation } = block;
    if (layer >= this.#end) return this.#float.feedForward(input, block);
    const [up, down] = [this.#layer(block.up), this.#layer(block.down)];
    const upSite: LinearSite = { layer, kind: "feed-forward-up" };
    const downSite: LinearSite = { layer, kind: "feed-forward-down" };
    const units = outlierUnits(this.#calibration.get(siteKey(downSite))?.max ?? new Float32Array());
    const beside =
      units.length > 0 ? this.#floatUnits(input, up, down, units, activation) : undefined;

    const inner = this.#multiply(this.#quantizeRows(input, upSite, [up]), upSite, up);
    const activated = activateWithBias(this.#graph, inner, activation);
    const quantized = isAboveGelu(activation)
      ? this.#quantizeGelu(activated)
      : this.#quantizeRows(activated, downSite, [down]);
    const rest = this.#multiply(quantized, downSite, down);
    if (beside === undefined) return rest;
    return { output: this.#graph.op("Add", [rest.output, beside]), bias: rest.bias };
  }

  /** The quantized weights of all layers, for the runtime's {@link INT8_FILE}. */
  file(): Uint8Array {
    const data = sharedBytes(this.#bytes);
    let offset = 0;
    for (const chunk of this.#chunks) {
      data.set(new Uint8Array(chunk.buffer), offset);
      offset += chunk.length;
    }
    return data;
  }

  #layer(name: string): FloatLayer {
    return {
      name,
      weights: this.#weights.numbers(`${name}.weight`),
      bias: this.#weights.numbers(`${name}.bias`),
      outputs: this.#weights.shape(`${name}.weight`)[0] ?? 0,
    };
  }

  /** Moves some units of a feed-forward block out of its matrices: what they contribute, in float32. */
  #floatUnits(
    input: Value,
    up: FloatLayer,
    down: FloatLayer,
    units: readonly number[],
    activation: string,
  ): Value {
    const graph = this.#graph;
    const [hidden, inner, outputs] = [inputsOf(up), inputsOf(down), down.outputs];
    const upRows = new Float32Array(units.length * hidden);
    const bias = new Float32Array(units.length);
    const downRows = new Float32Array(units.length * outputs);
    for (const [i, unit] of units.entries()) {
      const row = up.weights.subarray(unit * hidden, (unit + 1) * hidden);
      upRows.set(row, i * hidden);
      row.fill(0);
      bias[i] = up.bias[unit] as number;
      up.bias[unit] = 0;
      for (let o = 0; o < outputs; o++) {
        downRows[i * outputs + o] = down.weights[o * inner + unit] as number;
        down.weights[o * inner + unit] = 0;
      }
    }
    const rows = graph.floats(upRows, [units.length, hidden]);
    const output = graph.microsoft("FusedMatMul", [input, rows], { transB: 1 });
    const activated = activateWithBias(graph, { output, bias: graph.floats(bias) }, activation);
    return graph.op("MatMul", [activated, graph.floats(downRows, [units.length, outputs])]);
  }

  #quantizeRows(input: Value, site: LinearSite, layers: readonly FloatLayer[]): QuantizedInput {
    const graph = this.#graph;
    const weightMax = layers.map(columnMax);
    const max =
      this.#calibration.get(siteKey(site))?.max ??
      new Float32Array(weightMax[0]?.length ?? 0).fill(1);
    const { sources, copies, times } = splitColumns(max);
    const factors = Float32Array.from(sources, (source, i) => {
      const shares = times[i] as number;
      const size = Math.max((max[source] as number) / Math.abs(shares), 1e-5);
      const weight = Math.max(1e-5, ...weightMax.map((list) => list[source] as number));
      return (Math.sign(shares) * size ** SMOOTHING) / weight ** (1 - SMOOTHING);
    });
    const divisors = factors.map((factor, i) => factor * Math.abs(times[i] as number));
    const split = copies.length === 0 ? input : this.#append(input, copies);
    const smooth = graph.op("Mul", [split, graph.floats(divisors.map((divisor) => 1 / divisor))]);
    const largest = graph.op("ReduceMax", [smooth], { axes: [-1], keepdims: 1 });
    const smallest = graph.op("ReduceMin", [smooth], { axes: [-1], keepdims: 1 });
    const range = graph.op("Max", [largest, graph.op("Neg", [smallest])]);
    const scale = graph.op("Max", [
      graph.op("Mul", [range, graph.floats(1 / ROW_STEPS)]),
      graph.floats(1e-8),
    ]);
    return this.#quantize(smooth, scale, ROW_ZERO, { sources, divisors, factors });
  }

  /** The input with copies of some of its columns behind it. */
  #append(input: Value, columns: Int32Array): Value {
    const copied = this.#graph.op("Gather", [input, this.#graph.ints([...columns])], { axis: -1 });
    return this.#graph.op("Concat", [input, copied], { axis: -1 });
  }

  #quantizeGelu(input: Value): QuantizedInput {
    const graph = this.#graph;
    const largest = graph.op("ReduceMax", [input], { axes: [-1], keepdims: 1 });
    const scale = graph.op("Max", [
      graph.op("Mul", [largest, graph.floats(1 / GELU_STEPS)]),
      graph.floats(GELU_MIN_SCALE),
    ]);
    return this.#quantize(input, scale, GELU_ZERO, undefined);
  }

  #quantize(
    input: Value,
    scale: Value,
    zeroPoint: number,
    columns: InputColumns | undefined,
  ): QuantizedInput {
    const graph = this.#graph;
    const zero = graph.bytes("uint8", zeroPoint);
    const scaled = graph.op("Mul", [input, graph.op("Reciprocal", [scale])]);
    const values = graph.op("QuantizeLinear", [scaled, graph.floats(1), zero]);
    return { values, zero, scale, columns };
  }

  #multiply(input: QuantizedInput, site: LinearSite, layer: FloatLayer): Projection {
    const graph = this.#graph;
    const mean = this.#calibration.get(siteKey(site))?.mean;
    const { weights, scales, error } = quantizeWeights(layer, input.columns, mean);
    const bias = layer.bias.map((b, o) => b + (error[o] as number));
    const stored = graph.external(
      `${layer.name}.int8`,
      "int8",
      [weights.length / scales.length, scales.length],
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
}

/** Layers at the end that stay in float32: a sixth of a model of twelve or more. */
function floatLayers(layers: number): number {
  return layers < 12 ? 0 : Math.floor(layers / 6);
}
