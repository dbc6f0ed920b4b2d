import { EphemeralClient, Float, parseExactJson, stringifyExactJson } from "nigh";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refused } from "./collections/refused.js";

let client: EphemeralClient;
beforeEach(() => {
  client = new EphemeralClient();
});
afterEach(() => client.close());

const NOTES = { name: "notes", embeddingFunction: null };

describe("a client of another space", () => {
  it("has collections of its own in the same database", async () => {
    await client.createTenant({ name: "acme" });
    await client.createDatabase({ tenant: "acme", name: "main" });
    const acme = client.space({ tenant: "acme", database: "main" });
    const notes = await acme.createCollection(NOTES);
    expect(await client.countCollections()).toBe(0);
    expect(await acme.countCollections()).toBe(1);
    const found = await acme.getCollectionById({ id: notes.id, embeddingFunction: null });
    expect(found.name).toBe("notes");
    await refused(() => client.getCollectionById({ id: notes.id }), "ERR_NOT_FOUND", notes.id);
  });

  it("shares what is in memory: a write by one is found by the other", async () => {
    const notes = await client.createCollection(NOTES);
    await notes.add({ ids: ["a"], embeddings: [[1, 0]] });
    const same = await client.space({}).getCollection(NOTES);
    await same.add({ ids: ["b"], embeddings: [[0, 1]] });
    const { ids } = await notes.query({ queryEmbeddings: [[0, 1]], nResults: 1 });
    expect(ids).toEqual([["b"]]);
  });

  it("sees nothing but the defaults after reset", async () => {
    await client.createTenant({ name: "acme" });
    const notes = await client.createCollection(NOTES);
    await notes.add({ ids: ["a"], embeddings: [[1, 0]] });
    await client.reset();
    expect(await client.listCollections()).toEqual([]);
    expect((await client.listDatabases()).map(({ name }) => name)).toEqual(["default_database"]);
    await refused(() => client.getTenant({ name: "acme" }), "ERR_NOT_FOUND", "acme");
    await refused(() => notes.count(), "ERR_NOT_FOUND", "notes");
    await (await client.createCollection(NOTES)).add({ ids: ["a"], embeddings: [[1, 0]] });
  });
});

describe("fork", () => {
  it("copies records, metadata and configuration; what changes later is of one of them", async () => {
    const notes = await client.createCollection({ ...NOTES, metadata: { n: new Float(1) } });
    await notes.add({
      ids: ["a", "b"],
      embeddings: [
        [1, 0],
        [0, 1],
      ],
      documents: ["one", "two"],
      metadatas: [{ x: new Float(2) }, null],
    });
    const fork = await notes.fork({ name: "copy" });
    await notes.delete({ ids: ["a"] });
    expect((await fork.readPage({ limit: 10 })).records).toEqual([
      {
        id: "a",
        embedding: new Float32Array([1, 0]),
        document: "one",
        metadata: { x: new Float(2) },
        uri: null,
      },
      { id: "b", embedding: new Float32Array([0, 1]), document: "two", metadata: null, uri: null },
    ]);
    expect(await fork.exactMetadata()).toEqual({ n: new Float(1) });
    expect(fork.configuration).toEqual(notes.configuration);
    expect(
      (await fork.query({ queryEmbeddings: [[1, 0]], whereDocument: { $contains: "one" } })).ids,
    ).toEqual([["a"]]);
    const second = await fork.fork({ name: "copy-2" });
    expect(await Promise.all([notes, fork, second].map((c) => c.forkCount()))).toEqual([2, 2, 2]);
    await refused(() => notes.fork({ name: "copy" }), "ERR_EXISTS", "copy");
  });
});

describe("what clients of Chroma keep", () => {
  it("in a configuration stays as it is until it is replaced", async () => {
    const embedding_function = { type: "known", name: "x", config: { a: [1] } };
    const notes = await client.createCollection({
      ...NOTES,
      configuration: { embedding_function },
    });
    await notes.modify({ configuration: { hnsw: { ef_search: 7 } } });
    expect(notes.configuration).toMatchObject({ embedding_function, hnsw: { ef_search: 7 } });
    await notes.modify({ configuration: { embedding_function: null } });
    expect(notes.configuration.embedding_function).toBeNull();
    await refused(
      () => notes.modify({ configuration: { embedding_function: "x" as never } }),
      "ERR_INVALID_ARGUMENT",
      "embedding_function",
    );
  });
});

describe("records", () => {
  it("are given with floats that stay floats where that is asked for", async () => {
    const notes = await client.createCollection(NOTES);
    const metadatas = [{ whole: new Float(2), list: [new Float(1), 3] }];
    await notes.add({ ids: ["a"], embeddings: [[1, 0]], metadatas });
    expect((await notes.get({ floats: true })).metadatas).toEqual(metadatas);
    const found = await notes.query({ queryEmbeddings: [[1, 0]], floats: true });
    expect(found.metadatas).toEqual([metadatas]);
    expect((await notes.get()).metadatas).toEqual([{ whole: 2, list: [1, 3] }]);
  });

  it("keep their embeddings when documents change, where that is asked for", async () => {
    const notes = await client.createCollection(NOTES);
    await notes.add({ ids: ["a"], embeddings: [[1, 0]], documents: ["one"] });
    await notes.update({ ids: ["a"], documents: ["two"] }, { keepEmbeddings: true });
    const { documents, embeddings } = await notes.get({ include: ["documents", "embeddings"] });
    expect([documents, embeddings]).toEqual([["two"], [new Float32Array([1, 0])]]);
  });
});

describe("exact JSON", () => {
  it("keeps kinds of numbers both ways", () => {
    const text = '{"a":1.0,"b":1,"c":9223372036854775807,"d":[0.5,-3],"e":null,"f":"x","g":true}';
    expect(stringifyExactJson(parseExactJson(text) as never)).toBe(text);
    expect(stringifyExactJson({ vector: new Float32Array([0.1, 1]), gone: undefined })).toBe(
      '{"vector":[0.1,1]}',
    );
  });
});
