import {
  averagePrecision,
  BinaryClassificationEvaluator,
  bestThreshold,
  calibrate,
  calibratedProbability,
  EmbeddingSimilarityEvaluator,
  judgePairs,
  ParaphraseMiningEvaluator,
  pearsonCorrelation,
  RerankingEvaluator,
  spearmanCorrelation,
  TripletEvaluator,
  thresholdQuality,
} from "nigh";
import { describe, expect, it } from "vitest";
import { failureOf, Lookup } from "./evaluation/golden.js";

const VECTORS = { a: [1, 0], b: [0.9, 0.1], c: [0, 1], d: [0.5, 0.5], zero: [0, 0] };
const model = new Lookup(VECTORS);
const pairs = (...labels: number[]) => ({
  sentences1: labels.map(() => "a"),
  sentences2: ["b", "c", "d"].slice(0, labels.length),
  labels,
});

describe("scores that tell nothing", () => {
  it("have a correlation of 0, never NaN", async () => {
    const evaluator = new EmbeddingSimilarityEvaluator({
      ...{ sentences1: ["a", "a"], sentences2: ["zero", "zero"], scores: [1, 2] },
    });
    const { metrics } = await evaluator.evaluate(model);
    expect(metrics).toEqual({ pearson_cosine: 0, spearman_cosine: 0 });
    expect(pearsonCorrelation([0.1, 0.1, 0.1], [1, 2, 3])).toBe(0);
    expect(spearmanCorrelation([1e300, -1e300], [1, 2])).toBeCloseTo(-1, 12);
    expect(pearsonCorrelation([1e300, -1e300], [1e-300, 2e-300])).toBeCloseTo(-1, 12);
  });

  it("put a positive document behind the negative ones, and count a triplet as wrong", async () => {
    const samples = [{ query: "zero", positive: "a", negative: ["b", "c"] }];
    const { metrics } = await new RerankingEvaluator({ samples }).evaluate(model);
    expect(metrics["mrr@10"]).toBeCloseTo(1 / 3, 12);
    expect(metrics.map).toBeCloseTo(1 / 3, 12);
    const triplet = { anchors: ["a"], positives: ["b"], negatives: ["b"] };
    const found = await new TripletEvaluator(triplet).evaluate(model);
    expect(found.metrics).toEqual({ cosine_accuracy: 0 });
  });
});

