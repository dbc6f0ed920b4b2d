import { type Collection, EphemeralClient, PersistentClient, type SearchMode } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyClient, bare, onEachClient, onFolder } from "./collections/clients.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { idsOf, mmrRegret } from "./collections/search-oracle.js";

const PLANE = {
  ids: ["east", "north", "west", "northeast", "silent"],
  embeddings: [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0.6, 0.8],
    [0.8, 0.6],
  ],
  documents: ["sun rises", "cold winds", "sun sets", "cold morning sun", null],
  metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }],
};

async function plane(client: AnyClient, name = "plane"): Promise<Collection> {
  const collection = await bare(client, { name });
  await collection.add(PLANE);
  return collection;
}

onEachClient((client) => {
  it.each([
    ["cosine", { east: 1, silent: 0.8, northeast: 0.6, north: 0, west: -1 }],
    ["ip", { east: 2, silent: 1.6, northeast: 1.2, north: 0, west: -2 }],
    ["l2", { east: -1, silent: -1.8, northeast: -2.6, north: -5, west: -9 }],
  ] as const)(
    "in the space %s the score of meaning is higher for what is nearer",
    async (space, scores) => {
      const collection = await bare(client(), { configuration: { hnsw: { space } } });
      await collection.add(PLANE);
      const rows = await collection.search({ queryEmbedding: [2, 0] });
      expect(idsOf(rows)).toEqual(Object.keys(scores));
      for (const [i, score] of Object.values(scores).entries()) {
        expect(rows[i]?.score).toBeCloseTo(score, 5);
      }
      const [, second] = rows;
      const threshold = second?.score as number;
      expect(await collection.search({ queryEmbedding: [2, 0], threshold })).toEqual(
        rows.slice(0, 2),
      );
    },
  );

  it("with a text the default is hybrid, with an embedding alone semantic", async () => {
    const collection = await plane(client());
    const both = { query: "cold", queryEmbedding: [1, 0] };
    expect(await collection.search(both)).toEqual(
      await collection.search({ ...both, mode: "hybrid" }),
    );
    expect(await collection.search({ queryEmbedding: [1, 0] })).toEqual(
      await collection.search({ ...both, mode: "semantic" }),
    );
  });

  it("hybrid fuses ranks: what both find comes before what one finds", async () => {
    const collection = await plane(client());
    const rows = await collection.search({ query: "cold", queryEmbedding: [1, 0] });
    expect(rows.map(({ id, score }) => [id, score])).toEqual([
      ["north", 1 / 61 + 1 / 64],
      ["northeast", 1 / 63 + 1 / 62],
      ["east", 1 / 61],
      ["silent", 1 / 62],
      ["west", 1 / 65],
    ]);
  });

  it("hybrid's threshold is one of similarity, for rows that words found, too", async () => {
    const collection = await bare(client());
    const many = Array.from({ length: 120 }, (_, i) => i);
    await collection.add({
      ids: [...many.map(String), "far", "word"],
      embeddings: [...many.map(() => [1, 0]), [-1, 0], [0.6, 0.8]],
      documents: [...many.map(() => "none"), "elk", "elk"],
    });
    const options = { query: "elk", queryEmbedding: [1, 0], limit: 3, explain: true };
    expect(idsOf(await collection.search(options))).toEqual(["0", "far", "1"]);
    const rows = await collection.search({ ...options, threshold: 0.5 });
    expect(idsOf(rows)).toEqual(["0", "1", "word"]);
    const { explain, ...plain } = options;
    expect(idsOf(await collection.search({ ...plain, threshold: 0.5 }))).toEqual(idsOf(rows));
    // Beyond the 100 nearest it has no rank among them.
    expect(rows[2]?.why?.semantic).toEqual({ score: expect.closeTo(0.6, 5) });
  });

  it("a threshold of words is one of BM25", async () => {
    const collection = await plane(client());
    const rows = await collection.search({ query: "cold morning", mode: "keyword" });
    expect(idsOf(rows)).toEqual(["northeast", "north"]);
    const threshold = rows[0]?.score as number;
    expect(await collection.search({ query: "cold morning", mode: "keyword", threshold })).toEqual(
      rows.slice(0, 1),
    );
  });

  it.each<SearchMode>(["semantic", "keyword", "hybrid"])(
    "mode %s looks among what passes the filters only",
    async (mode) => {
      const collection = await plane(client());
      const options = { query: "sun cold", queryEmbedding: [1, 0], mode };
      const search = async (filter: object) =>
        idsOf(await collection.search({ ...options, ...filter })).sort();
      expect(await search({ where: { n: { $lte: 2 } } })).toEqual(["east", "north"]);
      expect(await search({ whereDocument: { $contains: "cold" } })).toEqual([
        "north",
        "northeast",
      ]);
      expect(await search({ ids: ["west", "east", "absent"] })).toEqual(["east", "west"]);
      expect(await search({ where: { n: { $gt: 9 } } })).toEqual([]);
    },
  );

  it.each<SearchMode>(["semantic", "keyword", "hybrid"])(
    "mode %s finds nothing in an empty collection",
    async (mode) => {
      const collection = await bare(client());
      expect(await collection.search({ query: "sun", queryEmbedding: [1, 0], mode })).toEqual([]);
    },
  );

  it("why says how a row came to its place, step by step", async () => {
    const collection = await plane(client());
    const [row] = await collection.search({
      query: "colds Suns",
      queryEmbedding: [0.6, 0.8],
      explain: true,
      rerank: (_, documents) => documents.map((text) => text.length),
      diversity: 0.5,
    });
    expect(row).toMatchObject({ id: "northeast", score: 16 });
    expect(row?.why).toEqual({
      semantic: { score: expect.closeTo(1, 5), rank: 1 },
      keyword: {
        score: expect.any(Number),
        rank: 1,
        words: [
          { text: "cold", start: 0, end: 4, query: "colds" },
          { text: "sun", start: 13, end: 16, query: "Suns" },
        ],
      },
      fusion: { score: 2 / 61, rank: 1 },
      rerank: { score: 16, rank: 1 },
      diversity: { relevance: 1, similarity: 0 },
    });
  });

  it("of each mode, why has only what the mode did", async () => {
    const collection = await plane(client());
    const why = async (options: object) =>
      Object.keys(
        (await collection.search({ query: "sun", explain: true, ...options }))[0]?.why ?? {},
      );
    expect(await why({ mode: "keyword" })).toEqual(["keyword"]);
    expect(await why({ mode: "semantic", queryEmbedding: [1, 0] })).toEqual(["semantic"]);
    expect(await why({ queryEmbedding: [1, 0] })).toEqual(["semantic", "keyword", "fusion"]);
    const [plain] = await collection.search({ query: "sun", mode: "keyword" });
    expect(Object.keys(plain ?? {})).toEqual(["id", "document", "metadata", "score"]);
  });

  it("matched words are those of the document, by spans, also of scripts without spaces", async () => {
    const collection = await bare(client());
    const document = "Running foxes — naïve RUNS, Ｎode日本語";
    await collection.add({ ids: "a", embeddings: [[1]], documents: document });
    const [row] = await collection.search({
      query: "run naive node 本語 語",
      mode: "keyword",
      explain: true,
    });
    const words = row?.why?.keyword?.words ?? [];
    expect(words.map(({ text, query }) => [text, query])).toEqual([
      ["Running", "run"],
      ["naïve", "naive"],
      ["RUNS", "run"],
      ["Ｎode", "node"],
      ["本語", "本語"],
      ["語", "語"],
    ]);
    for (const { text, start, end } of words) expect(document.slice(start, end)).toBe(text);
  });

  it("a reranker gets the query and the best candidates' documents, and its scores decide", async () => {
    const collection = await plane(client());
    const asked: unknown[] = [];
    const rows = await collection.search({
      query: "sun",
      queryEmbedding: [1, 0],
      limit: 2,
      candidates: 4,
      rerank: {
        rank: async (query: string, documents: readonly string[]) => {
          asked.push([query, documents]);
          // In its own order, as sentence-transformers' CrossEncoder.rank gives it.
          return documents.map((text, corpusId) => ({ corpusId, score: -text.length })).reverse();
        },
      },
    });
    expect(asked).toEqual([["sun", ["sun rises", "cold morning sun", "sun sets", ""]]]);
    expect(rows.map(({ id, score }) => [id, score])).toEqual([
      ["silent", -0],
      ["west", -8],
    ]);
  });

  it("a reranker may be a function, and rows of equal scores keep their order", async () => {
    const collection = await plane(client());
    const options = { query: "sun", queryEmbedding: [1, 0] };
    const plain = await collection.search(options);
    const same = await collection.search({
      ...options,
      rerank: (_, texts) => new Float32Array(texts.length),
    });
    expect(idsOf(same)).toEqual(idsOf(plain));
    const reverse = await collection.search({
      ...options,
      rerank: async (_, texts) => texts.map((_, i) => i),
    });
    expect(idsOf(reverse)).toEqual(idsOf(plain).reverse());
  });

  it("50 candidates are reranked, or five times the limit when that is more", async () => {
    const collection = await bare(client());
    const many = Array.from({ length: 200 }, (_, i) => i);
    await collection.add({
      ids: many.map(String),
      embeddings: many.map((i) => [1, i]),
      documents: many.map(() => "elk"),
    });
    const counts: number[] = [];
    const rerank = (_: string, texts: readonly string[]) => {
      counts.push(texts.length);
      return texts.map(() => 0);
    };
    for (const limit of [1, 10, 30]) {
      await collection.search({ query: "elk", queryEmbedding: [1, 0], limit, rerank });
    }
    expect(counts).toEqual([50, 50, 150]);
  });

  it("diversity chooses what is unlike the rows above, from more candidates than rows", async () => {
    const collection = await bare(client());
    await collection.add({
      ids: ["best", "copy", "other"],
      embeddings: [
        [1, 0.1],
        [1, 0.11],
        [0.7, -0.7],
      ],
      documents: ["elk", "elk", "elk"],
    });
    const options = { queryEmbedding: [1, 0], limit: 2 };
    expect(idsOf(await collection.search(options))).toEqual(["best", "copy"]);
    expect(idsOf(await collection.search({ ...options, diversity: 0 }))).toEqual(["best", "copy"]);
    expect(idsOf(await collection.search({ ...options, diversity: 0.5 }))).toEqual([
      "best",
      "other",
    ]);
    const words = { query: "elk", mode: "keyword", limit: 2, diversity: 0.6 } as const;
    expect(idsOf(await collection.search(words))).toEqual(["best", "other"]);
  });
});

