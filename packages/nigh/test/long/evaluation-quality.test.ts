import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  EmbeddingSimilarityEvaluator,
  InformationRetrievalEvaluator,
  judgePairs,
  readBeir,
  readStsPairs,
  SentenceTransformer,
} from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needsShared, SHARED } from "../encoder/fixtures.js";

const CRANFIELD = join(SHARED, "data/cranfield");
const SCIFACT = join(SHARED, "data/scifact");
const STS = join(SHARED, "data/stsb/stsb-en-dev.csv");
const TUTORIAL = join(SHARED, "golden/tutorial-all-MiniLM-L6-v2.json");

describe("the bundled model in fp32", () => {
  let model: SentenceTransformer;
  beforeAll(async () => {
    model = await SentenceTransformer.load("all-MiniLM-L6-v2");
  });
  afterAll(() => model.close());

  const sets: [string, { "cosine_ndcg@10": number; "cosine_mrr@10"?: number }][] = [
    [CRANFIELD, { "cosine_ndcg@10": 0.4928, "cosine_mrr@10": 0.7706 }],
    [SCIFACT, { "cosine_ndcg@10": 0.6451 }],
  ];
  for (const [folder, expected] of sets) {
    const needed = needsShared(folder.split("/").at(-1) as string, folder);
    it.skipIf(needed.skip)(`${needed.title}: the figures known of it, within 0.002`, async () => {
      const { queries, corpus, relevantDocs } = await readBeir(folder);
      const evaluator = new InformationRetrievalEvaluator({ queries, corpus, relevantDocs });
      const { metrics } = await evaluator.evaluate(model);
      for (const [key, value] of Object.entries(expected)) {
        expect(Math.abs((metrics[key] as number) - value), key).toBeLessThan(0.002);
      }
    });
  }

  const sts = needsShared("the STS benchmark (dev)", STS);
  it.skipIf(sts.skip)(`${sts.title}: Python's correlations to 0.001`, async () => {
    const { metrics } = await new EmbeddingSimilarityEvaluator(await readStsPairs(STS)).evaluate(
      model,
    );
    // sentence-transformers 6.2, torch 2.13, float32.
    expect(metrics.spearman_cosine).toBeCloseTo(0.867163, 3);
    expect(metrics.pearson_cosine).toBeCloseTo(0.869619, 3);
  });

  const tutorial = needsShared("the pairs of the classic tutorial", TUTORIAL);
  it.skipIf(tutorial.skip)(`${tutorial.title}: Python's accuracy at 0.5`, async () => {
    const { pairs, ...golden } = JSON.parse(readFileSync(TUTORIAL, "utf8"));
    type Pair = { a: string; b: string; label: number; similarity: number };
    const found = await judgePairs(
      model,
      pairs.map(({ a, b, label }: Pair) => ({ sentence1: a, sentence2: b, label })),
    );
    expect(found.accuracy).toBe(golden["pair_accuracy_at_0.5"]);
    for (const [i, { similarity }] of (pairs as Pair[]).entries())
      expect(found.pairs[i]?.score).toBeCloseTo(similarity, 3);
  });
});