describe("evaluators of pairs", () => {
  it("encode each text once, and keep the scores", async () => {
    const lookup = new Lookup(VECTORS);
    const evaluator = new BinaryClassificationEvaluator(pairs(1, 0, 1));
    const { pairScores } = await evaluator.evaluate(lookup);
    expect(lookup.asked.sort()).toEqual(["a", "b", "c", "d"]);
    expect(pairScores[0]?.scores.map((score) => score.toFixed(3))).toEqual([
      "0.994",
      "0.000",
      "0.707",
    ]);
  });

  it("take what scores pairs itself, under keys without a similarity", async () => {
    const scorer = { predict: async (given: [string, string][]) => given.map((_, i) => -i) };
    const binary = await new BinaryClassificationEvaluator(pairs(1, 1, 0)).evaluate(scorer);
    expect(binary.primaryMetric).toBe("ap");
    expect(binary.metrics).toMatchObject({ ap: 1, f1: 1, f1_threshold: -1.5, mcc: 1 });
    const samples = [{ query: "q", positive: ["x"], negative: ["y"] }];
    const reranked = await new RerankingEvaluator({ samples }).evaluate(scorer);
    expect(reranked.metrics["mrr@10"]).toBe(1);
  });

  const { sentences1, sentences2 } = pairs(1, 0, 1);
  const REFUSED: [string, () => unknown, RegExp][] = [
    [
      "a label of 2",
      () => new BinaryClassificationEvaluator(pairs(1, 2, 0)),
      /label of pair 1 must be 1 .* or 0, found the number 2/u,
    ],
    [
      "one class only",
      () => new BinaryClassificationEvaluator(pairs(1, 1)),
      /all 2 pairs have the label 1/u,
    ],
    ["no pairs", () => new BinaryClassificationEvaluator(pairs()), /nothing to evaluate/u],
    [
      "lists of different lengths",
      () => new EmbeddingSimilarityEvaluator({ sentences1, sentences2, scores: [1] }),
      /3 sentences1, 3 sentences2, 1 scores/u,
    ],
    [
      "a score that is NaN",
      () =>
        new EmbeddingSimilarityEvaluator({ sentences1, sentences2, scores: [1, Number.NaN, 2] }),
      /score of pair 1 must be a finite number/u,
    ],
    [
      "scores that are all the same",
      () => new EmbeddingSimilarityEvaluator({ sentences1, sentences2, scores: [3, 3, 3] }),
      /all 3 scores are 3/u,
    ],
    [
      "a model that gives NaN",
      () =>
        new BinaryClassificationEvaluator(pairs(1, 0)).evaluate({
          embeddings1: [
            [1, 0],
            [1, 0],
          ],
          embeddings2: [
            [1, 0],
            [Number.NaN, 0],
          ],
        }),
      /score of pair 1 is the number NaN/u,
    ],
    [
      "too few scores",
      () => new BinaryClassificationEvaluator(pairs(1, 0)).evaluate({ predict: async () => [1] }),
      /expected 2 scores, one for each pair, found 1/u,
    ],
    [
      "similarities of what has no vectors",
      () =>
        new BinaryClassificationEvaluator({ ...pairs(1, 0), mainSimilarity: "dot" }).evaluate({
          predict: async () => [1, 0],
        }),
      /no vectors to compare by dot/u,
    ],
    [
      "no sample with documents of both kinds",
      () => new RerankingEvaluator({ samples: [{ query: "a", positive: [], negative: ["b"] }] }),
      /none of the 1 samples has both/u,
    ],
    [
      "duplicates that are no sentence",
      () =>
        new ParaphraseMiningEvaluator({ sentencesMap: { a: "a" }, duplicatesList: [["a", "x"]] }),
      /names "x", which is not among the 1 sentences/u,
    ],
    [
      "no duplicates",
      () => new ParaphraseMiningEvaluator({ sentencesMap: { a: "a" }, duplicatesList: [] }),
      /at least one/u,
    ],
    [
      "what is no model",
      () =>
        new TripletEvaluator({ anchors: ["a"], positives: ["b"], negatives: ["c"] }).evaluate(
          {} as never,
        ),
      /expected a model/u,
    ],
  ];
  it.each(REFUSED)("refuse %s", async (_, call, message) => {
    const { code, message: found } = await failureOf(call);
    expect(found).toMatch(message);
    expect(["ERR_INVALID_ARGUMENT", "ERR_UNKNOWN_ID"]).toContain(code);
  });
});

describe("judgePairs", () => {
  const labelled = [
    { sentence1: "a", sentence2: "b", label: 1 },
    { sentence1: "a", sentence2: "d", label: 0 },
    { sentence1: "a", sentence2: "c", label: 0 },
  ];

  it("accepts what scores 0.5 or the threshold, and says which are judged as labelled", async () => {
    const { accuracy, pairs: judged, threshold } = await judgePairs(model, labelled);
    expect(threshold).toBe(0.5);
    expect(judged.map(({ accepted, correct }) => [accepted, correct])).toEqual([
      [true, true],
      [true, false],
      [false, true],
    ]);
    expect(accuracy).toBeCloseTo(2 / 3, 12);
    const exactly = judged[1]?.score as number;
    const at = await judgePairs(model, labelled, { threshold: exactly });
    expect(at.pairs[1]?.accepted).toBe(true);
  });

  it("takes pairs of one label, and refuses none and other labels", async () => {
    expect((await judgePairs(model, labelled.slice(0, 1))).accuracy).toBe(1);
    expect(await failureOf(() => judgePairs(model, []))).toMatchObject({
      message: expect.stringContaining("found none"),
    });
    const half = [{ ...labelled[0], label: 0.5 }] as never;
    expect(await failureOf(() => judgePairs(model, half))).toMatchObject({
      message: expect.stringContaining("label of pair 0"),
    });
  });
});

