import {
  agglomerativeClusters,
  classify,
  communityDetection,
  describeClusters,
  hdbscanClusters,
  kMeansClusters,
  Matrix,
  NighError,
  nearDuplicates,
  outliers,
  paraphraseMining,
  principalComponents,
  silhouetteScore,
} from "nigh";
import { describe, expect, it } from "vitest";
import { literally, type Refusal, refusal } from "./indexes/refusals.js";
import { vectors } from "./indexes/vectors.js";

type Points = Matrix | readonly (readonly number[])[];

/** Every analysis of vectors, with no more options than it needs. */
const ANALYSES: Readonly<Record<string, (points: Points, options?: object) => Promise<unknown>>> = {
  kMeansClusters,
  communityDetection,
  hdbscanClusters,
  agglomerativeClusters: (points, options) =>
    agglomerativeClusters(points, { distanceThreshold: 1, ...options }),
  paraphraseMining,
  nearDuplicates,
  outliers,
};
const NAMES = Object.keys(ANALYSES);
const run = (name: string, points: Points, options?: object) =>
  (ANALYSES[name] as (points: Points, options?: object) => Promise<unknown>)(points, options);

const POINTS = vectors("normalised", 30, 8, 1);
const SAME = vectors("allEqual", 30, 8, 1);

async function expectRefused(work: () => unknown, { code, says }: Refusal): Promise<void> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(NighError);
  expect(error).toMatchObject({ code });
  for (const part of says) expect((error as NighError).message).toMatch(part);
}

