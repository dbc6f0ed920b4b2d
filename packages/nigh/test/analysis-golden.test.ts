import {
  agglomerativeClusters,
  communityDetection,
  hdbscanClusters,
  kMeansClusters,
  outliers,
  paraphraseMining,
  principalComponents,
  silhouetteScore,
} from "nigh";
import { describe, expect, it } from "vitest";
import { GOLDEN, POINTS } from "./analysis/golden.js";
import { partitionOf } from "./analysis/partition.js";

function largest(numbers: Iterable<number>): number {
  return Math.max(...numbers);
}

function scoreOf([score]: readonly [number, number, number]): number {
  return score;
}

/** The greatest difference of two lists. */
function apart(a: Iterable<number>, b: Iterable<number>): number {
  const [left, right] = [[...a], [...b]];
  expect(left.length).toBe(right.length);
  return largest(left.map((x, i) => Math.abs(x - (right[i] as number))));
}

describe("communityDetection", () => {
  it.each(GOLDEN.communities)(
    "gives sentence-transformers' communities in its order: threshold $threshold, at least $minCommunitySize",
    async ({ threshold, minCommunitySize, communities }) => {
      const options = { threshold, minCommunitySize };
      expect(await communityDetection(POINTS, options)).toEqual(communities);
      expect(await communityDetection(POINTS, { ...options, batchSize: 7 })).toEqual(communities);
    },
  );
});

describe("paraphraseMining", () => {
  it.each(GOLDEN.pairs)(
    "gives sentence-transformers' pairs in its order, scores within 1e-6: topK $topK, maxPairs $maxPairs",
    async ({ topK, maxPairs, count, first, last }) => {
      const found = await paraphraseMining(POINTS, { topK, maxPairs });
      expect(found.length).toBe(count);
      const scores = new Map(found.map(([score, i, j]) => [`${i} ${j}`, score]));
      expect(scores.size).toBe(count);
      for (const [part, expected] of [
        [found.slice(0, first.length), first],
        [found.slice(-last.length), last],
      ] as const) {
        // Pairs whose scores a rounding tells apart may stand the other way round.
        expect(apart(part.map(scoreOf), expected.map(scoreOf))).toBeLessThan(1e-6);
        const own = expected.map(([, i, j]) => scores.get(`${i} ${j}`) ?? Number.NaN);
        expect(apart(own, expected.map(scoreOf))).toBeLessThan(1e-6);
      }
      const chunked = await paraphraseMining(POINTS, {
        topK,
        maxPairs,
        queryChunkSize: 50,
        corpusChunkSize: 100,
      });
      expect(chunked).toEqual(found);
    },
  );
});

describe("agglomerativeClusters", () => {
  it.each(GOLDEN.hierarchies)(
    "gives scikit-learn's clusters and distances: $linkage, $metric",
    async ({ linkage, metric, labels, distances, distanceThreshold, cutLabels }) => {
      const options = { linkage, metric };
      const found = await agglomerativeClusters(POINTS, { ...options, nClusters: 12 });
      expect(partitionOf(found.labels)).toEqual(partitionOf(labels));
      expect(found.count).toBe(12);
      const heights = found.merges.map(({ distance }) => distance);
      expect(apart(heights, distances)).toBeLessThan(1e-5);
      const cut = await agglomerativeClusters(POINTS, { ...options, distanceThreshold });
      expect(partitionOf(cut.labels)).toEqual(partitionOf(cutLabels));
    },
  );
});

describe("hdbscanClusters", () => {
  it.each(GOLDEN.densities)(
    "gives scikit-learn's clusters, noise and probabilities: $options",
    async ({ options, labels, probabilities }) => {
      const found = await hdbscanClusters(POINTS, options);
      expect(partitionOf(found.labels)).toEqual(partitionOf(labels));
      expect(apart(found.probabilities, probabilities)).toBeLessThan(1e-5);
    },
  );
});

describe("kMeansClusters", () => {
  it("comes within 0.1% of the inertia of scikit-learn's best of 20 starts", async () => {
    const { k, inertia } = GOLDEN.kMeans;
    const found = await kMeansClusters(POINTS, { k, nredo: 20 });
    expect(found.inertia).toBeLessThan(inertia * 1.001);
    expect(found.count).toBe(k);
  });
});

describe("silhouetteScore", () => {
  it("is scikit-learn's", () => {
    const { labels, silhouette } = GOLDEN.kMeans;
    expect(silhouetteScore(POINTS, labels)).toBeCloseTo(silhouette, 6);
  });
});

describe("outliers", () => {
  it("has the factors of scikit-learn's LocalOutlierFactor", async () => {
    const { scores } = await outliers(POINTS);
    expect(apart(scores, GOLDEN.outlierFactors)).toBeLessThan(1e-5);
  });
});

describe("principalComponents", () => {
  it("are those of scikit-learn's PCA, but for their signs", () => {
    const { varianceRatio, coordinates } = GOLDEN.principalComponents;
    const found = principalComponents(POINTS, 3);
    expect(apart(found.varianceRatio, varianceRatio)).toBeLessThan(1e-5);
    const absolute = (rows: readonly (readonly number[])[]) => rows.flat().map(Math.abs);
    expect(apart(absolute(found.coordinates.toArray()), absolute(coordinates))).toBeLessThan(1e-2);
  });
});
