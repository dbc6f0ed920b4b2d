/** What an evaluator finds. */
export interface Evaluation {
  /** Figures by the keys that sentence-transformers gives them; the evaluator's `name` and "_" stand before each where it has one. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The key of the figure that stands for all. */
  readonly primaryMetric: string;
}

/** Figures under the name of their evaluator. */
export function named(
  name: string,
  metrics: Readonly<Record<string, number>>,
  primaryMetric: string,
): Evaluation {
  const prefix = name === "" ? "" : `${name}_`;
  return {
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([key, value]) => [prefix + key, value]),
    ),
    primaryMetric: prefix + primaryMetric,
  };
}

/** The highest of some figures. */
export function highest(values: Iterable<number>): number {
  return [...values].reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