describe("calibrate", () => {
  const scored = [
    { score: 0.9, label: 1 },
    { score: 0.8, label: 1 },
    { score: 0.6, label: 0 },
    { score: 0.5, label: 1 },
    { score: 0.1, label: 0 },
  ];

  it("finds the best F1 or the best accuracy, half way to the next score", () => {
    expect(calibrate(scored)).toMatchObject({ threshold: 0.3, recall: 1, precision: 0.75 });
    const byAccuracy = calibrate(scored, { optimize: "accuracy" });
    expect(byAccuracy.threshold).toBeCloseTo(0.7, 12);
    expect(byAccuracy).toMatchObject({ precision: 1, accuracy: 0.8, optimized: "accuracy" });
    expect(thresholdQuality(scored, 0.7)).toEqual(bestThreshold(scored, "accuracy"));
    expect(averagePrecision(scored)).toBeCloseTo((1 + 1 + 3 / 4) / 3, 12);
  });

  it("gives probabilities that rise with the score and never reach 0 or 1, however clear the pairs are", () => {
    const clear = [...scored.slice(0, 2), ...scored.slice(4)];
    const calibration = calibrate(clear);
    const probabilities = [-1, 0.1, 0.45, 0.8, 0.9, 1].map((score) =>
      calibratedProbability(calibration, score),
    );
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => a - b));
    expect(new Set(probabilities).size).toBe(6);
    expect(probabilities[0]).toBeGreaterThan(0);
    expect(probabilities[5]).toBeLessThan(1);
    const kept = JSON.parse(JSON.stringify(calibration));
    expect(calibratedProbability(kept, 0.45)).toBe(probabilities[2]);
  });

  it("is the same for scores of another scale", () => {
    const wide = scored.map(({ score, label }) => ({ score: 1000 * score - 500, label }));
    const [a, b] = [calibrate(scored), calibrate(wide)];
    for (const { score } of scored) {
      expect(calibratedProbability(b, 1000 * score - 500)).toBeCloseTo(
        calibratedProbability(a, score),
        9,
      );
    }
  });

  it("accepts pairs with the same score together or not at all", () => {
    const tied = [
      { score: 0.5, label: 1 },
      { score: 0.5, label: 0 },
      { score: 0.2, label: 0 },
    ];
    expect(bestThreshold(tied)).toMatchObject({ threshold: 0.35, precision: 0.5, recall: 1 });
  });

  it("takes scores that differ in the last bit apart", () => {
    const close = [
      { score: 1 + Number.EPSILON, label: 1 },
      { score: 1, label: 0 },
    ];
    expect(bestThreshold(close)).toMatchObject({ threshold: 1 + Number.EPSILON, f1: 1 });
  });

  const REFUSED: [string, unknown, RegExp][] = [
    ["no pairs", [], /there are no pairs/u],
    ["no list", {}, /expected a list of \{ score, label \}/u],
    ["a label of -1", [{ score: 1, label: -1 }], /label of pair 0/u],
    ["a score of NaN", [{ score: Number.NaN, label: 1 }], /score of pair 0 must be a finite/u],
    ["one class", [{ score: 1, label: 0 }], /all 1 pairs have the label 0/u],
    [
      "labels the wrong way round",
      scored.map(({ score, label }) => ({ score, label: 1 - label })),
      /mean is 0\.3500 for pairs of label 1 and 0\.7333 for label 0.*wrong way round/u,
    ],
    [
      "scores that are all the same",
      scored.map(({ label }) => ({ score: 0.5, label })),
      /do not rise with the labels/u,
    ],
  ];
  it.each(REFUSED)("refuses %s", async (_, given, message) => {
    expect(await failureOf(() => calibrate(given as never))).toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });
});
