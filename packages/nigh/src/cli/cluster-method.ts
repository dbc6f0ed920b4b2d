import {
  agglomerativeClusters,
  communityDetection,
  hdbscanClusters,
  kMeansClusters,
  type Matrix,
  type WorkOptions,
} from "../index.js";
import { wrongUse } from "./wrong-use.js";

export const METHODS = ["kmeans", "community", "hierarchical", "hdbscan"] as const;
export type Method = (typeof METHODS)[number];

export interface MethodFlags {
  method: Method;
  k?: number | "auto";
  threshold?: number;
  minSize?: number;
  linkage?: "ward" | "complete" | "average";
}

/** Clusters as every method gives them. */
export interface Found {
  readonly labels: Int32Array;
  readonly count: number;
  /** Of k chosen by silhouette: what was tried. */
  readonly silhouettes?: readonly { readonly k: number; readonly silhouette: number }[];
}

/** Which flags each method has, as they are written. */
const FLAGS: Readonly<Record<Method, readonly (keyof MethodFlags)[]>> = {
  kmeans: ["k"],
  community: ["threshold", "minSize"],
  hierarchical: ["k", "threshold", "linkage"],
  hdbscan: ["minSize"],
};
const WRITTEN = { k: "-k", threshold: "--threshold", minSize: "--min-size", linkage: "--linkage" };

/** @throws NighError `ERR_INVALID_ARGUMENT` for flags that the method does not have, or lacks. */
export function checkMethod(flags: MethodFlags): void {
  const { method, k, threshold } = flags;
  for (const [name, written] of Object.entries(WRITTEN)) {
    const key = name as keyof MethodFlags;
    if (flags[key] === undefined || FLAGS[method].includes(key)) continue;
    const others = METHODS.filter((other) => FLAGS[other].includes(key));
    throw wrongUse(`${written} is for --method ${others.join(" and ")}, found ${method}.`);
  }
  if (method !== "hierarchical") return;
  if (k === "auto") throw wrongUse("-k auto is for --method kmeans: give a number.");
  if ((k === undefined) === (threshold === undefined)) {
    throw wrongUse(
      `--method hierarchical needs either -k N or --threshold X (a distance), found ${k === undefined ? "neither" : "both"}.`,
    );
  }
}

/** Clusters by the method of the flags. */
export async function clusterBy(
  vectors: Matrix,
  { method, k, threshold, minSize, linkage }: MethodFlags,
  work: WorkOptions,
): Promise<Found> {
  if (method === "kmeans") return kMeansClusters(vectors, { k, ...work });
  if (method === "hdbscan") return hdbscanClusters(vectors, { minClusterSize: minSize, ...work });
  if (method === "hierarchical") {
    const cut = { nClusters: k as number | undefined, distanceThreshold: threshold };
    return agglomerativeClusters(vectors, { ...cut, linkage, ...work });
  }
  const communities = await communityDetection(vectors, {
    threshold,
    minCommunitySize: minSize,
    ...work,
  });
  const labels = new Int32Array(vectors.shape[0]).fill(-1);
  for (const [label, rows] of communities.entries()) for (const row of rows) labels[row] = label;
  return { labels, count: communities.length };
}
