import {
  ChromaClient,
  ChromaClientError,
  ChromaNotFoundError,
  ChromaServerError,
  ChromaUniqueError,
  type Collection,
  K,
  Knn,
  Rrf,
  Search,
} from "chromadb";
import { beforeEach, describe, expect, it } from "vitest";
import { onServer } from "./server/on-server.js";

const on = onServer({ allowReset: true });
let client: ChromaClient;
beforeEach(async () => {
  const { hostname, port } = new URL(on.url);
  client = new ChromaClient({ host: hostname, port: Number(port) });
  await client.reset();
});

const NOTES = { name: "notes", embeddingFunction: null };

/** Three records on a line. */
async function filled(): Promise<Collection> {
  const notes = await client.createCollection(NOTES);
  await notes.add({
    ids: ["a", "b", "c"],
    embeddings: [
      [0, 0],
      [1, 0],
      [5, 0],
    ],
    documents: ["the red boiler", "the blue boiler", "a Green door"],
    metadatas: [
      { n: 1, kind: "x", ok: true, tags: ["p", "q"] },
      { n: 2, kind: "y", ok: false, score: 0.5 },
      { n: 3, kind: "x" },
    ],
    uris: ["u:a", "u:b", "u:c"],
  });
  return notes;
}

describe("Chroma's npm client", () => {
  it("reaches the server: heartbeat, version, identity, pre-flight checks", async () => {
    expect(await client.heartbeat()).toBeGreaterThan(1.6e18);
    expect(await client.version()).toBe("1.0.0");
    expect(await client.getUserIdentity()).toMatchObject({ tenant: "default_tenant" });
    expect(await client.supportsBase64Encoding()).toBe(true);
    expect(await client.getMaxBatchSize()).toBe(5461);
  });

  describe("collections", () => {
    it("are made, got, listed, counted, renamed and deleted", async () => {
      const made = await client.createCollection({ ...NOTES, metadata: { topic: "heat", n: 1.5 } });
      expect(made.metadata).toEqual({ topic: "heat", n: 1.5 });
      expect(made.configuration.hnsw).toMatchObject({ space: "l2", ef_search: 100 });
      expect((await client.getCollection({ name: "notes" })).id).toBe(made.id);
      expect((await client.getOrCreateCollection(NOTES)).id).toBe(made.id);
      await client.createCollection({ name: "other", embeddingFunction: null });
      expect((await client.listCollections()).map(({ name }) => name)).toEqual(["notes", "other"]);
      expect(
        (await client.listCollections({ limit: 1, offset: 1 })).map(({ name }) => name),
      ).toEqual(["other"]);
      expect(await client.countCollections()).toBe(2);
      await made.modify({ name: "renamed", metadata: { topic: "cold" } });
      expect((await client.getCollection({ name: "renamed" })).metadata).toEqual({
        topic: "cold",
      });
      await client.deleteCollection({ name: "renamed" });
      expect(await client.countCollections()).toBe(1);
    });

    it("have the configuration that they were given, and take changes of it", async () => {
      const made = await client.createCollection({
        ...NOTES,
        configuration: { hnsw: { space: "cosine", ef_construction: 50, max_neighbors: 8 } },
      });
      expect(made.configuration.hnsw).toMatchObject({
        space: "cosine",
        ef_construction: 50,
        max_neighbors: 8,
      });
      await made.modify({ configuration: { hnsw: { ef_search: 7 } } });
      const { configuration } = await client.getCollection({ name: "notes" });
      expect(configuration.hnsw).toMatchObject({ space: "cosine", ef_search: 7 });
    });

    it("take lists as values of metadata, which Chroma's own server fails at", async () => {
      const metadata = { tags: ["a", "b"], sizes: [1, 2] };
      await client.createCollection({ ...NOTES, metadata: metadata as never });
      expect((await client.getCollection({ name: "notes" })).metadata).toEqual(metadata);
    });

    it("are forked, and the fork has what was there", async () => {
      const notes = await filled();
      const fork = await notes.fork({ name: "fork" });
      await notes.delete({ ids: ["a"] });
      expect([await fork.count(), await notes.count(), await notes.forkCount()]).toEqual([3, 2, 1]);
      expect((await fork.query({ queryEmbeddings: [[0, 0]], nResults: 1 })).ids).toEqual([["a"]]);
      expect(await notes.getIndexingStatus()).toMatchObject({ op_indexing_progress: 1 });
    });
  });

  describe("records", () => {
    it("are got as they were added", async () => {
      const notes = await filled();
      const all = await notes.get({
        include: ["documents", "metadatas", "embeddings", "uris"],
      });
      expect(all).toMatchObject({
        ids: ["a", "b", "c"],
        documents: ["the red boiler", "the blue boiler", "a Green door"],
        embeddings: [
          [0, 0],
          [1, 0],
          [5, 0],
        ],
        uris: ["u:a", "u:b", "u:c"],
      });
      expect(all.metadatas[0]).toEqual({ n: 1, kind: "x", ok: true, tags: ["p", "q"] });
      expect((await notes.get({ limit: 1, offset: 1 })).ids).toEqual(["b"]);
      expect((await notes.get({ ids: ["c", "a", "zz"] })).ids).toEqual(["a", "c"]);
      expect((await notes.peek({ limit: 2 })).ids).toEqual(["a", "b"]);
      expect(await notes.count()).toBe(3);
    });

    it("that are there stay as they are at add; upsert and update change them", async () => {
      const notes = await filled();
      await notes.add({
        ids: ["a", "d"],
        embeddings: [
          [9, 9],
          [4, 4],
        ],
        documents: ["new", "new"],
      });
      expect((await notes.get({ ids: ["a", "d"] })).documents).toEqual(["the red boiler", "new"]);
      await notes.upsert({
        ids: ["a", "e"],
        embeddings: [
          [0, 1],
          [0, 2],
        ],
        metadatas: [{ n: 7 }, { n: 8 }],
      });
      expect((await notes.get({ ids: ["a"] })).metadatas).toEqual([
        { n: 7, kind: "x", ok: true, tags: ["p", "q"] },
      ]);
      await notes.update({ ids: ["a", "zz"], metadatas: [{ kind: "z" }, { n: 1 }] });
      expect((await notes.get({ ids: ["a"] })).metadatas).toEqual([
        { n: 7, kind: "z", ok: true, tags: ["p", "q"] },
      ]);
      expect(await notes.count()).toBe(5);
    });

    it("are found nearest first, with what is asked for", async () => {
      const notes = await filled();
      const found = await notes.query({
        queryEmbeddings: [
          [1, 0],
          [5, 0],
        ],
        nResults: 2,
        include: ["documents", "distances", "embeddings", "metadatas", "uris"],
      });
      expect(found.ids).toEqual([
        ["b", "a"],
        ["c", "b"],
      ]);
      expect(found.distances).toEqual([
        [0, 1],
        [0, 16],
      ]);
      expect(found.documents[0]).toEqual(["the blue boiler", "the red boiler"]);
      expect(found.embeddings[1]).toEqual([
        [5, 0],
        [1, 0],
      ]);
      expect(found.rows()[0]?.[0]).toMatchObject({ id: "b", uri: "u:b" });
      const none = await notes.query({ queryEmbeddings: [[1, 0]], include: [] });
      expect(none.ids).toEqual([["b", "a", "c"]]);
      expect((await notes.query({ queryEmbeddings: [[1, 0]], ids: ["a", "c"] })).ids).toEqual([
        ["a", "c"],
      ]);
    });

    const filters: [string, object, string[]][] = [
      ["a value", { kind: "x" }, ["a", "c"]],
      ["$eq", { n: { $eq: 2 } }, ["b"]],
      ["$ne, with those that lack the key", { ok: { $ne: true } }, ["b", "c"]],
      ["$gt", { n: { $gt: 1 } }, ["b", "c"]],
      ["$gte of a fraction, exactly", { n: { $gte: 1.5 } }, ["b", "c"]],
      ["$lt of a fraction, exactly", { n: { $lt: 1.5 } }, ["a"]],
      ["$lte", { n: { $lte: 2 } }, ["a", "b"]],
      ["$in", { n: { $in: [1, 3] } }, ["a", "c"]],
      ["$nin", { kind: { $nin: ["x"] } }, ["b"]],
      ["$contains in a list", { tags: { $contains: "p" } }, ["a"]],
      ["$not_contains in a list", { tags: { $not_contains: "p" } }, ["b", "c"]],
      ["$and", { $and: [{ kind: "x" }, { n: { $gt: 1 } }] }, ["c"]],
      ["$or", { $or: [{ n: 1 }, { score: 0.5 }] }, ["a", "b"]],
      [
        "#document beside metadata",
        { $and: [{ "#document": { $contains: "boiler" } }, { n: 2 }] },
        ["b"],
      ],
    ];
    it.each(filters)("are filtered by %s", async (_, where, ids) => {
      const notes = await filled();
      expect((await notes.get({ where: where as never })).ids).toEqual(ids);
      const found = await notes.query({ queryEmbeddings: [[0, 0]], where: where as never });
      expect([...(found.ids[0] ?? [])].sort()).toEqual(ids);
    });

    const documentFilters: [string, object, string[]][] = [
      ["$contains, case-sensitive", { $contains: "green" }, []],
      ["$not_contains", { $not_contains: "boiler" }, ["c"]],
      ["$regex", { $regex: "(?i)green|^the red" }, ["a", "c"]],
      ["$not_regex", { $not_regex: "^the" }, ["c"]],
      ["$and", { $and: [{ $contains: "boiler" }, { $not_contains: "red" }] }, ["b"]],
      ["$or", { $or: [{ $contains: "red" }, { $contains: "door" }] }, ["a", "c"]],
    ];
    it.each(documentFilters)("are filtered by documents: %s", async (_, whereDocument, ids) => {
      const notes = await filled();
      expect((await notes.get({ whereDocument: whereDocument as never })).ids).toEqual(ids);
    });

    it("are deleted by ids and filters", async () => {
      const notes = await filled();
      expect(await notes.delete({ where: { kind: "x" }, limit: 1 })).toMatchObject({ deleted: 1 });
      expect((await notes.get()).ids).toEqual(["b", "c"]);
      expect(await notes.delete({ ids: ["b", "zz"] })).toMatchObject({ deleted: 1 });
      expect(await notes.delete({ whereDocument: { $contains: "door" } })).toMatchObject({
        deleted: 1,
      });
      expect(await notes.count()).toBe(0);
    });

    it("may be thousands in a call", async () => {
      const notes = await client.createCollection(NOTES);
      const ids = Array.from({ length: 5000 }, (_, i) => `id-${i}`);
      await notes.add({ ids, embeddings: ids.map((_, i) => [i, 1, 0.5]) });
      expect(await notes.count()).toBe(5000);
      expect((await notes.query({ queryEmbeddings: [[1234, 1, 0.5]], nResults: 1 })).ids).toEqual([
        ["id-1234"],
      ]);
    });
  });

  describe("search", () => {
    it("ranks by a nearest-neighbour expression, filters, selects and limits", async () => {
      const notes = await filled();
      const result = await notes.search(
        new Search()
          .where(K("kind").eq("x"))
          .rank(Knn({ query: [1, 0] }))
          .limit(1)
          .select(K.DOCUMENT, K.SCORE, "n"),
      );
      expect(result.rows()).toEqual([
        [{ id: "a", document: "the red boiler", metadata: { n: 1 }, score: 1 }],
      ]);
    });

    it("fuses ranks (RRF), and computes with scores", async () => {
      const notes = await filled();
      const near = Knn({ query: [0, 0], returnRank: true });
      const far = Knn({ query: [5, 0], returnRank: true });
      const fused = await notes.search(
        new Search().rank(Rrf({ ranks: [near, far], weights: [1, 2], k: 60 })).select(K.SCORE),
      );
      expect(fused.ids).toEqual([["c", "b", "a"]]);
      expect(fused.scores[0]?.[0]).toBeCloseTo(-(1 / 62 + 2 / 60), 6);
      const scaled = await notes.search(
        new Search()
          .rank(
            Knn({ query: [1, 0] })
              .multiply(2)
              .add(1),
          )
          .select(K.SCORE),
      );
      expect([scaled.ids, scaled.scores]).toEqual([[["b", "a", "c"]], [[1, 3, 33]]]);
    });

    it("filters by ids, without a rank in the order of the records", async () => {
      const notes = await filled();
      const result = await notes.search([
        new Search().where(K.ID.isIn(["c", "a"])),
        new Search().where(K.ID.notIn(["a"]).and(K("n").lt(3))),
      ]);
      expect(result.ids).toEqual([["a", "c"], ["b"]]);
    });
  });

  describe("errors", () => {
    it("are those that the client knows", async () => {
      const notes = await filled();
      const cases: [() => Promise<unknown>, new (...args: never[]) => Error][] = [
        [() => client.createCollection(NOTES), ChromaUniqueError],
        [() => client.getCollection({ name: "nowhere" }), ChromaNotFoundError],
        [() => client.deleteCollection({ name: "nowhere" }), ChromaNotFoundError],
        [() => client.createCollection({ ...NOTES, name: "no" }), ChromaClientError],
        [() => notes.query({ queryEmbeddings: [[1, 2, 3]] }), ChromaClientError],
        [() => notes.get({ whereDocument: { $regex: "(?=x)" } }), ChromaClientError],
        [() => notes.query({ queryEmbeddings: [[1, 0]], ids: ["gone"] }), ChromaNotFoundError],
      ];
      for (const [act, kind] of cases) await expect(act()).rejects.toBeInstanceOf(kind);
      await client.createCollection({ ...NOTES, name: "other" });
      await expect(notes.modify({ name: "other" })).rejects.toBeInstanceOf(ChromaUniqueError);
      expect(ChromaServerError).toBeDefined();
    });

    it("of a collection that was deleted are not-found", async () => {
      const notes = await filled();
      await client.deleteCollection({ name: "notes" });
      await expect(notes.count()).rejects.toBeInstanceOf(ChromaNotFoundError);
    });
  });
});
