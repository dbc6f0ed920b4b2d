import {
  EphemeralClient,
  InformationRetrievalEvaluator,
  type InformationRetrievalEvaluatorOptions,
  ndcgAtK,
  SemanticSearch,
  SentenceTransformer,
} from "nigh";
import { describe, expect, it } from "vitest";
import { failureOf, Lookup } from "./evaluation/golden.js";

const VECTORS = {
  "a cat": [1, 0.1, 0],
  "a ship": [0, 1, 0.1],
  "the cat sleeps": [1, 0, 0],
  "the ferry sails": [0, 1, 0],
  "shares fell": [0.1, 0.2, 1],
};
const model = new Lookup(VECTORS);
const JUDGED: InformationRetrievalEvaluatorOptions = {
  queries: { q1: "a cat", q2: "a ship" },
  corpus: { d1: "the cat sleeps", d2: "the ferry sails", d3: "shares fell" },
  relevantDocs: { q1: ["d1"], q2: new Set(["d2"]) },
};

async function collectionOf(ids = ["d1", "d2", "d3"]) {
  const client = new EphemeralClient();
  const collection = await client.createCollection({ name: "judged", embeddingFunction: model });
  const texts = JUDGED.corpus as Record<string, string>;
  await collection.add({ ids, documents: ids.map((id) => texts[id] as string) });
  return collection;
}

