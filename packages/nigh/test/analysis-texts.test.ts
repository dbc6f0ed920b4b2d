import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kMeansClusters, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partitionOf, vMeasure } from "./analysis/partition.js";
import { needsShared, readJson, SHARED } from "./encoder/fixtures.js";

const TUTORIAL = join(SHARED, "golden/tutorial-all-MiniLM-L6-v2.json");
const BANKING = join(SHARED, "data/banking77/banking77-test.csv");
const tutorial = needsShared("the sentences of the classic tutorial", TUTORIAL);
const banking = needsShared("banking77", BANKING);

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load("all-MiniLM-L6-v2", { dtype: "fp32" });
});
afterAll(() => model.close());

describe("kMeansClusters of real texts", () => {
  it.skipIf(tutorial.skip)(`${tutorial.title}: scikit-learn's partition and inertia`, async () => {
    const { cluster_sentences: texts } = readJson<{ cluster_sentences: string[] }>(TUTORIAL);
    const vectors = await model.encode(texts);
    const { labels, inertia } = await kMeansClusters(vectors, { k: 3 });
    // KMeans(3, n_init=10) of scikit-learn 1.9.1 on nigh's vectors.
    expect(partitionOf(labels)).toEqual(partitionOf([0, 0, 1, 1, 2, 2, 1, 1]));
    expect(Math.abs(inertia / 2.92189 - 1)).toBeLessThan(0.001);
    expect((await kMeansClusters(vectors)).count).toBe(3);
  });

  it.skipIf(banking.skip)(
    `${banking.title}: V-measure and inertia of scikit-learn's KMeans`,
    async () => {
      const row = /^("(?:[^"]|"")*"|[^,"\n]*),([^\r\n]+)\r?$/gmu;
      const [, ...rows] = readFileSync(BANKING, "utf8").matchAll(row);
      const texts = rows.map(([, text = ""]) => text.replace(/^"|"$/gu, "").replaceAll('""', '"'));
      expect(texts.length).toBe(3080);
      const { labels, inertia } = await kMeansClusters(await model.encode(texts), { k: 77 });
      const truth = rows.map(([, , label = ""]) => label);
      // KMeans(77, n_init=10) of scikit-learn 1.9.1 on nigh's vectors: 0.7914 and 1126.79.
      expect(Math.abs(vMeasure(truth, labels) - 0.7914)).toBeLessThan(0.01);
      expect(inertia).toBeLessThan(1126.79 * 1.005);
    },
  );
});
