import {
  type CollectionsClient,
  connect,
  copyCollection,
  Float,
  type Progress,
  type RecordCollection,
} from "nigh";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SmallEmbedder, vectorOf } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";
import { ChromaDouble } from "./remote/chroma-double.js";
import { TestPostgres } from "./remote/postgres.js";

const COUNT = 250;

async function records(collection: RecordCollection) {
  return (await collection.readPage({ limit: 10_000 })).records;
}

async function fill(client: CollectionsClient, name = "notes"): Promise<RecordCollection> {
  const notes = await client.createCollection({
    ...{ name, metadata: { about: "copies", version: 2, edition: new Float(1) } },
    ...{
      configuration: { hnsw: { space: "ip" } },
      embeddingFunction: new SmallEmbedder("small", 3),
    },
  });
  const ids = Array.from({ length: COUNT }, (_, i) => `id-${(i * 7919) % COUNT}`);
  await notes.add({
    ids,
    embeddings: ids.map((id, i) => (i === 3 ? Float32Array.of(-0, 1e-40, 3e38) : vectorOf(id, 3))),
    documents: ids.map((id, i) => (i % 3 === 0 ? null : `document ${id}`)),
    uris: ids.map((_, i) => (i % 5 === 0 ? `file:${i}` : null)),
    metadatas: ids.map((_, i) =>
      i % 4 === 0
        ? null
        : { i, float: new Float(i), big: 2n ** 60n + BigInt(i), tags: ["a", `${i}`], yes: i > 9 },
    ),
  });
  // Records that are written by documents tie the collection to its embedder.
  await notes.add({ ids: ["last"], documents: ["the last one"] });
  return notes;
}

