import {
  classify,
  communityDetection,
  cosineSimilarity,
  describeClusters,
  hdbscanClusters,
  kMeansClusters,
  type Matrix,
  nearDuplicates,
  outliers,
  paraphraseMining,
  SentenceTransformer,
} from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GOLDEN, POINTS } from "./analysis/golden.js";
import { partitionOf, vMeasure } from "./analysis/partition.js";
import { vectors } from "./indexes/vectors.js";

const SENTENCES = [
  "The kitten sleeps on the warm sofa.",
  "A young cat naps in the sun.",
  "My cat purrs when I stroke its fur.",
  "The central bank raised interest rates.",
  "Higher rates make loans of a bank more costly.",
  "Banks pay more interest on savings.",
  "Add flour and butter to the dough.",
  "Knead the dough and bake the bread.",
  "The bread needs butter, flour and yeast.",
];
const TOPICS = [0, 0, 0, 1, 1, 1, 2, 2, 2];

let model: SentenceTransformer;
let sentences: Matrix;
beforeAll(async () => {
  model = await SentenceTransformer.load("all-MiniLM-L6-v2");
  sentences = await model.encode(SENTENCES);
});
afterAll(() => model.close());

describe("kMeansClusters", () => {
  it("finds by silhouette how many topics there are, and which sentences are of which", async () => {
    const { labels, count, silhouettes } = await kMeansClusters(sentences);
    expect(count).toBe(3);
    expect(partitionOf(labels)).toEqual(partitionOf(TOPICS));
    const best = silhouettes.toSorted((a, b) => b.silhouette - a.silhouette)[0];
    expect(best?.k).toBe(3);
  });

  it("numbers clusters by size, and gives their means in that order", async () => {
    const { labels, count, centroids } = await kMeansClusters(POINTS, { k: 9 });
    const sizes = Array.from({ length: count }, (_, c) => labels.filter((l) => l === c).length);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    for (let c = 0; c < count; c++) {
      const rows = [...POINTS].filter((_, i) => labels[i] === c);
      const mean = rows.reduce((sum, row) => sum + (row[0] as number) / rows.length, 0);
      expect(centroids.row(c)[0]).toBeCloseTo(mean, 5);
    }
  });

  it("is the same under the same seed", async () => {
    const of = (seed: number) => kMeansClusters(POINTS, { k: 20, seed });
    expect((await of(5)).labels).toEqual((await of(5)).labels);
    expect((await of(5)).labels).not.toEqual((await of(6)).labels);
  });
});

describe("describeClusters", () => {
  it("names clusters by words that are in them and not elsewhere, and by the sentence nearest to their mean", () => {
    const described = describeClusters(sentences, SENTENCES, TOPICS);
    expect(described.map(({ label, size, rows }) => [label, size, rows])).toEqual([
      [0, 3, [0, 1, 2]],
      [1, 3, [3, 4, 5]],
      [2, 3, [6, 7, 8]],
    ]);
    const words = described.map((cluster) => cluster.words.map(({ word }) => word));
    expect(words[0]).toContain("cat");
    expect(words[1]).toEqual(expect.arrayContaining(["interest", "rates"]));
    expect(words[2]).toEqual(expect.arrayContaining(["dough", "flour", "butter", "bread"]));
    for (const { central, rows } of described) expect(rows).toContain(central);
  });

  it("finds words of scripts without spaces, and counts texts of no cluster as outside", () => {
    const texts = ["猫喜欢鱼", "猫睡觉了", "银行提高利率", "银行很大", "猫 银行", "Ünal ünal"];
    const described = describeClusters(vectors("normalised", 6, 4, 1), texts, [0, 0, 1, 1, -1, -1]);
    const words = described.map((cluster) => cluster.words.map(({ word }) => word));
    expect(words[0]).toEqual(expect.arrayContaining(["猫", "鱼"]));
    expect(words[1]).toEqual(expect.arrayContaining(["银行", "利率"]));
    expect(described.flatMap(({ rows }) => rows)).toEqual([0, 1, 2, 3]);
  });

  it("leaves out words that are as frequent outside", () => {
    const texts = ["red the fox", "red the cat", "blue the sky", "blue the sea"];
    const described = describeClusters(sentences.rows(0, 4), texts, [0, 0, 1, 1], { words: 9 });
    expect(described.map(({ words }) => words.map(({ word }) => word).sort())).toEqual([
      ["cat", "fox", "red"],
      ["blue", "sea", "sky"],
    ]);
  });

  it("says as many words as are asked for", () => {
    const counts = [0, 1, 3].map((words) =>
      describeClusters(sentences, SENTENCES, TOPICS, { words }).map((one) => one.words.length),
    );
    expect(counts).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [3, 3, 3],
    ]);
  });
});

describe("communityDetection", () => {
  it("has each vector once at most, those of a community close to its first", async () => {
    const threshold = 0.5;
    const found = await communityDetection(POINTS, { threshold, minCommunitySize: 3 });
    const all = found.flat();
    expect(new Set(all).size).toBe(all.length);
    for (const [centre, ...others] of found) {
      const rows = others.map((row) => POINTS.row(row));
      const scores = cosineSimilarity([POINTS.row(centre as number)], rows).data;
      expect(Math.min(...scores)).toBeGreaterThanOrEqual(threshold - 1e-6);
    }
  });
});

