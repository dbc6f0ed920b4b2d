import type { Pace } from "../paced-work.js";
import { AT_ONCE, type ClusterMeans } from "./cluster-means.js";
import { type Merge, numberMerges, type UnnumberedMerge } from "./merge.js";

/**
 * All merges into one cluster, the nearest first, in rounds that merge every two clusters that are nearest to each other (Sumengen et al.
 * 2021, "Scaling hierarchical agglomerative clustering to billion-sized datasets"): the same tree as merging the nearest two, for linkages
 * whose clusters come no nearer by merging others. In a round those clusters look for their nearest anew that were merged or whose
 * nearest was, many at a time, so that what they are compared with is read from memory once.
 */
export async function mergeReciprocal(means: ClusterMeans, pace: Pace): Promise<Merge[]> {
  const rows = means.count;
  const merges: UnnumberedMerge[] = [];
  const merged = new Uint8Array(rows);
  let stale = Uint32Array.from(means.clusters());
  while (means.count > 1) {
    for (let from = 0; from < stale.length; from += AT_ONCE) {
      means.findNearest(stale.subarray(from, from + AT_ONCE));
      if (pace.isDue) await pace.done(0);
    }
    const { nearest } = means;
    const pairs = Array.from(means.clusters())
      .map((a) => [a, nearest[a] as number] as const)
      .filter(([a, b]) => a < b && nearest[b] === a);
    // Roundings alone could leave none: then the nearest two are one.
    if (pairs.length === 0) pairs.push(nearestPair(means));
    merged.fill(0);
    for (const [from, into] of pairs) {
      merges.push({ from, into, distance: means.distance(from, into) });
      merged[from] = 1;
      merged[into] = 1;
    }
    for (const [from, into] of pairs) means.merge(from, into);
    stale = means.clusters().filter((c) => merged[c] === 1 || merged[nearest[c] as number] === 1);
    await pace.done(pairs.length);
  }
  return numberMerges(rows, merges);
}

function nearestPair(means: ClusterMeans): readonly [number, number] {
  const distances = Array.from(means.clusters(), (a) => {
    const b = means.nearest[a] as number;
    return { a: Math.min(a, b), b: Math.max(a, b), distance: means.distance(a, b) };
  });
  const { a, b } = distances.reduce((best, one) => (one.distance < best.distance ? one : best));
  return [a, b];
}
