import type { Pace } from "../paced-work.js";
import { type Merge, numberMerges, type UnnumberedMerge } from "./merge.js";
import type { MergingMatrix } from "./merging-matrix.js";

/**
 * All merges of `rows` vectors into one cluster, the nearest first, by chains of nearest neighbours (Murtagh 1983; Müllner 2011, "Modern
 * hierarchical, agglomerative clustering algorithms", figure 3): about 3 looks at all clusters for each merge. It is right for linkages whose
 * clusters come no nearer by merging others, as Ward's, complete and average.
 */
export async function mergesOf(rows: number, merging: MergingMatrix, pace: Pace): Promise<Merge[]> {
  const merges: UnnumberedMerge[] = [];
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
  return numberMerges(rows, merges);
}
