/**
 * Largest quantized weight. Without VNNI, x86 adds two products of an unsigned and a signed byte in
 * 16 bits and saturates: with weights of up to 127 one sum in 8,000 does, and a layer's output is wrong by
 * up to 3 %; with 90 one in two million, up to 0.4 % (test/encoder-saturation.test.ts).
 */
const WEIGHT_MAX = 90;

/** A linear layer as torch keeps it. */
export interface FloatLayer {
  readonly name: string;
  /** [outputs, inputs] */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly outputs: number;
}

export function inputsOf({ weights, outputs }: FloatLayer): number {
  return weights.length / outputs;
}

/** What the columns of an input went through before they were rounded. */
export interface InputColumns {
  /** The column at each place; some stand at several. */
  readonly sources: Int32Array;
  /** What the column at each place was divided by … */
  readonly divisors: Float32Array;
  /** … and its weights are multiplied with. */
  readonly factors: Float32Array;
}

/**
 * @param columns undefined where the input is rounded as it is.
 * @param mean of each input column, as it is.
 * @returns int8 weights [places, out], their scales, and per output what rounding takes from the mean
 * output: sum over inputs of (weight - rounded weight) x mean input.
 */
export function quantizeWeights(
  layer: FloatLayer,
  columns: InputColumns | undefined,
  mean: Float32Array | undefined,
): { weights: Int8Array; scales: Float32Array; error: Float32Array } {
  const { outputs } = layer;
  const inputs = inputsOf(layer);
  const places = columns?.sources.length ?? inputs;
  const rounded = new Int8Array(places * outputs);
  const scales = new Float32Array(outputs);
  const error = new Float32Array(outputs);
  const row = new Float64Array(places);
  for (let o = 0; o < outputs; o++) {
    const weights = layer.weights.subarray(o * inputs, (o + 1) * inputs);
    let largest = 0;
    for (let i = 0; i < places; i++) {
      const weight = columns
        ? (weights[columns.sources[i] as number] as number) * (columns.factors[i] as number)
        : (weights[i] as number);
      row[i] = weight;
      if (weight > largest) largest = weight;
      else if (-weight > largest) largest = -weight;
    }
    const scale = Math.max(largest / WEIGHT_MAX, 1e-12);
    let lost = 0;
    for (let i = 0; i < places; i++) {
      const weight = row[i] as number;
      const step = Math.round(weight / scale);
      rounded[i * outputs + o] = step;
      if (mean === undefined) continue;
      const input = columns
        ? (mean[columns.sources[i] as number] as number) / (columns.divisors[i] as number)
        : (mean[i] as number);
      lost += (weight - step * scale) * input;
    }
    scales[o] = scale;
    error[o] = lost;
  }
  return { weights: rounded, scales, error };
}

/** Sizes of the largest weights of each input column. */
export function columnMax(layer: FloatLayer): Float32Array {
  const columns = inputsOf(layer);
  const largest = new Float32Array(columns);
  for (let row = 0; row < layer.weights.length; row += columns) {
    for (let i = 0; i < columns; i++) {
      const size = Math.abs(layer.weights[row + i] as number);
      if (size > (largest[i] as number)) largest[i] = size;
    }
  }
  return largest;
}
