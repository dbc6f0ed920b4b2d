import { type Collection, type CollectionSearchOptions, EphemeralClient } from "nigh";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bare, three } from "./collections/clients.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";

describe("search refuses", () => {
  let client: EphemeralClient;
  let notes: Collection;
  beforeEach(async () => {
    client = new EphemeralClient();
    notes = await three(client);
  });
  afterEach(() => client.close());

  const call = (options: unknown) => () => notes.search(options as CollectionSearchOptions);
  const TEXT = { query: "one", queryEmbedding: [1, 0] };

  it("unknown options, with the nearest name", async () => {
    await refused(call({ ...TEXT, nResults: 3 }), "ERR_UNKNOWN_OPTION", /"nResults"/);
    await refused(call({ ...TEXT, treshold: 3 }), "ERR_UNKNOWN_OPTION", /mean "threshold"/);
    await refused(call(undefined), "ERR_INVALID_ARGUMENT", /must be an object, found undefined/);
    await refused(call("one"), "ERR_INVALID_ARGUMENT", /must be an object, found the string "one"/);
  });

  it.each([
    [{ query: 3 }, /"query" must be a string, found the number 3/],
    [{ query: ["one"] }, /"query" must be a string, found an array/],
    [{ mode: "fuzzy" }, /"mode" must be one of "semantic", "keyword", "hybrid", found .*"fuzzy"/],
    [{ limit: 0 }, /"limit" must be an integer of at least 1, found the number 0/],
    [{ limit: 1.5 }, /"limit"/],
    [{ limit: 2 ** 53 }, /"limit" must be an integer .*9007199254740992/],
    [{ threshold: Number.NaN }, /"threshold" must be a finite number, found the number NaN/],
    [
      { threshold: "0.5" },
      /"threshold" must be a finite number, or "calibrated", found the string "0.5"/,
    ],
    [{ diversity: 1.1 }, /"diversity" must be a number from 0 to 1, found the number 1.1/],
    [{ diversity: Number.NaN }, /"diversity"/],
    [{ candidates: 4 }, /"candidates" must be an integer of at least 10, found the number 4/],
    [{ explain: 1 }, /"explain" must be a boolean, found the number 1/],
    [{ highlight: "yes" }, /"highlight" must be a boolean/],
    [{ rerank: {} }, /"rerank" must be an object with rank\(query, documents\), or a function/],
    [{ rerank: null }, /"rerank" must be .* found null/],
    [{ queryEmbedding: [] }, /"queryEmbedding" is empty/],
    [{ queryEmbedding: [1, Number.NaN] }, /"queryEmbedding"\[1\] is the number NaN/],
    [{ queryEmbedding: "x" }, /"queryEmbedding" must be a Float32Array or a list of numbers/],
    [{ ids: [3] }, /ids\[0\] must be a string/],
  ])("%j", async (options, message) => {
    await refused(call({ ...TEXT, ...options }), "ERR_INVALID_ARGUMENT", /^search: /, message);
  });

  it("no limit up to 2^53 - 1, with and without a choice among candidates", async () => {
    for (const more of [{}, { diversity: 0.5 }, { mode: "keyword" }]) {
      expect(await call({ ...TEXT, ...more, limit: 2 ** 53 - 1 })()).not.toHaveLength(0);
    }
  });

  it("filters that are none, and vectors of other dimensions", async () => {
    await refused(call({ ...TEXT, where: { n: { $near: 1 } } }), "ERR_INVALID_FILTER", /\$near/);
    await refused(call({ ...TEXT, queryEmbedding: [1] }), "ERR_DIMENSION", /2 dimensions.* has 1/);
  });

  it("nothing to look for", async () => {
    await refused(call({}), "ERR_INVALID_ARGUMENT", /give "query", a text, or "queryEmbedding"/);
  });

  it.each(["keyword", "hybrid"])("mode %s without a text", async (mode) => {
    const options = { queryEmbedding: [1, 0], mode };
    await refused(call(options), "ERR_INVALID_ARGUMENT", /looks for words: give "query"/);
  });

  it("a reranker without a text to compare with", async () => {
    const options = { queryEmbedding: [1, 0], rerank: () => [] };
    await refused(call(options), "ERR_INVALID_ARGUMENT", /"rerank" .*give "query" too/);
  });

  it.each([undefined, "hybrid", "semantic"])(
    "mode %s without an embedder or a query's vector, naming what works",
    async (mode) => {
      await refused(
        call({ query: "one", ...(mode && { mode }) }),
        "ERR_INVALID_ARGUMENT",
        `search in mode "${mode ?? "hybrid"}": the collection "notes" was opened without an embedding function`,
        /give "queryEmbedding", search by words with mode "keyword", or open it with an embedding/,
      );
      expect((await notes.search({ query: "one", mode: "keyword" })).map(({ id }) => id)).toEqual([
        "a",
      ]);
    },
  );

  it("highlights without an embedder", async () => {
    await refused(
      call({ ...TEXT, highlight: true }),
      "ERR_INVALID_ARGUMENT",
      /"highlight": .* without an embedding function: leave "highlight" out/,
    );
  });

  it("hybrid where no record has a document, but not where words are not asked for", async () => {
    const vectors = await bare(client, { name: "vectors" });
    await vectors.add({ ids: ["a"], embeddings: [[1, 0]] });
    await refused(
      () => vectors.search(TEXT),
      "ERR_INVALID_ARGUMENT",
      /no record of the collection "vectors" has a document.* use mode "semantic"/,
    );
    expect(await vectors.search({ ...TEXT, mode: "semantic" })).toHaveLength(1);
    expect(await vectors.search({ ...TEXT, mode: "keyword" })).toEqual([]);
  });

  it("an embedder other than the vectors'", async () => {
    const own = await client.createCollection({
      name: "own",
      embeddingFunction: new SmallEmbedder("first"),
    });
    await own.add({ ids: ["a"], documents: ["one"] });
    await refused(
      async () => {
        const other = await client.getCollection({
          name: "own",
          embeddingFunction: new SmallEmbedder("second"),
        });
        return other.search({ query: "one" });
      },
      "ERR_EMBEDDER",
      /"first"/,
      /"second"/,
    );
  });

  it.each([
    ["too few scores", () => [1], /gave 1 scores for 3 documents: expected one for each/],
    ["no list", () => 7, /must give a list of scores, found the number 7/],
    ["no number", () => [1, 2, "3"], /score of document 2 must be a finite number, found .*"3"/],
    ["NaN", () => [1, Number.NaN, 3], /score of document 1 must be a finite number, found .*NaN/],
    [
      "one document twice",
      { rank: () => [0, 0, 1].map((index) => ({ index, score: 1 })) },
      /gave 3 results for 2 of 3 documents: expected one for each/,
    ],
    [
      "too few results",
      { rank: () => [{ index: 0, score: 1 }] },
      /gave 1 results for 1 of 3 documents/,
    ],
    [
      "places that are not there",
      { rank: () => [{ corpusId: 3, score: 1 }] },
      /"index" \(or "corpusId"\) of result 0 .* from 0 to 2, found the number 3/,
    ],
    ["results without a score", { rank: () => [{ index: 0 }] }, /document 0 .* found undefined/],
    ["results that are none", { rank: () => [null] }, /found undefined/],
    ["a rank that is no list", { rank: () => ({}) }, /must give a list of \{ index, score \}/],
  ])("a reranker that gives %s", async (_, rerank, message) => {
    await refused(call({ ...TEXT, rerank }), "ERR_INVALID_ARGUMENT", message);
  });

  it("a reranker's own error stays what it is", async () => {
    const broken = notes.search({
      ...TEXT,
      rerank: () => {
        throw new RangeError("out of memory");
      },
    });
    await expect(broken).rejects.toThrow(new RangeError("out of memory"));
  });
});