describe("copyCollection", () => {
  let postgres: TestPostgres;
  let server: ChromaDouble;
  let clients: Record<string, CollectionsClient>;
  beforeAll(async () => {
    postgres = await TestPostgres.start();
  });
  afterAll(() => postgres.close());
  beforeEach(async () => {
    server = new ChromaDouble();
    await Promise.all([server.start(), postgres.wipe()]);
    clients = {
      memory: await connect(":memory:"),
      other: await connect(":memory:"),
      server: await connect(server.url),
      postgres: await connect(postgres.url),
    };
  });
  afterEach(async () => {
    for (const client of Object.values(clients)) await client.close();
    await server.close();
  });

  it.each([
    ["memory", "other"],
    ["memory", "server"],
    ["server", "postgres"],
    ["postgres", "memory"],
    ["memory", "postgres"],
    ["postgres", "server"],
  ])(
    "from %s to %s gives the same records in the same order, space, metadata and embedder",
    async (a, b) => {
      const [from, to] = [clients[a], clients[b]] as [CollectionsClient, CollectionsClient];
      const source = await fill(from);
      const { collection, records: count } = await copyCollection(from, to, "notes");
      expect(count).toBe(COUNT + 1);
      expect(await records(collection)).toEqual(await records(source));
      const opened = await to.getCollection({
        ...{ name: "notes", embeddingFunction: new SmallEmbedder("small", 3) },
      });
      expect(opened.metadata).toEqual({ about: "copies", version: 2, edition: 1 });
      expect(await opened.exactMetadata()).toEqual({
        ...{ about: "copies", version: 2, edition: new Float(1) },
      });
      expect(opened.configuration.hnsw.space).toBe("ip");
      expect(opened.embedder).toEqual(source.embedder);
      expect((await opened.query({ queryTexts: "the last one" })).ids[0]?.length).toBe(10);
    },
  );

  it.each([
    ["from", {}],
    ["to", {}],
    ["to", null],
  ])('refuses what is no client: "%s" is %o', async (which, none) => {
    const memory = clients.memory as CollectionsClient;
    const [from, to] = which === "from" ? [none as never, memory] : [memory, none as never];
    await fill(memory);
    await refused(() => copyCollection(from, to, "notes"), "ERR_INVALID_ARGUMENT", `"${which}"`);
  });

  it("says after each batch how far it is, how fast, and how long it will take", async () => {
    await fill(clients.memory as CollectionsClient);
    const seen: Progress[] = [];
    await copyCollection(
      clients.memory as CollectionsClient,
      clients.other as CollectionsClient,
      "notes",
      { batchSize: 100, newName: "copied", onProgress: (progress) => seen.push(progress) },
    );
    expect(seen.map(({ done, total }) => [done, total])).toEqual([
      [100, COUNT + 1],
      [200, COUNT + 1],
      [COUNT + 1, COUNT + 1],
    ]);
    expect(seen.every(({ perSecond }) => perSecond > 0)).toBe(true);
    expect(seen.map(({ etaSeconds }) => etaSeconds > 0)).toEqual([true, true, false]);
    const [collection] = (await clients.other?.listCollections()) ?? [];
    expect(collection?.name).toBe("copied");
  });

  it.each(["other", "server", "postgres"])("to %s goes on where it was stopped", async (b) => {
    const [from, to] = [clients.memory, clients[b]] as [CollectionsClient, CollectionsClient];
    const source = await fill(from);
    const stop = new AbortController();
    await refused(
      () =>
        copyCollection(from, to, "notes", {
          ...{ batchSize: 60, signal: stop.signal },
          onProgress: ({ done }) => {
            if (done === 120) stop.abort();
          },
        }),
      "ERR_ABORTED",
    );
    const [half] = await to.listCollections();
    expect(await half?.count()).toBe(120);
    const { collection } = await copyCollection(from, to, "notes", { batchSize: 60 });
    expect(await records(collection)).toEqual(await records(source));
  });

  it.each(["other", "server", "postgres"])(
    "to %s brings records that are there to the original's state",
    async (b) => {
      const [from, to] = [clients.memory, clients[b]] as [CollectionsClient, CollectionsClient];
      const source = await fill(from);
      const { collection } = await copyCollection(from, to, "notes");
      const ids = (await source.get({ limit: 2 })).ids;
      await collection.update({
        ids,
        embeddings: ids.map(() => [9, 9, 9]),
        documents: ["another", "another"],
        metadatas: [{ stale: 1 }, { stale: 2 }],
      });
      await copyCollection(from, to, "notes");
      const sorted = async (of: RecordCollection) =>
        [...(await records(of))].sort((x, y) => (x.id < y.id ? -1 : 1));
      expect(await sorted(collection)).toEqual(await sorted(source));
    },
  );

  it("fails when the copy has records of its own at the end", async () => {
    const [from, to] = [clients.memory, clients.other] as [CollectionsClient, CollectionsClient];
    await fill(from);
    const { collection } = await copyCollection(from, to, "notes");
    await collection.upsert({ ids: ["own"], embeddings: [[1, 2, 3]] });
    await refused(
      () => copyCollection(from, to, "notes"),
      "ERR_MISMATCH",
      `${COUNT + 2} records, the original ${COUNT + 1}`,
    );
  });

  it("gives a collection that embeds nothing, and says how to open it for texts", async () => {
    const [from, to] = [clients.memory, clients.other] as [CollectionsClient, CollectionsClient];
    await fill(from);
    const { collection } = await copyCollection(from, to, "notes");
    const query = () => collection.query({ queryTexts: "the last one" });
    await refused(query, "ERR_INVALID_ARGUMENT", "getCollection", '"small"');
  });

  it("fails when a record is deleted that was copied already", async () => {
    const [from, to] = [clients.memory, clients.other] as [CollectionsClient, CollectionsClient];
    const notes = await fill(from);
    const { id, name, metadata, configuration, embedder } = notes;
    const watched: Partial<RecordCollection> = {
      ...{ id, name, metadata, configuration, embedder, count: () => notes.count() },
      exactMetadata: () => notes.exactMetadata(),
      readPage: async (options) => {
        const page = await notes.readPage(options);
        if (options.after !== undefined) await notes.delete({ ids: ["id-0"] });
        return page;
      },
    };
    const watching = { getCollection: async () => watched } as unknown as CollectionsClient;
    await refused(
      () => copyCollection(watching, to, "notes", { batchSize: 200 }),
      "ERR_MISMATCH",
      `${COUNT + 1} records, the original ${COUNT}`,
    );
  });

  it("refuses another space, another embedder, itself, and what is not there", async () => {
    const [from, to] = [clients.memory, clients.other] as [CollectionsClient, CollectionsClient];
    await fill(from);
    await to.createCollection({ name: "notes", embeddingFunction: null });
    await refused(() => copyCollection(from, to, "notes"), "ERR_INVALID_ARGUMENT", "cosine", "ip");
    const other = await to.createCollection({
      ...{ name: "taken", embeddingFunction: new SmallEmbedder("big", 3) },
      configuration: { hnsw: { space: "ip" } },
    });
    await other.add({ ids: ["x"], documents: ["y"] });
    await refused(
      () => copyCollection(from, to, "notes", { newName: "taken" }),
      "ERR_EMBEDDER",
      "big",
    );
    await refused(() => copyCollection(from, from, "notes"), "ERR_INVALID_ARGUMENT", "itself");
    await refused(() => copyCollection(from, to, "nothing"), "ERR_NOT_FOUND", "nothing");
    await refused(
      () => copyCollection(from, to, "notes", { batchsize: 5 } as never),
      "ERR_UNKNOWN_OPTION",
      "batchSize",
    );
    const { records: count } = await copyCollection(from, from, "notes", { newName: "twin" });
    expect(count).toBe(COUNT + 1);
  });
});
