import {
  BinaryClassificationEvaluator,
  calibrate,
  calibratedProbability,
  EmbeddingSimilarityEvaluator,
  InformationRetrievalEvaluator,
  Matrix,
  ParaphraseMiningEvaluator,
  pearsonCorrelation,
  RerankingEvaluator,
  spearmanCorrelation,
  TripletEvaluator,
} from "nigh";
import { describe, expect, it } from "vitest";
import { expectFigures, golden, Lookup } from "./evaluation/golden.js";

const model = new Lookup();
const SIMILARITIES = ["cosine", "dot", "euclidean", "manhattan"] as const;
const same = (texts: readonly string[]) => new Map(texts.map((text) => [text, text]));
const vectorsOf = (texts: readonly string[]) =>
  Matrix.from(texts.map((text) => golden.vectors[text] as number[]));

describe("the figures of sentence-transformers' evaluators on the same vectors, to 1e-6", () => {
  const { queries, corpus, relevant } = golden.retrieval;
  const judged = { queries: same(queries), corpus: same(corpus), relevantDocs: relevant };

  it("InformationRetrievalEvaluator", async () => {
    const evaluator = new InformationRetrievalEvaluator(judged);
    expectFigures(await evaluator.evaluate(model), golden.retrieval.default);
  });

  it("InformationRetrievalEvaluator, over vectors and in chunks of the corpus, in which ties lie apart", async () => {
    const chunked = new InformationRetrievalEvaluator({
      ...judged,
      corpusChunkSize: 17,
      name: "named",
    });
    const vectors = { queryEmbeddings: vectorsOf(queries), corpusEmbeddings: vectorsOf(corpus) };
    expectFigures(await chunked.evaluate(vectors), golden.retrieval.chunks);
  });

  it("InformationRetrievalEvaluator, by two similarities and other k, beyond the number of documents", async () => {
    const evaluator = new InformationRetrievalEvaluator({
      ...judged,
      ...{ similarityFnNames: ["cosine", "dot"], ndcgAtK: [3, 60], mapAtK: [5], mrrAtK: [1, 2] },
      ...{ accuracyAtK: [2], precisionRecallAtK: [4, 70] },
    });
    expectFigures(await evaluator.evaluate(model), golden.retrieval.two);
  });

  it("InformationRetrievalEvaluator, of truncated vectors", async () => {
    const evaluator = new InformationRetrievalEvaluator({ ...judged, truncateDim: 5 });
    expectFigures(await evaluator.evaluate(model), golden.retrieval.truncated);
  });

  it("EmbeddingSimilarityEvaluator", async () => {
    const { sentences1, sentences2, scores } = golden.similarity;
    const pairs = { sentences1, sentences2, scores };
    const plain = new EmbeddingSimilarityEvaluator(pairs);
    expectFigures(await plain.evaluate(model), golden.similarity.default);
    const all = new EmbeddingSimilarityEvaluator({
      ...pairs,
      similarityFnNames: SIMILARITIES,
      name: "sts",
    });
    expectFigures(await all.evaluate(model), golden.similarity.all);
    const main = new EmbeddingSimilarityEvaluator({ ...pairs, mainSimilarity: "dot" });
    const vectors = { embeddings1: vectorsOf(sentences1), embeddings2: vectorsOf(sentences2) };
    expectFigures(await main.evaluate(vectors), golden.similarity.main);
  });

  it("BinaryClassificationEvaluator", async () => {
    const { sentences1, sentences2, labels, rare_labels } = golden.binary;
    const pairs = { sentences1, sentences2, labels };
    const plain = new BinaryClassificationEvaluator(pairs);
    expectFigures(await plain.evaluate(model), golden.binary.default);
    const all = new BinaryClassificationEvaluator({
      ...pairs,
      similarityFnNames: SIMILARITIES,
      name: "pairs",
    });
    expectFigures(await all.evaluate(model), golden.binary.all);
    const rare = new BinaryClassificationEvaluator({ ...pairs, labels: rare_labels });
    expectFigures(await rare.evaluate(model), golden.binary.rare);
  });

  it("TripletEvaluator", async () => {
    const [anchors, positives, negatives] = golden.triplets.columns;
    const columns = { anchors, positives, negatives };
    expectFigures(await new TripletEvaluator(columns).evaluate(model), golden.triplets.default);
    const all = new TripletEvaluator({ ...columns, similarityFnNames: SIMILARITIES });
    expectFigures(await all.evaluate(model), golden.triplets.all);
    const margin = new TripletEvaluator({ ...columns, margin: 0.1, mainSimilarity: "cosine" });
    const vectors = {
      anchors: vectorsOf(anchors),
      positives: vectorsOf(positives),
      negatives: vectorsOf(negatives),
    };
    expectFigures(await margin.evaluate(vectors), golden.triplets.margin);
  });

  it("RerankingEvaluator, with the same document twice", async () => {
    const { samples } = golden.reranking;
    const plain = await new RerankingEvaluator({ samples }).evaluate(model);
    expectFigures(plain, golden.reranking.default);
    expect(plain.skipped).toEqual([samples.length - 1]);
    const three = new RerankingEvaluator({ samples, atK: 3, name: "rank" });
    expectFigures(await three.evaluate(model), golden.reranking.three);
  });

  it("ParaphraseMiningEvaluator", async () => {
    const { sentences, duplicates } = golden.mining;
    const known = duplicates.filter((pair) => !pair.includes("unknown"));
    const options = { sentencesMap: same(sentences), duplicatesList: known };
    const plain = new ParaphraseMiningEvaluator(options);
    expectFigures(await plain.evaluate(model), golden.mining.default);
    const closure = new ParaphraseMiningEvaluator({
      ...options,
      addTransitiveClosure: true,
      name: "mined",
    });
    const embeddings = vectorsOf(sentences);
    expectFigures(await closure.evaluate({ embeddings }), golden.mining.closure);
    const few = new ParaphraseMiningEvaluator({ ...options, maxPairs: 10, topK: 2 });
    expectFigures(await few.evaluate(model), golden.mining.few);
  });
});

describe("the figures of scipy and scikit-learn on the same numbers", () => {
  it("pearsonCorrelation and spearmanCorrelation, with many ties", () => {
    for (const { a, b, pearson, spearman } of golden.correlations) {
      expect(pearsonCorrelation(a, b)).toBeCloseTo(pearson, 12);
      expect(spearmanCorrelation(a, b)).toBeCloseTo(spearman, 12);
    }
  });

  it("probabilities of calibrate, as far as scikit-learn's optimizer goes", () => {
    for (const { scores, labels, probabilities } of golden.platt) {
      const pairs = scores.map((score, i) => ({ score, label: labels[i] as number }));
      const calibration = calibrate(pairs);
      for (const [i, probability] of probabilities.entries()) {
        const own = calibratedProbability(calibration, scores[i] as number);
        expect(Math.abs(own - probability)).toBeLessThan(1e-3);
      }
    }
  });
});
