import type { Pace } from "../paced-work.js";
import type { Merging } from "./merging.js";

/** Two clusters become one. Clusters 0 to n - 1 are the vectors; merge i makes cluster n + i, as in scikit-learn and scipy. */
export interface Merge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/**
 * All merges of `rows` vectors into one cluster, the nearest first, by chains of nearest neighbours (Murtagh 1983; Müllner 2011, "Modern
 * hierarchical, agglomerative clustering algorithms", figure 3): about 3 looks at all clusters for each merge. It is right for linkages whose
 * clusters come no nearer by merging others, as Ward's, complete and average.
 */
export async function mergesOf(rows: number, merging: Merging, pace: Pace): Promise<Merge[]> {
  const merges: { from: number; into: number; distance: number }[] = [];
  const chain: number[] = [];
  let first = 0;
  const gone = new Uint8Array(rows);
  while (merges.length < rows - 1) {
    if (chain.length === 0) {
      while (gone[first]) first += 1;
      chain.push(first);
    }
    const end = chain.at(-1) as number;
    const before = chain.at(-2) ?? -1;
    const { other, distance } = merging.nearest(end, before);
    if (other !== before) {
      chain.push(other);
    } else {
      chain.length -= 2;
      const [from, into] = end < other ? [end, other] : [other, end];
      merging.merge(from, into);
      gone[from] = 1;
      merges.push({ from, into, distance });
      await pace.done(1);
      continue;
    }
    if (pace.isDue) await pace.done(0);
  }
  return numbered(rows, merges);
}

/** Sorts the merges by distance, stably, and numbers the clusters that they make. */
function numbered(
  rows: number,
  merges: { from: number; into: number; distance: number }[],
): Merge[] {
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
