import { type Collection, PersistentClient, SentenceTransformer } from "nigh";
import { describe, expect, it } from "vitest";
import { bare, onEachClient, onFolder } from "./collections/clients.js";
import { contents } from "./collections/dump.js";
import { SmallEmbedder, SmallFunction, vectorOf } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";

onEachClient((client) => {
  const withEmbedder = (embeddingFunction: SmallEmbedder | SmallFunction, name = "notes") =>
    client().createCollection({ name, embeddingFunction });

  it("documents are embedded by an Embedder, queries as queries", async () => {
    const small = new SmallEmbedder("small");
    const notes = await withEmbedder(small);
    const report = await notes.add({ ids: ["a", "b"], documents: ["one", "two"] });
    expect(report).toEqual({ added: 2, skipped: [], encoded: 2, truncated: 0 });
    const { embeddings } = await notes.get({ include: ["embeddings"] });
    expect(embeddings).toEqual([vectorOf("one", 4), vectorOf("two", 4)]);
    const found = await notes.query({ queryTexts: ["two", "one"], nResults: 1 });
    expect(found.ids).toEqual([["b"], ["a"]]);
    expect((await notes.query({ queryTexts: "two", nResults: 1 })).ids).toEqual([["b"]]);
    expect([small.documents, small.queries]).toEqual([
      ["one", "two"],
      ["two", "one", "two"],
    ]);
  });

  it("documents are embedded by Chroma's interface, with generateForQueries for queries where there is one", async () => {
    const full = new SmallFunction("full");
    const notes = await withEmbedder(full);
    await notes.add({ ids: ["a", "b"], documents: ["one", "two"] });
    expect((await notes.query({ queryTexts: "two", nResults: 1 })).ids).toEqual([["b"]]);
    expect(full.texts.slice(-2)).toEqual(["one", "two"]);
    expect(full.queries).toEqual(["two"]);
    const generate = async (texts: string[]) => texts.map((text) => vectorOf(text, 5));
    const plain = await client().createCollection({
      name: "plain",
      embeddingFunction: { name: "plain", generate },
    });
    await plain.add({ ids: ["a", "b"], documents: ["one", "two"] });
    expect((await plain.query({ queryTexts: "one", nResults: 1 })).ids).toEqual([["a"]]);
  });

  it("embeddings that are given are stored as given, beside documents that are not embedded", async () => {
    const small = new SmallEmbedder("small", 2);
    const notes = await withEmbedder(small);
    await notes.add({ ids: ["a", "b"], documents: ["one", "two"], embeddings: [[7, 8], null] });
    expect(small.documents).toEqual(["two"]);
    const { embeddings } = await notes.get({ include: ["embeddings"] });
    expect(embeddings).toEqual([new Float32Array([7, 8]), vectorOf("two", 2)]);
  });

  it("a text that the collection has a vector of is not encoded again, nor one that comes twice", async () => {
    const small = new SmallEmbedder("small");
    const notes = await withEmbedder(small);
    const first = await notes.add({ ids: ["a", "b", "c"], documents: ["one", "two", "one"] });
    expect(first).toMatchObject({ added: 3, encoded: 2 });
    expect(small.documents).toEqual(["one", "two"]);
    const second = await notes.upsert({ ids: ["a", "b", "d"], documents: ["one", "TWO", "two"] });
    expect(second).toMatchObject({ added: 1, updated: 2, encoded: 1 });
    expect(small.documents).toEqual(["one", "two", "TWO"]);
    expect(await notes.update({ ids: ["c"], documents: ["two"] })).toMatchObject({ encoded: 0 });
    expect(small.documents).toHaveLength(3);
    const vectors = (await notes.get({ include: ["embeddings"] })).embeddings;
    expect(vectors).toEqual(["one", "TWO", "two", "two"].map((text) => vectorOf(text, 4)));
  });

  it("a vector that was given is not taken for that of its document", async () => {
    const small = new SmallEmbedder("small", 2);
    const notes = await withEmbedder(small);
    await notes.add({ ids: ["a"], documents: ["one"], embeddings: [[7, 8]] });
    await notes.add({ ids: ["b"], documents: ["two"] });
    await notes.update({ ids: ["b"], embeddings: [[5, 6]] });
    expect(await notes.add({ ids: ["c", "d"], documents: ["one", "two"] })).toMatchObject({
      encoded: 2,
    });
    const { embeddings } = await notes.get({ ids: ["c", "d"], include: ["embeddings"] });
    expect(embeddings).toEqual([vectorOf("one", 2), vectorOf("two", 2)]);
  });

  it("texts of records that are there, or are not there to be updated, are not encoded", async () => {
    const small = new SmallEmbedder("small");
    const notes = await withEmbedder(small);
    await notes.add({ ids: ["a"], documents: ["one"] });
    expect(await notes.add({ ids: ["a", "b"], documents: ["other", "two"] })).toEqual({
      added: 1,
      skipped: ["a"],
      encoded: 1,
      truncated: 0,
    });
    expect(await notes.update({ ids: ["b", "nowhere"], documents: ["TWO", "lost"] })).toEqual({
      updated: 1,
      unknown: ["nowhere"],
      encoded: 1,
      truncated: 0,
    });
    expect(small.documents).toEqual(["one", "two", "TWO"]);
  });

  it("an update of a document without embedding embeds it; of the document alone nothing else changes", async () => {
    const small = new SmallEmbedder("small");
    const notes = await withEmbedder(small);
    await notes.add({ ids: ["a"], documents: ["one"], metadatas: [{ n: 1 }], uris: ["u"] });
    await notes.update({ ids: ["a"], documents: ["changed"] });
    const include = ["documents", "metadatas", "uris", "embeddings"] as const;
    expect((await notes.get({ include })).rows()).toEqual([
      {
        id: "a",
        document: "changed",
        metadata: { n: 1 },
        uri: "u",
        embedding: vectorOf("changed", 4),
      },
    ]);
  });

  it("an empty document is embedded like any other", async () => {
    const small = new SmallEmbedder("small");
    const notes = await withEmbedder(small);
    await notes.add({ ids: ["a"], documents: [""] });
    expect(small.documents).toEqual([""]);
    expect((await notes.get()).documents).toEqual([""]);
    expect((await notes.query({ queryTexts: "" })).distances?.[0]?.[0]).toBeCloseTo(0, 5);
  });

  it("another embedder is refused with both names: at opening", async () => {
    const notes = await withEmbedder(new SmallEmbedder("first"));
    await notes.add({ ids: ["a"], documents: ["one"] });
    const before = await contents(notes);
    const open = (embeddingFunction: SmallEmbedder | SmallFunction) => () =>
      client().getCollection({ name: "notes", embeddingFunction });
    await refused(
      open(new SmallEmbedder("second")),
      "ERR_EMBEDDER",
      '"first"',
      '"second"',
      '"notes"',
    );
    await refused(open(new SmallFunction("third")), "ERR_EMBEDDER", '"first"', '"third"');
    // The fingerprint decides, not the name.
    await refused(open(new SmallEmbedder("first", 4, "another")), "ERR_EMBEDDER", '"first"');
    const renamed = await open(new SmallEmbedder("renamed", 4, "fingerprint of first"))();
    expect((await renamed.query({ queryTexts: "one" })).ids).toEqual([["a"]]);
    const orCreate = client().getOrCreateCollection({
      name: "notes",
      embeddingFunction: new SmallEmbedder("second"),
    });
    await refused(() => orCreate, "ERR_EMBEDDER", '"first"', '"second"');
    expect(await contents(notes)).toEqual(before);
  });

  it("another embedder is refused with both names: at the first text, where the collection learned it after opening", async () => {
    await bare(client());
    const open = (name: string) =>
      client().getCollection({ name: "notes", embeddingFunction: new SmallEmbedder(name) });
    const [one, two] = [await open("first"), await open("second")];
    await one.add({ ids: ["a"], documents: ["one"] });
    await refused(
      () => two.add({ ids: ["b"], documents: ["two"] }),
      "ERR_EMBEDDER",
      '"first"',
      '"second"',
    );
    await refused(() => two.query({ queryTexts: "one" }), "ERR_EMBEDDER", '"first"', '"second"');
    await refused(() => two.update({ ids: ["a"], documents: ["two"] }), "ERR_EMBEDDER", '"second"');
    expect((await one.get()).documents).toEqual(["one"]);
  });

  it("two first writes by different embedders at once: one of them is refused", async () => {
    await bare(client());
    const writes = ["first", "second"].map(async (name) => {
      const embeddingFunction = new SmallEmbedder(name);
      const notes = await client().getCollection({ name: "notes", embeddingFunction });
      await notes.add({ ids: [name], documents: [name] });
      return name;
    });
    const settled = await Promise.allSettled(writes);
    expect(settled.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const rejected = settled.find(({ status }) => status === "rejected");
    expect(rejected).toMatchObject({ reason: { code: "ERR_EMBEDDER" } });
    const [notes] = await client().listCollections();
    expect(await notes?.count()).toBe(1);
  });

  it("a function of Chroma's is told apart by name and configuration", async () => {
    const notes = await withEmbedder(new SmallFunction("api", { model: "small" }));
    await notes.add({ ids: ["a"], documents: ["one"] });
    const open = (config: Record<string, unknown>) => () =>
      client().getCollection({
        name: "notes",
        embeddingFunction: new SmallFunction("api", config),
      });
    const same = await open({ model: "small" })();
    expect((await same.query({ queryTexts: "one" })).ids).toEqual([["a"]]);
    await refused(open({ model: "large" }), "ERR_EMBEDDER", '"api"');
  });

  it("a function of Chroma's is not called to open a collection, nor to refuse it", async () => {
    const made = await withEmbedder(new SmallFunction("first"));
    await made.add({ ids: ["a"], documents: ["one"] });
    const [again, other] = [new SmallFunction("first"), new SmallFunction("second")];
    const name = "notes";
    const opened = await client().getCollection({ name, embeddingFunction: again });
    await client().getOrCreateCollection({ name, embeddingFunction: again });
    const refusal = ["ERR_EMBEDDER", '"first"', '"second"'] as const;
    const open = { name, embeddingFunction: other };
    await refused(() => client().getCollection(open), ...refusal);
    await refused(() => client().getOrCreateCollection(open), ...refusal);
    expect([again, other].flatMap(({ texts, queries }) => [...texts, ...queries])).toEqual([]);
    expect((await opened.query({ queryTexts: "one" })).ids).toEqual([["a"]]);
    await opened.add({ ids: ["b"], documents: ["two"] });
    expect([again.texts, again.queries]).toEqual([["two"], ["one"]]);
  });

  it("a function of Chroma's is tied to the collection that it makes, before the first text", async () => {
    const notes = await withEmbedder(new SmallFunction("first"));
    const { embedder } = await notes.stats();
    expect(embedder).toBe("first");
    const embeddingFunction = new SmallFunction("second");
    const open = () => client().getCollection({ name: "notes", embeddingFunction });
    await refused(open, "ERR_EMBEDDER", '"first"', '"second"');
  });

  it("a function of Chroma's with vectors of another dimension is refused with both at its first text", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[1, 2]] });
    const open = () =>
      client().getCollection({ name: "notes", embeddingFunction: new SmallFunction("three") });
    const refusal = ["ERR_DIMENSION", '"notes"', "2 dimensions", '"three"', "3"] as const;
    const [adding, asking] = [await open(), await open()];
    await refused(() => adding.add({ ids: ["b"], documents: ["two"] }), ...refusal);
    await refused(() => asking.query({ queryTexts: "two" }), ...refusal);
    expect(await notes.count()).toBe(1);
  });

  it("an embedder of another dimension than the vectors is refused with both", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[1, 2]] });
    const embeddingFunction = new SmallEmbedder("four", 4);
    const open = () => client().getCollection({ name: "notes", embeddingFunction });
    await refused(open, "ERR_DIMENSION", '"notes"', "2 dimensions", '"four"', "4");
  });

  it("vectors that were given and vectors of an embedder stand in one collection", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[1, 2, 3, 4]] });
    const embeddingFunction = new SmallEmbedder("four", 4);
    const texts = await client().getCollection({ name: "notes", embeddingFunction });
    await texts.add({ ids: ["b"], documents: ["two"] });
    expect((await notes.query({ queryEmbeddings: [[1, 2, 3, 4]] })).ids[0]?.[0]).toBe("a");
    expect((await texts.query({ queryTexts: "two" })).ids[0]?.[0]).toBe("b");
  });

  it("updates of ids that are not there teach the collection no embedder", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[1, 2, 3, 4]] });
    const open = (name: string) =>
      client().getCollection({ name: "notes", embeddingFunction: new SmallEmbedder(name) });
    await (await open("first")).update({ ids: ["nowhere"], documents: ["text"] });
    const second = await open("second");
    expect(await second.add({ ids: ["b"], documents: ["text"] })).toMatchObject({ added: 1 });
  });

  it("a signal that fires while documents are embedded stops the write, and nothing is written", async () => {
    for (const [i, embedder] of [
      new SmallEmbedder("small"),
      new SmallFunction("small"),
    ].entries()) {
      const notes = await withEmbedder(embedder, `notes-${i}`);
      const stop = new AbortController();
      const generate = async (texts: readonly string[]) => {
        stop.abort();
        return texts.map((text) => vectorOf(text, embedder.dimension));
      };
      Object.assign(embedder, {
        generate,
        encodeDocument: embedder instanceof SmallEmbedder ? generate : undefined,
      });
      const add = () => notes.add({ ids: ["a"], documents: ["one"] }, { signal: stop.signal });
      await refused(add, "ERR_ABORTED");
      expect(await notes.count()).toBe(0);
    }
  });

  it("the client does not close an embedder that it was given", async () => {
    const small = new SmallEmbedder("small");
    await withEmbedder(small);
    await client().close();
    expect(small.closed).toBe(false);
  });
});

