import type { MatrixLike } from "../../shared/matrix.js";
import { checkInteger, checkOneOf, checkTypes } from "../../shared/options.js";
import { type Clustering, numberBySize } from "../clustering.js";
import { checkWorkOptions, paced, type WorkOptions } from "../paced-work.js";
import { checkPoints } from "../points.js";
import { type CondensedTree, condense } from "./condensed-tree.js";
import { coreDistances, mutualReachabilityTree } from "./mutual-reachability-tree.js";

/** Names and defaults as in scikit-learn's HDBSCAN. */
export interface HdbscanClustersOptions extends WorkOptions {
  /** Smallest cluster, at least 2. Default 5. */
  readonly minClusterSize?: number | undefined;
  /** Vectors, itself counted, within whose reach a vector's surroundings are measured. Default `minClusterSize`. */
  readonly minSamples?: number | undefined;
  /** "eom" (the default): the clusters with the most excess of mass; "leaf": the smallest ones. */
  readonly clusterSelectionMethod?: "eom" | "leaf" | undefined;
  /** Whether all vectors may be one cluster. Default false. */
  readonly allowSingleCluster?: boolean | undefined;
}

export interface HdbscanClusters extends Clustering {
  /** How firmly each vector is in its cluster, 0 to 1; 0 for noise. */
  readonly probabilities: Float64Array;
}

const WHERE = "hdbscanClusters";

/**
 * Clusters where vectors lie densely, of any shape and density, as many as there are; what lies between them is noise, label -1. HDBSCAN
 * (Campello, Moulavi and Sander 2013), as scikit-learn's HDBSCAN over Euclidean distances: mutual reachability, a minimum spanning tree, the condensed
 * tree, the clusters with the most excess of mass.
 *
 * Fewer vectors than `minClusterSize` or `minSamples` are all noise; so are vectors that are all the same, unless `allowSingleCluster`.
 * Time grows with the square of the vectors; 100,000 x 384 take 350 MB.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_ABORTED`.
 */
export async function hdbscanClusters(
  vectors: MatrixLike,
  options: HdbscanClustersOptions = {},
): Promise<HdbscanClusters> {
  checkWorkOptions(WHERE, options, [
    "minClusterSize",
    "minSamples",
    "clusterSelectionMethod",
    "allowSingleCluster",
  ]);
  checkTypes(WHERE, options, { allowSingleCluster: "boolean" });
  const least = checkInteger(WHERE, "minClusterSize", options.minClusterSize ?? 5, 2);
  const samples = checkInteger(WHERE, "minSamples", options.minSamples ?? least, 1);
  const method = checkOneOf(
    WHERE,
    "clusterSelectionMethod",
    options.clusterSelectionMethod ?? "eom",
    ["eom", "leaf"],
  );
  const points = checkPoints(WHERE, vectors);
  const rows = points.shape[0];
  if (rows < least || rows < samples) {
    return {
      labels: new Int32Array(rows).fill(-1),
      count: 0,
      probabilities: new Float64Array(rows),
    };
  }
  return paced("Clustering", 2 * rows - 1, options, async (pace) => {
    const cores = await coreDistances(points, samples, pace);
    const spanning = await mutualReachabilityTree(points, cores, pace);
    const tree = condense(spanning, rows, least);
    const chosen = chooseBranches(tree, method, options.allowSingleCluster ?? false);
    return labelled(tree, chosen);
  });
}

/** Whether each branch is a cluster; of a branch and those that split from it one at most is. */
function chooseBranches(
  { branches }: CondensedTree,
  method: "eom" | "leaf",
  allowSingleCluster: boolean,
): Uint8Array {
  const chosen = new Uint8Array(branches.length);
  const below = new Float64Array(branches.length);
  const isLeaf = new Uint8Array(branches.length).fill(1);
  // Children come after their parents.
  for (let b = branches.length - 1; b >= 0; b--) {
    const { parent, stability } = branches[b] as (typeof branches)[number];
    const mayBe = b > 0 || allowSingleCluster;
    const wins =
      method === "leaf" ? isLeaf[b] === 1 : isLeaf[b] === 1 || stability >= (below[b] as number);
    if (mayBe && wins) chosen[b] = 1;
    if (parent < 0) continue;
    isLeaf[parent] = 0;
    below[parent] = (below[parent] as number) + (wins ? stability : (below[b] as number));
  }
  for (let b = 1; b < branches.length; b++) {
    const { parent } = branches[b] as (typeof branches)[number];
    // 2: within a cluster that was chosen higher up.
    if (chosen[parent] !== 0) chosen[b] = 2;
  }
  return chosen.map((state) => (state === 1 ? 1 : 0));
}

function labelled(tree: CondensedTree, chosen: Uint8Array): HdbscanClusters {
  const { branches, branchOf, lambdaOf } = tree;
  const clusterOf = new Int32Array(branches.length).fill(-1);
  for (let b = 0; b < branches.length; b++) {
    const { parent } = branches[b] as (typeof branches)[number];
    if (chosen[b] === 1) clusterOf[b] = b;
    else if (parent >= 0) clusterOf[b] = clusterOf[parent] as number;
  }
  // As scikit-learn: the lambda at which a branch itself, not those that split from it, has lost its last row.
  const deaths = new Float64Array(branches.length);
  const livesUntil = (branch: number, lambda: number): void => {
    if (branch >= 0) deaths[branch] = Math.max(deaths[branch] as number, lambda);
  };
  for (const { parent, birth } of branches) livesUntil(parent, birth);
  for (const [row, branch] of branchOf.entries()) livesUntil(branch, lambdaOf[row] as number);
  // The whole tree as a cluster is what stays together to its end.
  const raw = branchOf.map((branch, row) => {
    const cluster = clusterOf[branch] as number;
    return cluster === 0 && (lambdaOf[row] as number) < (deaths[0] as number) ? -1 : cluster;
  });
  const { labels, count } = numberBySize(raw);
  const probabilities = Float64Array.from(raw, (cluster, row) => {
    if (cluster < 0) return 0;
    const lambda = lambdaOf[row] as number;
    const top = deaths[cluster] as number;
    return lambda === Infinity || top === 0 ? 1 : Math.min(lambda, top) / top;
  });
  return { labels, count, probabilities };
}
