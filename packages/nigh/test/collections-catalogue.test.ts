import { readdirSync } from "node:fs";
import { join } from "node:path";
import { EphemeralClient, PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { bare, onEachClient, onFolder, three } from "./collections/clients.js";
import { contents, dump } from "./collections/dump.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const NOWHERE = "ERR_NOT_FOUND";

onEachClient((client) => {
  it.each([
    "abc",
    "a".repeat(512),
    "A-b_c.d",
    "1.2.3",
    "1.2.3.4.5",
    "300.1.1.1",
    "topology+name",
    "0a0",
  ])("the name %j is allowed", async (name) => {
    const made = await bare(client(), { name });
    expect(made.name).toBe(name);
    expect((await client().getCollection({ name, embeddingFunction: null })).id).toBe(made.id);
  });

  it("names differ by case", async () => {
    await bare(client(), { name: "notes" });
    await bare(client(), { name: "Notes" });
    expect(await client().countCollections()).toBe(2);
  });

  it("a new collection has what it was made with, and a UUID", async () => {
    const metadata = { topic: "harbours", many: 2n ** 60n, list: ["a", "b"], on: true };
    const made = await bare(client(), {
      metadata,
      configuration: { hnsw: { space: "l2", ef_search: 50, num_threads: 4 } },
    });
    expect(made.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    );
    expect(made.metadata).toEqual(metadata);
    expect([made.tenant, made.database]).toEqual(["default_tenant", "default_database"]);
    expect(made.configuration.hnsw).toMatchObject({ space: "l2", ef_search: 50 });
    expect(await made.count()).toBe(0);
    const got = await client().getCollection({ name: "notes" });
    expect([got.id, got.metadata, got.configuration]).toEqual([
      made.id,
      metadata,
      made.configuration,
    ]);
  });

  it("a new collection compares by cosine and has no metadata, unless told", async () => {
    const made = await bare(client());
    expect(made.configuration.hnsw.space).toBe("cosine");
    expect(made.metadata).toBeNull();
  });

  it("createCollection refuses a name that is there, and leaves the collection as it is", async () => {
    await three(client());
    const before = await dump(client());
    await refused(
      () => bare(client(), { metadata: { a: 1 } }),
      "ERR_EXISTS",
      '"notes"',
      "getOrCreate",
    );
    expect(await dump(client())).toEqual(before);
  });

  it("getOrCreateCollection gives the stored collection as it is, whatever else is said, or makes it", async () => {
    const notes = await three(client());
    await notes.modify({ metadata: { kept: 1 } });
    const before = await dump(client());
    const options = { name: "notes", embeddingFunction: null };
    const same = await client().getOrCreateCollection({
      ...options,
      metadata: { other: 2 },
      configuration: { hnsw: { space: "ip" } },
    });
    expect(same.id).toBe(notes.id);
    expect(same.metadata).toEqual({ kept: 1 });
    expect(same.configuration.hnsw.space).toBe("cosine");
    expect(await dump(client())).toEqual(before);
    const other = await client().getOrCreateCollection({
      ...options,
      name: "other",
      metadata: { a: 1 },
    });
    expect(other.metadata).toEqual({ a: 1 });
    expect(await client().countCollections()).toBe(2);
  });

  it("a collection that is not there is an error that names those that are", async () => {
    await bare(client(), { name: "notes" });
    await bare(client(), { name: "books" });
    const name = "missing";
    await refused(
      () => client().getCollection({ name }),
      NOWHERE,
      '"missing"',
      '"notes"',
      '"books"',
    );
    await refused(() => client().deleteCollection({ name }), NOWHERE, '"missing"', '"notes"');
    expect(await client().countCollections()).toBe(2);
  });

  it("a UUID in the place of a name is looked up as a name", async () => {
    const notes = await three(client());
    await refused(() => client().getCollection({ name: notes.id }), NOWHERE);
  });

  it("collections are listed in the order in which they were made, by pages", async () => {
    const names = ["zebra", "apple", "mango", "fig-tree"];
    for (const name of names) await bare(client(), { name });
    const list = async (page?: object) =>
      (await client().listCollections(page)).map(({ name }) => name);
    expect(await list()).toEqual(names);
    expect(await list({ limit: 2 })).toEqual(names.slice(0, 2));
    expect(await list({ limit: 2, offset: 1 })).toEqual(names.slice(1, 3));
    expect(await list({ offset: 3 })).toEqual(names.slice(3));
    expect(await list({ limit: 0 })).toEqual([]);
    expect(await list({ offset: 9 })).toEqual([]);
    await client().deleteCollection({ name: "apple" });
    await bare(client(), { name: "apple" });
    expect(await list()).toEqual(["zebra", "mango", "fig-tree", "apple"]);
    expect(await client().countCollections()).toBe(4);
  });

  it("a listed collection can be used", async () => {
    await three(client());
    const [notes] = await client().listCollections();
    expect((await notes?.get({ ids: ["a"] }))?.documents).toEqual(["one"]);
  });

  it("a deleted collection is gone for every handle: its calls say so", async () => {
    const notes = await three(client());
    const other = await client().getCollection({ name: "notes", embeddingFunction: null });
    await notes.query({ queryEmbeddings: [[1, 1]] });
    await client().deleteCollection({ name: "notes" });
    const calls = [
      () => notes.get(),
      () => notes.peek(),
      () => notes.count(),
      () => notes.query({ queryEmbeddings: [[1, 1]] }),
      () => notes.add({ ids: ["x"], embeddings: [[1, 1]] }),
      () => notes.update({ ids: ["a"], embeddings: [[1, 1]] }),
      () => notes.upsert({ ids: ["x"], embeddings: [[1, 1]] }),
      () => notes.delete({ ids: ["a"] }),
      () => notes.modify({ name: "again" }),
      () => other.get(),
    ];
    for (const call of calls) await refused(call, NOWHERE, '"notes"', "deleted");
    expect(await client().listCollections()).toEqual([]);
  });

  it("a collection made again under the name of a deleted one has nothing of it, and does not revive its handles", async () => {
    const old = await three(client());
    await old.query({ queryEmbeddings: [[1, 1]] });
    await client().deleteCollection({ name: "notes" });
    const fresh = await bare(client());
    expect(fresh.id).not.toBe(old.id);
    expect(await fresh.count()).toBe(0);
    expect((await fresh.query({ queryEmbeddings: [[1, 1]] })).ids).toEqual([[]]);
    // The dimension is free again.
    await fresh.add({ ids: ["a"], embeddings: [[1, 2, 3]] });
    expect((await fresh.query({ queryEmbeddings: [[1, 2, 3]] })).ids).toEqual([["a"]]);
    await refused(() => old.get(), NOWHERE);
    expect(await client().countCollections()).toBe(1);
  });

  it("modify changes name and metadata, and leaves the records", async () => {
    const notes = await three(client());
    const { records } = await contents(notes);
    await notes.modify({ name: "renamed", metadata: { a: 1, b: "x" } });
    expect([notes.name, notes.metadata]).toEqual(["renamed", { a: 1, b: "x" }]);
    await refused(() => client().getCollection({ name: "notes" }), NOWHERE, '"renamed"');
    const got = await client().getCollection({ name: "renamed", embeddingFunction: null });
    expect(got.id).toBe(notes.id);
    expect((await contents(got)).records).toEqual(records);
    // The metadata of a collection is replaced, not merged.
    await notes.modify({ metadata: { c: true } });
    expect((await client().getCollection({ name: "renamed" })).metadata).toEqual({ c: true });
    await notes.modify({ name: "again" });
    expect(notes.metadata).toEqual({ c: true });
  });

  it("the old name of a renamed collection is free", async () => {
    const notes = await three(client());
    await notes.modify({ name: "renamed" });
    const fresh = await bare(client());
    expect(await fresh.count()).toBe(0);
    expect(await notes.count()).toBe(3);
  });

  it("a collection is not renamed onto another, and may be renamed to its own name", async () => {
    const notes = await three(client());
    await bare(client(), { name: "books" });
    const before = await dump(client());
    await refused(
      () => notes.modify({ name: "books", metadata: { a: 1 } }),
      "ERR_EXISTS",
      '"books"',
    );
    expect(await dump(client())).toEqual(before);
    expect(notes.name).toBe("notes");
    await notes.modify({ name: "notes" });
    expect(await dump(client())).toEqual(before);
  });

  it("modify of the configuration changes what is given only, and accepts what stays the same", async () => {
    const notes = await bare(client(), { configuration: { hnsw: { space: "ip", ef_search: 33 } } });
    await notes.modify({ configuration: { hnsw: { sync_threshold: 900, space: "ip" } } });
    const { hnsw } = (await client().getCollection({ name: "notes" })).configuration;
    expect(hnsw).toMatchObject({ space: "ip", ef_search: 33, sync_threshold: 900 });
  });

  it("databases hold collections apart, and are deleted with them", async () => {
    await client().createDatabase({ name: "second" });
    expect(await client().getDatabase({ name: "second" })).toMatchObject({
      name: "second",
      tenant: "default_tenant",
    });
    await refused(() => client().createDatabase({ name: "second" }), "ERR_EXISTS", '"second"');
    await refused(() => client().getDatabase({ name: "third" }), NOWHERE, '"third"');
    await refused(() => client().deleteDatabase({ name: "third" }), NOWHERE, '"third"');
    const names = async (page: object = {}) =>
      (await client().listDatabases(page)).map(({ name }) => name);
    expect(await names()).toEqual(["default_database", "second"]);
    expect(await names({ limit: 1, offset: 1 })).toEqual(["second"]);
    await client().deleteDatabase({ name: "second" });
    expect(await names()).toEqual(["default_database"]);
  });

  it("tenants hold databases apart; a database may be made for one that is not there, as in Chroma", async () => {
    await client().createTenant({ name: "acme" });
    expect(await client().getTenant({ name: "acme" })).toEqual({
      name: "acme",
      resourceName: null,
    });
    await refused(() => client().createTenant({ name: "acme" }), "ERR_EXISTS", '"acme"');
    await refused(() => client().getTenant({ name: "nobody" }), NOWHERE, '"nobody"');
    await client().createDatabase({ name: "notes", tenant: "acme" });
    await client().createDatabase({ name: "notes", tenant: "nobody" });
    expect(await client().listDatabases({ tenant: "acme" })).toMatchObject([
      { name: "notes", tenant: "acme" },
    ]);
    expect(await client().listDatabases({ tenant: "unheard" })).toEqual([]);
    await client().deleteDatabase({ name: "notes", tenant: "acme" });
    expect(await client().listDatabases({ tenant: "acme" })).toEqual([]);
    expect(await client().listDatabases({ tenant: "nobody" })).toHaveLength(1);
  });

  it("the heartbeat is the time in nanoseconds", async () => {
    expect(Math.abs((await client().heartbeat()) / 1e6 - Date.now())).toBeLessThan(10_000);
  });

  it("a closed client refuses every call, and may be closed again", async () => {
    const notes = await three(client());
    await client().close();
    await client().close();
    const calls = [
      () => client().createCollection({ name: "more", embeddingFunction: null }),
      () => client().getOrCreateCollection({ name: "notes", embeddingFunction: null }),
      () => client().getCollection({ name: "notes" }),
      () => client().listCollections(),
      () => client().countCollections(),
      () => client().deleteCollection({ name: "notes" }),
      () => client().createTenant({ name: "acme" }),
      () => client().getTenant({ name: "acme" }),
      () => client().createDatabase({ name: "more" }),
      () => client().getDatabase({ name: "more" }),
      () => client().listDatabases(),
      () => client().deleteDatabase({ name: "more" }),
      () => client().heartbeat(),
      () => notes.get(),
      () => notes.count(),
      () => notes.peek(),
      () => notes.query({ queryEmbeddings: [[1, 1]] }),
      () => notes.add({ ids: ["x"], embeddings: [[1, 1]] }),
      () => notes.update({ ids: ["a"], embeddings: [[1, 1]] }),
      () => notes.upsert({ ids: ["x"], embeddings: [[1, 1]] }),
      () => notes.delete({ ids: ["a"] }),
      () => notes.modify({ name: "more" }),
    ];
    for (const call of calls) await refused(call, "ERR_CLOSED", "closed");
  });

  it("close waits for writes that have begun: what they acknowledge is stored", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 2000 }, (_, i) => `r${i}`);
    const writes = [1, 2, 3].map((batch) =>
      notes.add({ ids: ids.map((id) => `${id}-${batch}`), embeddings: ids.map(() => [batch, 1]) }),
    );
    await Promise.resolve();
    await client().close();
    for (const write of await Promise.allSettled(writes)) {
      expect(write).toMatchObject({ status: "fulfilled", value: { added: 2000 } });
    }
  });

  it("close waits for writes whose texts are still being embedded; a call that comes later is refused", async () => {
    let embed = () => {};
    const begun = new Promise<void>((resolve) => {
      embed = resolve;
    });
    const embedder = new SmallEmbedder("slow");
    const encode = embedder.encodeDocument.bind(embedder);
    embedder.encodeDocument = async (texts: never) => {
      await begun;
      return encode(texts) as never;
    };
    const notes = await client().createCollection({ name: "notes", embeddingFunction: embedder });
    const calls = [
      notes.add({ ids: ["a"], documents: ["one"] }),
      notes.upsert({ ids: ["b"], documents: ["two"] }),
    ];
    const closed = client().close();
    embed();
    expect(await Promise.all(calls)).toMatchObject([{ added: 1 }, { added: 1 }]);
    await closed;
    await refused(() => notes.add({ ids: ["c"], documents: ["three"] }), "ERR_CLOSED");
  });
});

