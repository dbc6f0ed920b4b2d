import { METRIC_L2, type Metric } from "../vector-index.js";

/** What 8-bit codes stand for: `lowest[t] + ranges[t] * (code + 0.5) / 255`. */
export interface ScalarDecoder {
  readonly lowest: Float32Array;
  readonly ranges: Float32Array;
  /** Length that no decoded vector exceeds. */
  readonly longest: number;
}

export function longestOf(lowest: Float32Array, ranges: Float32Array): number {
  let square = 0;
  for (let t = 0; t < lowest.length; t++) {
    const low = lowest[t] as number;
    square += Math.max(low ** 2, (low + (ranges[t] as number)) ** 2);
  }
  return Math.sqrt(square);
}

/** Half of what float32 holds: sums of this size may overflow when they are rounded. */
const LEAST_OVERFLOW = 2 ** 127;

/**
 * Writes int16 weights with which a row's key is `sum(weights * codes) * unit + base`, less the row's squared length for L2,
 * off by `error` at most.
 */
export function weigh(
  query: Float32Array,
  metric: Metric,
  { lowest, ranges, longest }: ScalarDecoder,
  weights: Int16Array,
): { unit: number; base: number; error: number } {
  const d = query.length;
  const isL2 = metric === METRIC_L2;
  const factor = isL2 ? 2 : 1;
  const weightOf = (t: number) => (factor * (query[t] as number) * (ranges[t] as number)) / 255;
  let peak = 0;
  for (let t = 0; t < d; t++) peak = Math.max(peak, Math.abs(weightOf(t)));
  // So that sums of products stay within int32.
  const most = Math.min(32_767, Math.floor((2 ** 31 - 1) / (255 * d)));
  const unit = Math.fround(peak / most);
  let base = 0;
  let error = 0;
  let square = 0;
  for (let t = 0; t < d; t++) {
    const x = query[t] as number;
    const weight = weightOf(t);
    const whole = unit > 0 ? Math.max(-most, Math.min(most, Math.round(weight / unit))) : 0;
    weights[t] = whole;
    error += 255 * Math.abs(weight - whole * unit);
    base += factor * x * (lowest[t] as number) + weight / 2;
    square += x * x;
  }
  // What float32 can be off, of the decoded row, of its key and of the estimate: see docs/exact-search.md.
  const epsilon = (d / 8 + 32) / 2 ** 23;
  const length = Math.sqrt(square);
  const size = isL2 ? (length + longest) ** 2 : length * longest;
  const bound = 1.000001 * error + 4 * epsilon * size + 1e-36;
  return {
    unit,
    base: isL2 ? base - square : base,
    // A sum on the way to a key may be infinite where the estimate is not: then nothing is ruled out.
    error: size < LEAST_OVERFLOW ? bound : Infinity,
  };
}
