/** What several rounds of one measurement come to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param values at least one. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("No rounds were measured.");
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** The value below which the share `q` of the values lies, by linear interpolation. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * How many times faster `own` rounds are than those right beside them: the ratio of the two medians, and the
 * lowest and highest ratio of a pair.
 */
export function timesFaster(own: readonly number[], beside: readonly number[]): Spread | undefined {
  if (beside.length === 0) return undefined;
  const pairs = spread(own.map((seconds, i) => (beside[i] as number) / seconds));
  return { ...pairs, median: spread(beside).median / spread(own).median };
}
