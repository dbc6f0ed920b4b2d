/** Clusters as sets of rows, so that they can be compared whatever their numbers: sorted rows, ordered by their first; those of label -1 apart. */
export function partitionOf(labels: Iterable<number>): { clusters: number[][]; noise: number[] } {
  const rows = new Map<number, number[]>();
  for (const [row, label] of [...labels].entries())
    rows.set(label, [...(rows.get(label) ?? []), row]);
  const noise = rows.get(-1) ?? [];
  rows.delete(-1);
  return {
    clusters: [...rows.values()].sort((a, b) => (a[0] as number) - (b[0] as number)),
    noise,
  };
}

/** The harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg 2007). */
export function vMeasure(truth: readonly string[], labels: Iterable<number>): number {
  const found = [...labels];
  const entropy = (keys: readonly string[]): number => {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return -[...counts.values()].reduce(
      (sum, n) => sum + (n / keys.length) * Math.log(n / keys.length),
      0,
    );
  };
  const clusters = entropy(found.map(String));
  const classes = entropy(truth);
  const both = entropy(found.map((label, i) => `${label} ${truth[i]}`));
  return (2 * (clusters + classes - both)) / (clusters + classes);
}