describe("PersistentClient", () => {
  onFolder((client, folder) => {
    it("the embedder belongs to the data: after reopening another is refused, and known texts are not encoded", async () => {
      const notes = await client().createCollection({
        name: "notes",
        embeddingFunction: new SmallEmbedder("first"),
      });
      await notes.add({ ids: ["a"], documents: ["one"] });
      await client().close();
      const again = new PersistentClient({ path: folder() });
      const open = (embeddingFunction: SmallEmbedder): Promise<Collection> =>
        again.getCollection({ name: "notes", embeddingFunction });
      await refused(() => open(new SmallEmbedder("second")), "ERR_EMBEDDER", '"first"', '"second"');
      const small = new SmallEmbedder("first");
      const reopened = await open(small);
      expect(await reopened.add({ ids: ["b"], documents: ["one"] })).toMatchObject({ encoded: 0 });
      expect(small.documents).toEqual([]);
      // Opened without saying, texts would be the bundled model's: they are refused, vectors are not.
      const unsaid = await again.getCollection({ name: "notes" });
      await refused(() => unsaid.query({ queryTexts: "one" }), "ERR_EMBEDDER", '"first"', "MiniLM");
      const found = await unsaid.query({ queryEmbeddings: [vectorOf("one", 4)] });
      expect(found.ids).toEqual([["a", "b"]]);
      await again.close();
    });

    it("the bundled model embeds documents and questions where nothing else is said", async () => {
      const notes = await client().createCollection({ name: "notes" });
      const documents = [
        "The harbour froze in January and the ferry stayed at its pier.",
        "A kitten is asleep on the lid of the piano.",
        "Shares fell after the central bank raised its rate.",
      ];
      const ids = ["ferry", "kitten", "shares"];
      expect(await notes.add({ ids, documents })).toMatchObject({ added: 3, encoded: 3 });
      const found = await notes.query({
        queryTexts: ["a young cat at rest", "monetary policy"],
        nResults: 1,
      });
      expect(found.ids).toEqual([["kitten"], ["shares"]]);
      expect(await notes.upsert({ ids, documents })).toMatchObject({ updated: 3, encoded: 0 });
      await client().close();
      const model = await SentenceTransformer.load("all-MiniLM-L6-v2");
      const again = new PersistentClient({ path: folder() });
      const same = await again.getCollection({ name: "notes", embeddingFunction: model });
      const { embeddings } = await same.get({ include: ["embeddings"] });
      const own = await model.encode(documents);
      for (const [i, vector] of [...own].entries()) {
        for (const [j, x] of vector.entries()) expect(embeddings?.[i]?.[j]).toBeCloseTo(x, 4);
      }
      expect(await same.add({ ids: ["more"], documents: [documents[0] as string] })).toMatchObject({
        encoded: 0,
      });
      await again.close();
      await model.close();
    });
  });
});