describe("a collection on disk", () => {
  onFolder((client, folder) => {
    it("filters words by what is there now, whether vectors are in memory or not", async () => {
      const collection = await plane(client());
      await collection.search({ query: "sun", mode: "keyword", where: { n: 1 } });
      const before = await collection.search({
        query: "sun",
        mode: "keyword",
        where: { n: { $lt: 4 } },
      });
      await collection.query({ queryEmbeddings: [[1, 0]] });
      const inMemory = await collection.search({
        query: "sun",
        mode: "keyword",
        where: { n: { $lt: 4 } },
      });
      expect(inMemory).toEqual(before);
      // Another client's write: nothing here follows it of itself.
      const other = new PersistentClient({ path: folder() });
      const theirs = await other.getCollection({ name: "plane", embeddingFunction: null });
      await theirs.upsert({
        ids: "new",
        documents: "sun",
        embeddings: [[1, 0]],
        metadatas: { n: 0 },
      });
      await other.close();
      const after = await collection.search({
        query: "sun",
        mode: "keyword",
        where: { n: { $lt: 4 } },
      });
      expect(idsOf(before)).toEqual(["east", "west"]);
      expect(idsOf(after)).toEqual(["new", "east", "west"]);
    });
  });
});

describe("with the bundled model", () => {
  const documents = [
    "The boiler was inspected on Monday. Its pressure valve leaks, which is dangerous. Coffee is on the table.",
    "Our cat sleeps all day. She wakes up for dinner.",
    "Shares fell sharply. Banks lost most.",
    "Form B-17 must be sent before March.",
    "",
  ];
  let client: EphemeralClient;
  let notes: Collection;

  beforeAll(async () => {
    client = new EphemeralClient();
    notes = await client.createCollection({ name: "notes" });
    await notes.add({ ids: documents.map((_, i) => `n${i}`), documents });
  });
  afterAll(() => client.close());

  it("a text finds by meaning what shares no word with it, and by words what meaning misses", async () => {
    const first = async (query: string) => (await notes.search({ query, limit: 1 }))[0]?.id;
    expect(await first("a resting pet")).toBe("n1");
    expect(await first("stock market crash")).toBe("n2");
    expect(await first("B-17")).toBe("n3");
    expect(await first("\0cat\ud800 ")).toBe("n1");
  });

  it("highlight is the sentence nearest to the query, null without a document's text", async () => {
    const rows = await notes.search({ query: "is it safe?", highlight: true });
    const byId = new Map(rows.map((row) => [row.id, row.highlight]));
    const text = "Its pressure valve leaks, which is dangerous.";
    const start = documents[0]?.indexOf(text) as number;
    expect(byId.get("n0")).toEqual({ text, start, end: start + text.length });
    expect(byId.get("n4")).toBeNull();
    const words = await notes.search({ query: "dinner", mode: "keyword", highlight: true });
    expect(words.map(({ highlight }) => highlight?.text)).toEqual(["She wakes up for dinner."]);
  });

  it("diversity is maximal marginal relevance over cosines", async () => {
    const rows = await notes.search({ query: "cat", mode: "semantic" });
    const { embeddings } = await notes.get({ ids: idsOf(rows), include: ["embeddings"] });
    const { ids } = await notes.get({ ids: idsOf(rows) });
    const vectors = new Map(ids.map((id, i) => [id, embeddings?.[i] as Float32Array]));
    const cosine = (a: string, b: string) =>
      (vectors.get(a) as Float32Array).reduce(
        (sum, x, i) => sum + x * (vectors.get(b)?.[i] as number),
        0,
      );
    const relevant = rows.map(({ id, score }) => ({ id, relevance: score }));
    for (const diversity of [0.1, 0.3, 0.5, 0.8, 1]) {
      const diverse = await notes.search({ query: "cat", mode: "semantic", diversity });
      expect(idsOf(diverse).sort()).toEqual(idsOf(rows).sort());
      expect(mmrRegret(relevant, cosine, 1 - diversity, idsOf(diverse))).toBeLessThan(1e-6);
    }
  });

  it("a client's own embedder serves texts and highlights", async () => {
    const small = new SmallEmbedder("small", 4);
    const own = await client.createCollection({ name: "own", embeddingFunction: small });
    await own.add({
      ids: ["a"],
      documents: ["One sentence that is long enough. And another one here."],
    });
    const [row] = await own.search({ query: "sentence", highlight: true });
    expect(small.queries).toEqual(["sentence"]);
    expect(row?.document).toContain(row?.highlight?.text as string);
  });
});
