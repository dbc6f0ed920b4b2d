import type { Collection } from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { type AnyClient, bare, onEachClient } from "./collections/clients.js";
import { idsOf, plainBm25 } from "./collections/search-oracle.js";

/** Records of one dimension: only words matter. */
async function wordsOnly(
  client: AnyClient,
  documents: readonly (string | null)[],
  name = "words",
): Promise<Collection> {
  const collection = await bare(client, { name });
  await collection.add({
    ids: documents.map((_, i) => `d${i}`),
    embeddings: documents.map(() => [1]),
    documents,
  });
  return collection;
}

async function found(collection: Collection, query: string): Promise<string[]> {
  return idsOf(await collection.search({ query, mode: "keyword" }));
}

onEachClient((client) => {
  it("words find records by their stems, in any case and without accents, one of several being enough", async () => {
    const words = await wordsOnly(client(), [
      "The cat sleeps.",
      "Naïve cafés",
      "a STOCK fell",
      "nothing",
      null,
    ]);
    expect(await found(words, "Sleeping")).toEqual(["d0"]);
    expect(await found(words, "naive cafe")).toEqual(["d1"]);
    expect(await found(words, "stocks or cafés")).toEqual(["d1", "d2"]);
    expect(await found(words, "absent")).toEqual([]);
  });

  it("rows come with document and metadata, the best first, ties in the order of adding", async () => {
    const words = await bare(client());
    await words.add({
      ids: ["z", "a", "m"],
      embeddings: [[1], [1], [1]],
      documents: ["elk", "elk", "elk elk dog"],
      metadatas: [{ n: 1 }, null, { n: 3 }],
    });
    const rows = await words.search({ query: "elk dog", mode: "keyword" });
    expect(rows.map(({ score, ...rest }) => rest)).toEqual([
      { id: "m", document: "elk elk dog", metadata: { n: 3 } },
      { id: "z", document: "elk", metadata: { n: 1 } },
      { id: "a", document: "elk", metadata: null },
    ]);
    expect(await words.search({ query: "elk dog", mode: "keyword", limit: 2 })).toEqual(
      rows.slice(0, 2),
    );
  });

  it("after update and delete only the words that are there now are found", async () => {
    const words = await wordsOnly(client(), ["ant bee", "bee cow", "cow dog"]);
    await words.update({ ids: "d0", documents: "elk", embeddings: [[1]] });
    await words.delete({ ids: ["d1"] });
    await words.upsert({ ids: ["d3"], documents: ["bee fox"], embeddings: [[1]] });
    expect(await found(words, "ant")).toEqual([]);
    expect(await found(words, "elk")).toEqual(["d0"]);
    expect(await found(words, "bee")).toEqual(["d3"]);
    expect(await found(words, "cow")).toEqual(["d2"]);
  });

  it("no filter gets fewer than limit rows when so many match", async () => {
    const words = await bare(client());
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    await words.add({
      ids: numbers.map(String),
      embeddings: numbers.map(() => [1]),
      // Those that match best do not pass.
      documents: numbers.map((i) => (i < 250 ? "elk" : "elk dog cow bee")),
      metadatas: numbers.map((n) => ({ n })),
    });
    const options = { query: "elk", mode: "keyword", limit: 40 } as const;
    for (const filter of [
      { where: { n: { $gte: 250 } } },
      { whereDocument: { $contains: "cow" } },
      { ids: numbers.slice(250).map(String) },
      { where: { n: { $gte: 250 } }, ids: numbers.slice(9).map(String) },
    ]) {
      const rows = await words.search({ ...options, ...filter });
      expect(rows.map(({ id }) => Number(id))).toEqual(numbers.slice(250, 290));
    }
  });
});

describe("a long text as a query", () => {
  onEachClient((client) => {
    it("counts by its 100 rarest words", async () => {
      const names = Array.from({ length: 150 }, (_, i) => `word${i}`);
      // The first word is in all documents, the last in one.
      const words = await wordsOnly(
        client(),
        names.map((_, i) =>
          names
            .slice(0, i + 1)
            .reverse()
            .join(" "),
        ),
      );
      const query = names.join(" ");
      const rows = await words.search({ query, mode: "keyword", limit: 150, explain: true });
      const counted = new Set(rows.flatMap(({ why }) => why?.keyword?.words.map((w) => w.query)));
      expect(counted).toEqual(new Set(names.slice(50)));
    });
  });
});

describe("BM25", () => {
  const texts = [
    "ant bee bee cow",
    "ant",
    "bee dog dog dog",
    "elk",
    "elk fox",
    "fox",
    "fox ant cow",
  ];

  onEachClient((client) => {
    let collection: Collection;
    beforeAll(async () => {
      collection = await wordsOnly(client(), texts);
    });

    it.each(["ant", "ant bee", "dog elk fox", "cow cow Cow bee"])(
      "of %j is the formula's, also with few documents",
      async (query) => {
        const scores = plainBm25(texts, [...new Set(query.toLowerCase().split(" "))]);
        const rows = await collection.search({ query, mode: "keyword" });
        expect(rows.length).toBe(scores.filter((score) => score > 0).length);
        for (const { id, score } of rows) {
          expect(score).toBeCloseTo(scores[Number(id.slice(1))] as number, 6);
        }
        expect(rows.map(({ score }) => score)).toEqual(
          rows.map(({ score }) => score).sort((a, b) => b - a),
        );
      },
    );
  }, "all");
});

describe("words of more than half of the documents", () => {
  const many = Array.from({ length: 1001 }, (_, i) => (i % 3 === 0 ? "elk" : "the elk dog"));
  const texts = ["the ant", ...many.slice(0, 999)];

  onEachClient((client) => {
    const best = async (collection: Collection, query: string) =>
      (await collection.search({ query, mode: "keyword", explain: true, limit: 2000 })).map(
        ({ why }) => why?.keyword?.words.map(({ text }) => text),
      );

    it("count among up to 1,000 documents", async () => {
      const collection = await wordsOnly(client(), texts, "few");
      const [first, ...rest] = await best(collection, "the ant");
      expect(first).toEqual(["the", "ant"]);
      expect(rest).toHaveLength(666);
    });

    it("are left out among more, unless the query has no others", async () => {
      const collection = await wordsOnly(client(), [...texts, "elk"]);
      expect(await best(collection, "the ant")).toEqual([["ant"]]);
      expect(await best(collection, "the")).toHaveLength(667);
      expect(await best(collection, "the absent")).toHaveLength(667);
    });
  }, "all");
});

describe("scripts without spaces between words", () => {
  const texts = [
    "日本語の検索エンジンは便利です",
    "日光の本",
    "서울에서 만나요",
    "สวัสดีครับผม",
    "ｶﾀｶﾅ と ＡＢＣ１２",
    "plain English",
    "カ",
  ];

  onEachClient((client) => {
    let collection: Collection;
    beforeAll(async () => {
      collection = await wordsOnly(client(), texts);
    });

    it.each([
      ["検索", ["d0"]],
      ["エンジン", ["d0"]],
      ["日本", ["d0"]],
      ["本", ["d1", "d0"]],
      ["検索日光", ["d1", "d0"]],
      ["서울", ["d2"]],
      ["ครับ", ["d3"]],
      ["カタカナ", ["d4"]],
      ["abc12", ["d4"]],
      ["カ", ["d6", "d4"]],
      ["日語", []],
    ])("%s finds what has two neighbouring letters of it, or the one", async (query, ids) => {
      expect(await found(collection, query)).toEqual(ids);
    });
  }, "all");
});