describe("paraphraseMining", () => {
  it("encodes texts with the model it is given", async () => {
    const found = await paraphraseMining(SENTENCES, model, { topK: 2, maxPairs: 5 });
    expect(found).toEqual(await paraphraseMining(sentences, { topK: 2, maxPairs: 5 }));
    for (const [, i, j] of found) expect(TOPICS[i]).toBe(TOPICS[j]);
  });

  it("has no pair of fewer than two vectors", async () => {
    expect(await paraphraseMining([])).toEqual([]);
    expect(await paraphraseMining([], model)).toEqual([]);
    expect(await paraphraseMining([[1, 0]])).toEqual([]);
  });

  it("orders equal scores by their rows, also where only some of them are kept", async () => {
    const same = vectors("allEqual", 12, 8, 1);
    const all = await paraphraseMining(same);
    expect(all.map(([, i, j]) => [i, j])).toEqual(
      Array.from({ length: 12 }, (_, i) =>
        Array.from({ length: 11 - i }, (_, j) => [i, i + j + 1]),
      ).flat(),
    );
    expect(await paraphraseMining(same, { maxPairs: 7 })).toEqual(all.slice(0, 7));
  });
});

describe("nearDuplicates", () => {
  it.each([0.3, 0.8, 0.95, 1])(
    "keeps the first, as comparing in order would: %s",
    async (threshold) => {
      const { kept, duplicates } = await nearDuplicates(POINTS, { threshold });
      const scores = cosineSimilarity(POINTS, POINTS);
      const expected: number[] = [];
      for (let i = 0; i < POINTS.shape[0]; i++) {
        if (!expected.some((j) => (scores.row(i)[j] as number) >= threshold)) expected.push(i);
      }
      expect(kept).toEqual(expected);
      expect([...kept, ...duplicates.map(({ index }) => index)].sort((a, b) => a - b)).toEqual([
        ...GOLDEN.outlierFactors.keys(),
      ]);
      for (const { index, of, score } of duplicates) {
        expect(of).toBeLessThan(index);
        expect(expected).toContain(of);
        expect(score).toBeCloseTo(scores.row(index)[of] as number, 5);
      }
    },
  );

  it("says of rows that are as similar the first", async () => {
    const rows = [
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const { kept, duplicates } = await nearDuplicates(rows, { threshold: 0.5 });
    expect([kept, duplicates.map(({ of }) => of)]).toEqual([[0, 1], [0]]);
  });

  it("keeps one of vectors that are all the same, and the others are duplicates of it", async () => {
    const found = await nearDuplicates(vectors("allEqual", 300, 8, 1));
    expect(found.kept).toEqual([0]);
    expect(new Set(found.duplicates.map(({ of }) => of))).toEqual(new Set([0]));
  });
});

describe("outliers", () => {
  it("finds what lies apart, the farthest first", async () => {
    const grid = Array.from({ length: 25 }, (_, i) => [i % 5, Math.floor(i / 5)]);
    const { outliers: rows, scores } = await outliers([...grid, [9, 9], [30, 30]], {
      neighbours: 5,
    });
    expect(rows).toEqual([26, 25]);
    expect(Math.max(...scores.subarray(0, 25))).toBeLessThan(1.5);
    expect((await outliers([...grid, [9, 9]], { neighbours: 5, threshold: 20 })).outliers).toEqual(
      [],
    );
  });
});

describe("classify", () => {
  it("gives each text the label nearest in meaning", async () => {
    const labels = ["pets", "finance", "baking"];
    const found = await classify(SENTENCES, labels, model);
    expect(found.map(({ label }) => label)).toEqual(TOPICS.map((topic) => labels[topic]));
    for (const { label, score, scores } of found) {
      expect(Object.keys(scores)).toEqual(labels);
      expect(score).toBe(Math.max(...Object.values(scores)));
      expect(score).toBe(scores[label as string]);
    }
  });

  it("gives none below the threshold, and uses the template and texts of labels", async () => {
    const texts = ["A lion roars."];
    expect((await classify(texts, ["tax law"], model, { threshold: 0.5 }))[0]?.label).toBeNull();
    const template = "A text about {}.";
    const [templated] = await classify(texts, ["animals"], model, { template });
    const [written] = await classify(texts, { animals: "A text about animals." }, model);
    expect(templated).toEqual(written);
    const examples = { animals: ["A tiger growls.", "A wolf howls."], law: "A court decides." };
    expect((await classify(texts, examples, model))[0]?.label).toBe("animals");
  });
});

describe("hdbscanClusters", () => {
  it("takes a cluster with two halves as one by excess of mass, as two by leaves", async () => {
    const grid = (left: number) =>
      Array.from({ length: 25 }, (_, i) => [
        left + (i % 5) * 0.2 + ((i * 7919) % 101) / 2000,
        Math.floor(i / 5) * 0.2 + ((i * 104_729) % 103) / 2000,
      ]);
    const points = [...grid(0), ...grid(1.1), ...grid(30)];
    const counts = ["eom", "leaf"].map(async (clusterSelectionMethod) => {
      const method = clusterSelectionMethod as "eom" | "leaf";
      return (await hdbscanClusters(points, { clusterSelectionMethod: method })).count;
    });
    expect(await Promise.all(counts)).toEqual([2, 3]);
  });
});

describe("clusters of many kinds", () => {
  it("agree where clusters lie apart", async () => {
    const points = vectors("duplicates", 60, 8, 1);
    const truth = [...(await kMeansClusters(points, { k: 5 })).labels];
    const dense = await hdbscanClusters(points, { minClusterSize: 3 });
    expect(vMeasure(truth.map(String), dense.labels)).toBeCloseTo(1, 10);
    const communities = await communityDetection(points, { threshold: 0.999, minCommunitySize: 1 });
    expect(communities.length).toBe(5);
  });
});
