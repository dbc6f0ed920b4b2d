import { EphemeralClient, type NighError, OpenAIEmbeddings } from "nigh";
import { expect, it } from "vitest";
import { onFolder } from "./collections/clients.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";
import { drop, status } from "./openai/failures.js";
import { onServer } from "./openai/on-server.js";
import { OTHER_DIMENSION, vectorOf } from "./openai/openai-server.js";

const on = onServer();
const OTHER = { model: "nomic-embed-text" };
const DOCUMENTS = ["A kitten naps.", "Stocks fell again.", "The ferry is stuck in the ice."];
const IDS = ["cat", "stocks", "ferry"];

onFolder((client) => {
  it("a collection is filled and searched by it, and found again by another object of the same model", async () => {
    const prompts = { query: "q: ", document: "d: " };
    const embeddingFunction = on.embeddings({ ...OTHER, prompts });
    const notes = await client().createCollection({ name: "notes", embeddingFunction });
    const report = await notes.add({ ids: IDS, documents: DOCUMENTS });
    expect(report).toEqual({ added: 3, skipped: [], encoded: 3, truncated: 0 });
    const { embeddings } = await notes.get({ ids: ["cat"], include: ["embeddings"] });
    expect(embeddings).toEqual([vectorOf(`d: ${DOCUMENTS[0]}`, OTHER_DIMENSION)]);
    const again = await client().getCollection({
      name: "notes",
      embeddingFunction: on.embeddings({ ...OTHER, prompts, batchSize: 1 }),
    });
    const found = await again.query({ queryTexts: DOCUMENTS[1] as string, nResults: 1 });
    expect(found.ids).toEqual([["stocks"]]);
    expect(on.server.texts).toContain(`q: ${DOCUMENTS[1]}`);
    const [hybrid] = await again.search({ query: "ferry in the ice", limit: 1 });
    expect(hybrid?.id).toBe("ferry");
    // Texts that the collection has vectors of are not paid for again.
    const { length } = on.server.requests;
    await again.upsert({ ids: ["more"], documents: [DOCUMENTS[0] as string] });
    expect(on.server.requests.length).toBe(length);
  });

  it("another model is refused with both names, and so are other dimensions and another server", async () => {
    const small = on.embeddings({ dimensions: 16 });
    const notes = await client().createCollection({ name: "notes", embeddingFunction: small });
    await notes.add({ ids: IDS, documents: DOCUMENTS });
    const open = (embeddingFunction: OpenAIEmbeddings) => () =>
      client().getCollection({ name: "notes", embeddingFunction });
    const own = '"openai-compatible:text-embedding-3-small@16"';
    const model = "text-embedding-3-large";
    const others: [OpenAIEmbeddings, string][] = [
      [on.embeddings({ model, dimensions: 16 }), `"openai-compatible:${model}@16"`],
      [on.embeddings(), '"openai-compatible:text-embedding-3-small"'],
      [on.embeddings(OTHER), '"openai-compatible:nomic-embed-text"'],
      [
        new OpenAIEmbeddings({ dimensions: 16, apiKey: "sk-unused" }),
        '"openai:text-embedding-3-small@16"',
      ],
    ];
    for (const [other, name] of others) await refused(open(other), "ERR_EMBEDDER", own, name);
    await client().getCollection({ name: "notes", embeddingFunction: small });
  });

  it("reembed moves a collection to it, goes on after a failure, and pays for nothing twice", async () => {
    const first = new SmallEmbedder("first");
    const notes = await client().createCollection({ name: "notes", embeddingFunction: first });
    const ids = Array.from({ length: 40 }, (_, i) => `${i}`);
    await notes.add({ ids, documents: ids.map((id) => `document ${id}`) });
    const model = on.embeddings({ ...OTHER, batchSize: 10, concurrency: 1, maxRetries: 0 });
    await model.ready();
    on.server.onRequest = () => {
      if (on.server.requests.length === 4) on.server.fail(status(400, "no more"));
    };
    const move = () => notes.reembed(model, { batchSize: 10 });
    await refused(move, "ERR_INVALID_ARGUMENT", "no more");
    expect(await move()).toMatchObject({ embedded: 10 });
    expect(notes.embedder?.name).toBe("openai-compatible:nomic-embed-text");
    expect(on.server.texts.length).toBe(1 + 40 + 10);
    expect((await notes.query({ queryTexts: "document 7", nResults: 1 })).ids).toEqual([["7"]]);
  });

  it("a write whose embeddings fail writes nothing, and one whose requests are repeated writes all", async () => {
    const embeddingFunction = on.embeddings({ ...OTHER, batchSize: 1, maxRetries: 1 });
    const notes = await client().createCollection({ name: "notes", embeddingFunction });
    on.server.fail(drop("in the body"), drop("at once"), drop("in the body"), drop("at once"));
    on.server.fail(drop("at once"), drop("at once"));
    const add = () => notes.add({ ids: IDS, documents: DOCUMENTS });
    await refused(add, "ERR_CONNECTION", on.server.baseURL);
    expect(await notes.count()).toBe(0);
    expect(await add()).toMatchObject({ added: 3 });
    expect(await notes.count()).toBe(3);
  });

  it("what is cut is told in the result", async () => {
    const embeddingFunction = on.embeddings({ longText: "cut", dimensions: 8 });
    const notes = await client().createCollection({ name: "notes", embeddingFunction });
    const documents = ["short", "word ".repeat(9000)];
    expect(await notes.add({ ids: ["a", "b"], documents })).toMatchObject({ truncated: 1 });
    // The document itself is kept whole.
    expect((await notes.get({ ids: ["b"] })).documents).toEqual([documents[1]]);
  });
});

it("opening a collection with a server that is not there says so", async () => {
  const client = new EphemeralClient();
  const embeddingFunction = new OpenAIEmbeddings({ ...OTHER, baseURL: "http://127.0.0.1:1/v1" });
  const error: NighError = await refused(
    () => client.createCollection({ name: "notes", embeddingFunction }),
    "ERR_CONNECTION",
    "http://127.0.0.1:1/v1",
  );
  expect(error.message).toContain("running");
  expect(await client.countCollections()).toBe(0);
  await client.close();
});
