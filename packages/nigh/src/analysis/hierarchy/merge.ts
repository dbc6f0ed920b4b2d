/** Two clusters become one. Clusters 0 to n - 1 are the vectors; merge i makes cluster n + i, as in scikit-learn and scipy. */
export interface Merge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/** Clusters known by the number of one of their vectors. */
export interface UnnumberedMerge {
  readonly from: number;
  /** The new cluster has its number. */
  readonly into: number;
  readonly distance: number;
}

/** Sorts the merges by distance, stably, and numbers the clusters that they make. */
export function numberMerges(rows: number, merges: UnnumberedMerge[]): Merge[] {
  const current = Int32Array.from({ length: rows }, (_, row) => row);
  const parents = current.slice();
  const rootOf = (row: number): number => {
    let root = row;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = row; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  return merges
    .sort((a, b) => a.distance - b.distance)
    .map(({ from, into, distance }, i) => {
      const [rootA, rootB] = [rootOf(from), rootOf(into)];
      const [a, b] = [current[rootA] as number, current[rootB] as number];
      parents[rootA] = rootB;
      current[rootB] = rows + i;
      return { a: Math.min(a, b), b: Math.max(a, b), distance };
    });
}