describe("InformationRetrievalEvaluator", () => {
  it("keeps what was found for each query, and how good that is", async () => {
    const { perQuery } = await new InformationRetrievalEvaluator(JUDGED).evaluate(model);
    expect(perQuery).toHaveLength(1);
    const [{ similarity, queries } = { similarity: undefined, queries: [] }] = perQuery;
    expect(similarity).toBe("cosine");
    expect(queries.map(({ id }) => id)).toEqual(["q1", "q2"]);
    expect(queries[0]?.ranking.map(({ id }) => id)).toEqual(["d1", "d3", "d2"]);
    expect(queries[0]?.metrics).toMatchObject({ "ndcg@10": 1, "recall@1": 1, "precision@5": 0.2 });
  });

  it("asks a collection in every mode, and with a reranker for no more than its candidates", async () => {
    const evaluator = new InformationRetrievalEvaluator(JUDGED);
    const collection = await collectionOf();
    for (const mode of ["semantic", "keyword", "hybrid"] as const) {
      const { metrics, primaryMetric } = await evaluator.evaluate(collection, { mode });
      expect(primaryMetric).toBe("ndcg@10");
      // "a ship" has no word of "the ferry sails".
      expect(metrics["recall@10"], mode).toBe(mode === "keyword" ? 0.5 : 1);
    }
    const given: number[] = [];
    const { metrics, perQuery } = await evaluator.evaluate(collection, {
      mode: "semantic",
      candidates: 2,
      rerank: (_, documents) => {
        given.push(documents.length);
        return documents.map((_, i) => i);
      },
    });
    expect(given).toEqual([2, 2]);
    expect(perQuery[0]?.queries.map(({ ranking }) => ranking.length)).toEqual([2, 2]);
    expect(metrics["mrr@10"]).toBe(0.5);
  });

  it("asks a SemanticSearch, a function, and reads rankings that are there", async () => {
    const evaluator = new InformationRetrievalEvaluator(JUDGED);
    const search = new SemanticSearch(model);
    await search.index(Object.values(JUDGED.corpus as Record<string, string>));
    expect((await evaluator.evaluate(search)).metrics["ndcg@10"]).toBe(1);
    const asked: string[] = [];
    const byFunction = await evaluator.evaluate((query, { id, limit }) => {
      asked.push(`${id}: ${query}, ${limit}`);
      return ["d3", { id: id === "q1" ? "d1" : "d2" }];
    });
    expect(asked).toEqual(["q1: a cat, 100", "q2: a ship, 100"]);
    expect(byFunction.metrics["mrr@10"]).toBe(0.5);
    const ranked = await evaluator.evaluate({ rankings: { q1: ["d2", "d3", "d1"] } });
    expect(ranked.metrics["mrr@10"]).toBeCloseTo(1 / 6, 12);
  });

  it("needs no corpus where what is evaluated has it", async () => {
    const { queries, relevantDocs } = JUDGED;
    const evaluator = new InformationRetrievalEvaluator({ queries, relevantDocs });
    const { metrics } = await evaluator.evaluate(await collectionOf(), { mode: "semantic" });
    expect(metrics["ndcg@10"]).toBe(1);
    expect(await failureOf(() => evaluator.evaluate(model))).toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining("has no corpus"),
    });
  });

  it("weighs grades in nDCG alone, and takes those of 0 and less for not relevant", async () => {
    const evaluator = new InformationRetrievalEvaluator({
      ...JUDGED,
      relevantDocs: { q1: { d3: 1, d1: 3, d2: 0 }, q2: { d2: 1, d1: -1 } },
    });
    const { metrics } = await evaluator.evaluate({
      rankings: { q1: ["d3", "d1"], q2: ["d1", "d2"] },
    });
    const first = (1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3));
    expect(metrics["ndcg@10"]).toBeCloseTo((first + 1 / Math.log2(3)) / 2, 12);
    expect(metrics["mrr@10"]).toBe(0.75);
    expect(metrics["recall@10"]).toBe(1);
    expect(ndcgAtK(["d3", "d1"], { d3: 1, d1: 3 }, 10)).toBeCloseTo(first, 12);
  });

  it("names the queries that no document answers, and has them in no figure", async () => {
    const evaluator = new InformationRetrievalEvaluator({
      ...JUDGED,
      queries: { q1: "a cat", q2: "a ship", q3: "shares fell" },
      relevantDocs: { q1: ["d1"], q2: { d1: 0 } },
    });
    const found = await evaluator.evaluate(model);
    expect(found.unjudged).toEqual(["q2", "q3"]);
    expect(found.metrics["cosine_ndcg@10"]).toBe(1);
    const vectors = {
      queryEmbeddings: [[0, 0, 1], VECTORS["a ship"], [0, 0, 1]],
      corpusEmbeddings: [VECTORS["the cat sleeps"], VECTORS["the ferry sails"], [0, 0, 1]],
    };
    expect((await evaluator.evaluate(vectors)).metrics["cosine_mrr@10"]).toBeCloseTo(1 / 2, 12);
  });

  it("counts the texts of which the model reads only the beginning", async () => {
    const model = await SentenceTransformer.load("all-MiniLM-L6-v2");
    const evaluator = new InformationRetrievalEvaluator({
      ...JUDGED,
      corpus: { d1: "the cat sleeps ".repeat(200), d2: "the ferry sails", d3: "shares fell" },
      corpusChunkSize: 2,
    });
    expect((await evaluator.evaluate(model)).truncated).toBe(1);
    await model.close();
  });

  it("reports progress, and stops at a signal", async () => {
    const evaluator = new InformationRetrievalEvaluator(JUDGED);
    const done: number[] = [];
    const ask = () => ["d1"];
    await evaluator.evaluate(ask, { onProgress: (progress) => done.push(progress.done) });
    expect(done).toEqual([1, 2]);
    const stop = new AbortController();
    const stopped = evaluator.evaluate(
      () => {
        stop.abort();
        return [];
      },
      { signal: stop.signal },
    );
    expect(await failureOf(() => stopped)).toMatchObject({ code: "ERR_ABORTED" });
  });

  const REFUSED: [string, object, string, RegExp][] = [
    ["no queries", { queries: {} }, "ERR_INVALID_ARGUMENT", /"queries" is empty/u],
    ["no documents", { corpus: {} }, "ERR_INVALID_ARGUMENT", /"corpus" is empty/u],
    ["no judgments", { relevantDocs: {} }, "ERR_INVALID_ARGUMENT", /"relevantDocs" is empty/u],
    [
      "nothing that is relevant",
      { relevantDocs: { q1: [] } },
      "ERR_INVALID_ARGUMENT",
      /no document is relevant to any of the 2 queries/u,
    ],
    [
      "judgments of an unknown document",
      { relevantDocs: { q1: ["d9"] } },
      "ERR_UNKNOWN_ID",
      /"d9", judged for the query "q1", is not among the 3 documents/u,
    ],
    [
      "judgments of an unknown query",
      { relevantDocs: { q9: ["d1"] } },
      "ERR_UNKNOWN_ID",
      /query "q9", which is not among the 2 queries/u,
    ],
    [
      "a grade that is NaN",
      { relevantDocs: { q1: { d1: Number.NaN } } },
      "ERR_INVALID_ARGUMENT",
      /query "q1".*"d1" must have a grade that is a finite number, found the number NaN/u,
    ],
    [
      "a list where a map is meant",
      { queries: ["a cat"] },
      "ERR_INVALID_ARGUMENT",
      /"queries" must be a Map or an object by ids, found an array/u,
    ],
    ["a text that is none", { corpus: { d1: 1 } }, "ERR_INVALID_TEXT", /corpus "d1": text 0/u],
    ["k of 0", { ndcgAtK: [0] }, "ERR_INVALID_ARGUMENT", /"ndcgAtK" must be an integer/u],
    ["no k", { mapAtK: [] }, "ERR_INVALID_ARGUMENT", /"mapAtK" must be a list of at least one/u],
    ["a misspelt option", { ndcgAtk: [1] }, "ERR_UNKNOWN_OPTION", /Did you mean "ndcgAtK"/u],
    [
      "an unknown similarity",
      { similarityFnNames: ["cos"] },
      "ERR_INVALID_ARGUMENT",
      /"cosine", "dot", "euclidean", "manhattan"/u,
    ],
  ];
  it.each(REFUSED)("refuses %s", async (_, options, code, message) => {
    const make = () => new InformationRetrievalEvaluator({ ...JUDGED, ...options } as never);
    expect(await failureOf(make)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("refuses sources that do not fit", async () => {
    const evaluator = new InformationRetrievalEvaluator(JUDGED);
    const vectors = Object.values(VECTORS);
    const nan = [[Number.NaN, 0, 0], ...vectors.slice(1, 3)];
    const cases: [unknown, object, string, RegExp][] = [
      [{}, {}, "ERR_INVALID_ARGUMENT", /expected a model, .*found an object/u],
      [model, { mode: "hybrid" }, "ERR_INVALID_ARGUMENT", /"mode" is for a collection/u],
      [await collectionOf(["d1"]), {}, "ERR_UNKNOWN_ID", /"d2".*not among the 1 documents/u],
      [() => ["d1", "d1"], {}, "ERR_INVALID_ARGUMENT", /"d1" in the ranking is there twice/u],
      [() => "d1", {}, "ERR_INVALID_ARGUMENT", /must give a list of ids/u],
      [{ rankings: { q9: [] } }, {}, "ERR_UNKNOWN_ID", /query "q9"/u],
      [
        { queryEmbeddings: vectors, corpusEmbeddings: vectors },
        {},
        "ERR_DIMENSION",
        /"queryEmbeddings" has 5 vectors, expected 2/u,
      ],
      [
        { queryEmbeddings: vectors.slice(0, 2), corpusEmbeddings: nan },
        {},
        "ERR_INVALID_ARGUMENT",
        /NaN/u,
      ],
    ];
    for (const [source, options, code, message] of cases) {
      expect(await failureOf(() => evaluator.evaluate(source as never, options))).toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    }
    const dot = new InformationRetrievalEvaluator({ ...JUDGED, similarityFnNames: ["dot"] });
    const broken = { queryEmbeddings: vectors.slice(0, 2), corpusEmbeddings: nan };
    expect(await failureOf(() => dot.evaluate(broken))).toMatchObject({
      message: expect.stringMatching(/dot similarity of query 0 and document 0 is NaN/u),
    });
    expect(await failureOf(() => dot.evaluate(() => []))).toMatchObject({
      message: expect.stringContaining("no vectors to compare by dot"),
    });
  });
});