describe("EphemeralClient", () => {
  it("two of them share nothing", async () => {
    const [one, two] = [new EphemeralClient(), new EphemeralClient()];
    await three(one);
    expect(await two.listCollections()).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });
});

describe("PersistentClient", () => {
  it("with a relative path stays with its folder when the program goes to another", async () => {
    const [here, there] = [temporaryFolder(), temporaryFolder()];
    const before = process.cwd();
    process.chdir(here);
    try {
      const client = new PersistentClient({ path: "db" });
      const notes = await three(client);
      process.chdir(there);
      await notes.add({
        ids: Array.from({ length: 300 }, (_, i) => `r${i}`),
        embeddings: Array.from({ length: 300 }, () => [1, 2]),
      });
      expect((await notes.stats()).database.log).toBeGreaterThan(0);
      await client.compact();
      await client.close();
      expect(readdirSync(there)).toEqual([]);
      expect(readdirSync(join(here, "db"))).toContain("nigh.sqlite3");
    } finally {
      process.chdir(before);
    }
  });

  onFolder((client, folder) => {
    it("a collection is the same after the client is closed and opened again", async () => {
      const notes = await three(client());
      await notes.modify({ metadata: { big: 2n ** 62n } });
      await notes.delete({ ids: ["b"] });
      const before = await dump(client());
      const found = await notes.query({ queryEmbeddings: [[1, 0.5]] });
      await client().close();
      const again = new PersistentClient({ path: folder() });
      expect(await dump(again)).toEqual(before);
      const reopened = await again.getCollection({ name: "notes", embeddingFunction: null });
      expect(reopened.id).toBe(notes.id);
      expect(await reopened.query({ queryEmbeddings: [[1, 0.5]] })).toEqual(found);
      await refused(() => reopened.add({ ids: ["x"], embeddings: [[1]] }), "ERR_DIMENSION");
      await again.close();
    });

    it("a second client on the folder sees what the first has committed, at once, and the other way round", async () => {
      const notes = await three(client());
      const second = new PersistentClient({ path: folder() });
      const same = await second.getCollection({ name: "notes", embeddingFunction: null });
      const near = async (of = same) => (await of.query({ queryEmbeddings: [[1, 0]] })).ids[0];
      expect(await near()).toEqual(["a", "c", "b"]);
      await notes.add({ ids: ["d"], embeddings: [[1, 0.1]] });
      expect(await near()).toEqual(["a", "d", "c", "b"]);
      await same.update({ ids: ["b"], embeddings: [[1, 0.05]] });
      await same.delete({ ids: ["a"] });
      expect(await near(notes)).toEqual(["b", "d", "c"]);
      expect(await dump(second)).toEqual(await dump(client()));
      await same.modify({ name: "renamed" });
      await notes.count();
      expect(notes.name).toBe("renamed");
      await second.deleteCollection({ name: "renamed" });
      await refused(() => notes.get(), NOWHERE);
      await second.close();
    });

    it("clients of different databases and tenants do not see each other's collections", async () => {
      await client().createDatabase({ name: "second" });
      await client().createDatabase({ name: "second", tenant: "acme" });
      const places = [{ database: "second" }, { database: "second", tenant: "acme" }];
      const others = places.map((place) => new PersistentClient({ path: folder(), ...place }));
      await three(client());
      for (const [i, other] of others.entries()) {
        const own = await bare(other, { metadata: { i } });
        expect([own.tenant, own.database]).toEqual([
          places[i]?.tenant ?? "default_tenant",
          "second",
        ]);
      }
      for (const [i, other] of others.entries()) {
        expect((await other.listCollections()).map(({ metadata }) => metadata)).toEqual([{ i }]);
      }
      await client().deleteDatabase({ name: "second" });
      expect(await others[0]?.countCollections()).toBe(0);
      expect(await others[1]?.countCollections()).toBe(1);
      expect(await client().countCollections()).toBe(1);
      await Promise.all(others.map((other) => other.close()));
    });

    it("a database that is not there is an error when a collection is made, which says how to make it", async () => {
      const lost = new PersistentClient({ path: folder(), database: "nowhere" });
      await refused(() => bare(lost), NOWHERE, '"nowhere"', "createDatabase");
      expect(await lost.listCollections()).toEqual([]);
      await lost.createDatabase({ name: "nowhere" });
      await bare(lost);
      await lost.close();
    });

    it("the first write and question of a collection among hundreds cost less than making it", async () => {
      // Of the processor: disks and other programs count for nothing.
      const spent = { making: 0, using: 0 };
      const measure = async <T>(what: keyof typeof spent, work: () => Promise<T>): Promise<T> => {
        const start = process.cpuUsage();
        const result = await work();
        const { user, system } = process.cpuUsage(start);
        spent[what] += user + system;
        return result;
      };
      for (let i = 0; i < 300; i++) {
        if (i === 280) spent.making = spent.using = 0;
        const made = await measure("making", () => bare(client(), { name: `notes-${i}` }));
        await measure("using", async () => {
          await made.add({ ids: ["a"], embeddings: [[1, i]] });
          expect((await made.get()).ids).toEqual(["a"]);
        });
      }
      expect(spent.using).toBeLessThan(spent.making);
    });
  });
});
