/** Which cluster each vector is in. */
export interface Clustering {
  /** Number of the cluster of each vector, 0 for the largest one (of equal ones the one whose first row comes first); -1 for a vector in none. */
  readonly labels: Int32Array;
  /** How many clusters there are. */
  readonly count: number;
}

/**
 * Numbers clusters by size.
 *
 * @param labels any numbers of clusters, negative for none.
 * @returns the labels, and for each new number the old one.
 */
export function numberBySize(labels: ArrayLike<number>): Clustering & { readonly old: number[] } {
  const sizes = new Map<number, number>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (label >= 0) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  // A Map keeps the order of the first rows, and sorting is stable.
  const old = [...sizes].sort((a, b) => b[1] - a[1]).map(([label]) => label);
  const numbers = new Map(old.map((label, number) => [label, number]));
  return {
    labels: Int32Array.from(labels, (label) => numbers.get(label) ?? -1),
    count: old.length,
    old,
  };
}

/** Rows of each cluster, ascending. */
export function rowsOfClusters({ labels, count }: Clustering): number[][] {
  const rows: number[][] = Array.from({ length: count }, () => []);
  for (const [row, label] of labels.entries()) if (label >= 0) rows[label]?.push(row);
  return rows;
}