/** All numbers of a result, however deep. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(numbersIn) : [];
}

describe.each(NAMES)("%s", (name) => {
  it("refuses NaN, infinities, lengths beyond float32 and rows of different length", async () => {
    const bad = (x: number) => [
      [1, 0],
      [0, x],
    ];
    for (const x of [Number.NaN, Infinity]) {
      await expectRefused(
        () => run(name, bad(x)),
        refusal("ERR_INVALID_ARGUMENT", /vector 1/u, literally(x)),
      );
    }
    await expectRefused(() => run(name, bad(1e30)), refusal("ERR_INVALID_ARGUMENT", /vector 1/u));
    await expectRefused(() => run(name, [[1, 0], [1]]), refusal("ERR_DIMENSION", /Vector 1/u));
    await expectRefused(() => run(name, [[], []]), refusal("ERR_DIMENSION"));
  });

  it("refuses what is no list of vectors, and unknown options with the nearest name", async () => {
    await expectRefused(() => run(name, 5 as never), refusal("ERR_INVALID_ARGUMENT"));
    await expectRefused(() => run(name, POINTS, { onProgres: 1 }), {
      code: "ERR_UNKNOWN_OPTION",
      says: [/Did you mean "onProgress"/u],
    });
    await expectRefused(() => run(name, POINTS, { signal: 5 }), refusal("ERR_INVALID_ARGUMENT"));
  });

  it("answers for no vectors, one, two, and vectors that are all the same or zero, without NaN", async () => {
    for (const points of [[], [[1, 2]], POINTS.rows(0, 2), SAME, Matrix.zeros(30, 8)]) {
      const numbers = numbersIn(await run(name, points));
      expect(numbers.filter(Number.isNaN)).toEqual([]);
    }
  });

  it("tells how far it is, and stops by its signal", async () => {
    const reports: { done: number; total: number }[] = [];
    await run(name, POINTS, { onProgress: (progress: never) => reports.push(progress) });
    const last = reports.at(-1);
    expect(last).toBeDefined();
    expect(last?.done).toBe(last?.total);
    const dones = reports.map(({ done }) => done);
    expect(dones).toEqual(dones.toSorted((a, b) => a - b));
    const stop = new AbortController();
    const stopped = run(name, POINTS, { onProgress: () => stop.abort(), signal: stop.signal });
    await expectRefused(() => stopped, refusal("ERR_ABORTED"));
    await expectRefused(
      () => run(name, POINTS, { signal: AbortSignal.abort() }),
      refusal("ERR_ABORTED"),
    );
  });

  it("leaves the vectors as they are", async () => {
    const points = new Matrix(POINTS.data.slice(), 30, 8);
    await run(name, points);
    expect(points.data).toEqual(POINTS.data);
  });
});

describe("options out of range", () => {
  it.each<[string, () => unknown, Refusal]>([
    [
      "k above the vectors",
      () => kMeansClusters(POINTS, { k: 31 }),
      refusal("ERR_INVALID_ARGUMENT", /k = 31 and 30 vectors/u),
    ],
    [
      "k of 0",
      () => kMeansClusters(POINTS, { k: 0 }),
      refusal("ERR_INVALID_ARGUMENT", /number 0/u),
    ],
    [
      "a word for k",
      () => kMeansClusters(POINTS, { k: "many" as never }),
      refusal("ERR_INVALID_ARGUMENT", /"auto"/u),
    ],
    [
      "maxK of 1",
      () => kMeansClusters(POINTS, { maxK: 1 }),
      refusal("ERR_INVALID_ARGUMENT", /maxK/u),
    ],
    [
      "more clusters than vectors",
      () => agglomerativeClusters(POINTS, { nClusters: 31 }),
      refusal("ERR_INVALID_ARGUMENT", /nClusters = 31 and 30/u),
    ],
    [
      "neither clusters nor distance",
      () => agglomerativeClusters(POINTS, {}),
      refusal("ERR_INVALID_ARGUMENT", /neither/u),
    ],
    [
      "both of them",
      () => agglomerativeClusters(POINTS, { nClusters: 2, distanceThreshold: 1 }),
      refusal("ERR_INVALID_ARGUMENT", /both/u),
    ],
    [
      "a negative distance",
      () => agglomerativeClusters(POINTS, { distanceThreshold: -1 }),
      refusal("ERR_INVALID_ARGUMENT", /-1/u),
    ],
    [
      "a linkage that is none",
      () => agglomerativeClusters(POINTS, { nClusters: 2, linkage: "single" as never }),
      refusal("ERR_INVALID_ARGUMENT", /"ward"/u),
    ],
    [
      "ward of cosines",
      () => agglomerativeClusters(POINTS, { nClusters: 2, metric: "cosine" }),
      refusal("ERR_INVALID_ARGUMENT", /ward/u),
    ],
    [
      "a threshold above 1",
      () => communityDetection(POINTS, { threshold: 1.1 }),
      refusal("ERR_INVALID_ARGUMENT", /-1 to 1/u, /1\.1/u),
    ],
    [
      "a threshold that is NaN",
      () => communityDetection(POINTS, { threshold: Number.NaN }),
      refusal("ERR_INVALID_ARGUMENT", /NaN/u),
    ],
    [
      "communities of none",
      () => communityDetection(POINTS, { minCommunitySize: 0 }),
      refusal("ERR_INVALID_ARGUMENT", /minCommunitySize/u),
    ],
    [
      "a threshold of duplicates below -1",
      () => nearDuplicates(POINTS, { threshold: -2 }),
      refusal("ERR_INVALID_ARGUMENT", /-2/u),
    ],
    [
      "no neighbours",
      () => paraphraseMining(POINTS, { topK: 0 }),
      refusal("ERR_INVALID_ARGUMENT", /topK/u),
    ],
    [
      "no pairs",
      () => paraphraseMining(POINTS, { maxPairs: 0 }),
      refusal("ERR_INVALID_ARGUMENT", /maxPairs/u),
    ],
    [
      "texts without a model",
      () => paraphraseMining(["a", "b"] as never),
      refusal("ERR_INVALID_ARGUMENT", /model/u),
    ],
    [
      "clusters of one",
      () => hdbscanClusters(POINTS, { minClusterSize: 1 }),
      refusal("ERR_INVALID_ARGUMENT", /minClusterSize/u),
    ],
    [
      "an outlier factor of 1",
      () => outliers(POINTS, { threshold: 1 }),
      refusal("ERR_INVALID_ARGUMENT", /above 1/u),
    ],
    [
      "a silhouette of one cluster",
      () => silhouetteScore(POINTS, new Int32Array(30)),
      refusal("ERR_INVALID_ARGUMENT", /1 clusters/u),
    ],
    [
      "labels for other vectors",
      () => silhouetteScore(POINTS, [1, 2]),
      refusal("ERR_INVALID_ARGUMENT", /30 numbers/u),
    ],
    [
      "texts for other vectors",
      () => describeClusters(POINTS, ["a"], new Int32Array(30)),
      refusal("ERR_INVALID_ARGUMENT", /1 texts for 30/u),
    ],
    [
      "no component",
      () => principalComponents(POINTS, 0),
      refusal("ERR_INVALID_ARGUMENT", /components/u),
    ],
    ["no labels", () => classify(["a"], [], NO_MODEL), refusal("ERR_INVALID_ARGUMENT", /none/u)],
    [
      "a label twice",
      () => classify(["a"], ["x", "x"], NO_MODEL),
      refusal("ERR_INVALID_ARGUMENT", /twice/u),
    ],
    [
      "a label without a name",
      () => classify(["a"], ["x", " "], NO_MODEL),
      refusal("ERR_INVALID_ARGUMENT", /empty/u),
    ],
    [
      "a label without texts",
      () => classify(["a"], { x: [] }, NO_MODEL),
      refusal("ERR_INVALID_ARGUMENT", /no text/u),
    ],
    [
      "a template without a place",
      () => classify(["a"], ["x"], NO_MODEL, { template: "This" }),
      refusal("ERR_INVALID_ARGUMENT", /\{\}/u),
    ],
    [
      "a text that is none",
      () => classify([5 as never], ["x"], NO_MODEL),
      refusal("ERR_INVALID_TEXT", /text 0/u),
    ],
    [
      "no model",
      () => classify(["a"], ["x"], {} as never),
      refusal("ERR_INVALID_ARGUMENT", /model/u),
    ],
  ])("%s: a clear error", (_, work, expected) => expectRefused(work, expected));
});

const NO_MODEL = { encode: () => Promise.reject(new Error("not to be called")) };

describe("answers that are documented", () => {
  it("principal components: 0 beyond those that there are, and of vectors that are all the same", () => {
    const { coordinates, varianceRatio } = principalComponents([[1], [2], [3]]);
    expect(coordinates.toArray()).toEqual([
      [-1, 0],
      [0, 0],
      [1, 0],
    ]);
    expect(varianceRatio).toEqual([1, 0]);
    expect(principalComponents(SAME).varianceRatio).toEqual([0, 0]);
    expect(principalComponents([]).coordinates.shape).toEqual([0, 2]);
  });

  it("communities: none where there are fewer vectors than the least", async () => {
    expect(await communityDetection(POINTS.rows(0, 9))).toEqual([]);
  });

  it("k-means: one cluster of vectors that are all the same, whatever k; of fewer than 3 by silhouette", async () => {
    expect(await kMeansClusters(SAME, { k: 4 })).toMatchObject({ count: 1 });
    expect(await kMeansClusters(SAME)).toMatchObject({ count: 1 });
    expect(await kMeansClusters(POINTS.rows(0, 2))).toMatchObject({ count: 1, silhouettes: [] });
    expect(await kMeansClusters([])).toMatchObject({ count: 0 });
  });

  it("density: all noise where vectors are fewer than a cluster or all the same, one cluster where that is allowed", async () => {
    const noise = new Int32Array(30).fill(-1);
    expect((await hdbscanClusters(SAME)).labels).toEqual(noise);
    expect((await hdbscanClusters(POINTS.rows(0, 4))).labels).toEqual(noise.subarray(0, 4));
    expect((await hdbscanClusters(SAME, { allowSingleCluster: true })).labels).toEqual(
      new Int32Array(30),
    );
  });

  it("outliers: a single vector scores 1, and so do vectors that are all the same", async () => {
    expect(await outliers([[1, 2]])).toEqual({ scores: Float64Array.of(1), outliers: [] });
    expect((await outliers(SAME)).scores).toEqual(new Float64Array(30).fill(1));
  });

  it("hierarchy: distances of every pair are refused beyond 1 GiB, before any is computed", async () => {
    await expectRefused(
      () => agglomerativeClusters(Matrix.zeros(23_171, 1), { nClusters: 2, linkage: "complete" }),
      refusal("ERR_OUT_OF_MEMORY", /23,170/u, /"ward"/u),
    );
  });
});
