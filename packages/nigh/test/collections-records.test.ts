import type { Include } from "nigh";
import { expect, it } from "vitest";
import { bare, onEachClient, three } from "./collections/clients.js";
import { contents } from "./collections/dump.js";
import { refused } from "./collections/refused.js";

const ALL: readonly Include[] = ["documents", "metadatas", "embeddings", "uris"];

onEachClient((client) => {
  it("add stores every column, and what a record lacks is null", async () => {
    const notes = await three(client());
    const all = await notes.get({ include: ALL });
    expect(all.ids).toEqual(["a", "b", "c"]);
    expect(all.documents).toEqual(["one", "two", null]);
    expect(all.metadatas).toEqual([{ n: 1 }, { n: 2, s: "x" }, null]);
    expect(all.uris).toEqual(["file:a", null, null]);
    expect(all.embeddings).toEqual([
      new Float32Array([1, 0]),
      new Float32Array([0, 1]),
      new Float32Array([1, 1]),
    ]);
  });

  it("add leaves records whose ids are there as they are, adds the others, and reports which", async () => {
    const notes = await three(client());
    const before = await contents(notes);
    const report = await notes.add({
      ids: ["d", "b", "a"],
      embeddings: [
        [5, 5],
        [6, 6],
        [7, 7],
      ],
      documents: ["four", "TWO", "ONE"],
      metadatas: [{ n: 4 }, { n: 20 }, { n: 10 }],
    });
    expect(report).toEqual({ added: 1, skipped: ["b", "a"], encoded: 0, truncated: 0 });
    const after = await contents(notes);
    expect(after.records.slice(0, 3)).toEqual(before.records);
    expect(after.records[3]).toEqual({
      id: "d",
      document: "four",
      metadata: { n: 4 },
      uri: null,
      embedding: [5, 5],
    });
  });

  it("update changes what is given, keeps what is not, and reports ids that are not there", async () => {
    const notes = await three(client());
    expect(
      await notes.update({
        ids: ["b", "nowhere", "a"],
        documents: ["TWO", "?", null],
        embeddings: [
          [7, 7],
          [9, 9],
          [8, 8],
        ],
        metadatas: [{ s: "y" }, { n: 0 }, null],
        uris: ["file:b", null, null],
      }),
    ).toEqual({ updated: 2, unknown: ["nowhere"], encoded: 0, truncated: 0 });
    expect((await contents(notes)).records).toEqual([
      { id: "a", document: "one", metadata: { n: 1 }, uri: "file:a", embedding: [8, 8] },
      { id: "b", document: "TWO", metadata: { n: 2, s: "y" }, uri: "file:b", embedding: [7, 7] },
      { id: "c", document: null, metadata: null, uri: null, embedding: [1, 1] },
    ]);
  });

  it("a changed document needs a vector: without an embedding function the whole update is refused", async () => {
    const notes = await three(client());
    const before = await contents(notes);
    const update = () =>
      notes.update({ ids: ["a", "b"], documents: [null, "TWO"], embeddings: [[8, 8], null] });
    await refused(update, "ERR_INVALID_ARGUMENT", "without an embedding function", "notes");
    expect(await contents(notes)).toEqual(before);
  });

  it("update of metadata alone needs neither vectors nor documents", async () => {
    const notes = await three(client());
    await notes.update({ ids: ["c"], metadatas: [{ late: true }] });
    expect((await notes.get({ ids: ["c"], include: ALL })).rows()).toEqual([
      {
        id: "c",
        document: null,
        metadata: { late: true },
        embedding: new Float32Array([1, 1]),
        uri: null,
      },
    ]);
  });

  it("upsert adds what is new and merges into what is there", async () => {
    const notes = await three(client());
    const report = await notes.upsert({
      ids: ["b", "new"],
      embeddings: [
        [3, 3],
        [4, 4],
      ],
      metadatas: [{ t: 5 }, { n: 9 }],
    });
    expect(report).toEqual({ added: 1, updated: 1, encoded: 0, truncated: 0 });
    const { records } = await contents(notes);
    expect(records[1]).toEqual({
      id: "b",
      document: "two",
      metadata: { n: 2, s: "x", t: 5 },
      uri: null,
      embedding: [3, 3],
    });
    expect(records.map(({ id }) => id)).toEqual(["a", "b", "c", "new"]);
  });

  it("an id may be a string by itself, with entries that are no lists", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: "only",
      embeddings: [[1, 2]],
      documents: "text",
      metadatas: { n: 1 },
      uris: "u:1",
    });
    expect(
      (await notes.get({ ids: "only", include: ["documents", "metadatas", "uris"] })).rows(),
    ).toEqual([{ id: "only", document: "text", metadata: { n: 1 }, uri: "u:1" }]);
    expect(await notes.delete({ ids: "only" })).toEqual({ deleted: 1 });
  });

  it("a batch without ids is accepted and changes nothing", async () => {
    const notes = await three(client());
    const before = await contents(notes);
    expect(await notes.add({ ids: [], embeddings: [] })).toMatchObject({ added: 0, skipped: [] });
    expect(await notes.upsert({ ids: [], embeddings: [] })).toMatchObject({ added: 0, updated: 0 });
    expect(await notes.update({ ids: [] })).toMatchObject({ updated: 0, unknown: [] });
    expect(await contents(notes)).toEqual(before);
  });

  it("records keep the order in which they were added, whatever happens to others", async () => {
    const notes = await bare(client());
    const add = (...ids: string[]) => notes.add({ ids, embeddings: ids.map(() => [1, 2]) });
    await add("z", "m");
    await add("a", "k", "b");
    await notes.update({ ids: ["m"], embeddings: [[5, 5]], metadatas: [{ n: 1 }] });
    await notes.delete({ ids: ["k"] });
    await notes.upsert({
      ids: ["z", "k"],
      embeddings: [
        [1, 1],
        [1, 1],
      ],
    });
    expect((await notes.get()).ids).toEqual(["z", "m", "a", "b", "k"]);
    expect((await notes.get({ ids: ["b", "z", "m"] })).ids).toEqual(["z", "m", "b"]);
  });

  it("get takes ids as a set: unknown and repeated ones do no harm, an empty list finds nothing", async () => {
    const notes = await three(client());
    expect((await notes.get({ ids: ["c", "nowhere", "a", "c"] })).ids).toEqual(["a", "c"]);
    expect((await notes.get({ ids: [] })).ids).toEqual([]);
    expect((await notes.get({ ids: ["nowhere"] })).ids).toEqual([]);
  });

  it("limit and offset cut a page out of the order", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 25 }, (_, i) => `r${i}`);
    await notes.add({ ids, embeddings: ids.map((_, i) => [i, 1]) });
    const page = async (limit?: number, offset?: number) =>
      (await notes.get({ limit, offset })).ids;
    expect(await page(10)).toEqual(ids.slice(0, 10));
    expect(await page(10, 20)).toEqual(ids.slice(20));
    expect(await page(undefined, 22)).toEqual(ids.slice(22));
    expect(await page(0)).toEqual([]);
    expect(await page(5, 25)).toEqual([]);
    expect((await notes.get({ ids: ["r3", "r9", "r4"], limit: 1, offset: 1 })).ids).toEqual(["r4"]);
  });

  it("get includes documents and metadatas unless told, and null for what was not asked for", async () => {
    const notes = await three(client());
    const usual = await notes.get();
    expect(usual.include).toEqual(["documents", "metadatas"]);
    expect([usual.embeddings, usual.uris]).toEqual([null, null]);
    for (const name of ALL) {
      const one = await notes.get({ include: [name] });
      for (const other of ALL) expect(one[other as "documents"] === null).toBe(other !== name);
    }
    const none = await notes.get({ include: [] });
    expect(none.rows()).toEqual([{ id: "a" }, { id: "b" }, { id: "c" }]);
    // Distances are for query, and ignored here as in Chroma.
    expect((await notes.get({ include: ["distances"] })).rows()).toEqual(none.rows());
  });

  it("rows() gives the columns as objects", async () => {
    const notes = await three(client());
    const all = await notes.get({ include: ["documents", "uris"] });
    expect(all.rows()).toEqual([
      { id: "a", document: "one", uri: "file:a" },
      { id: "b", document: "two", uri: null },
      { id: "c", document: null, uri: null },
    ]);
  });

  it("peek gives the first records with their embeddings, ten unless told", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 12 }, (_, i) => `r${i}`);
    await notes.add({ ids, embeddings: ids.map((_, i) => [i, 1]) });
    const first = await notes.peek();
    expect(first.ids).toEqual(ids.slice(0, 10));
    expect(first.embeddings?.[3]).toEqual(new Float32Array([3, 1]));
    expect((await notes.peek({ limit: 2 })).ids).toEqual(["r0", "r1"]);
    expect((await notes.peek({ limit: 99 })).ids).toEqual(ids);
  });

  it("count counts, also after deletions", async () => {
    const notes = await bare(client());
    expect(await notes.count()).toBe(0);
    await notes.add({ ids: ["a", "b"], embeddings: [[1], [2]] });
    expect(await notes.count()).toBe(2);
    await notes.delete({ ids: ["a"] });
    expect(await notes.count()).toBe(1);
  });

  it("delete counts what was there, not what was asked for", async () => {
    const notes = await three(client());
    expect(await notes.delete({ ids: ["a", "nowhere"] })).toEqual({ deleted: 1 });
    expect(await notes.delete({ ids: ["a"] })).toEqual({ deleted: 0 });
    expect(await notes.delete({ ids: [] })).toEqual({ deleted: 0 });
    expect((await notes.get()).ids).toEqual(["b", "c"]);
  });

  it("delete without ids and filters is refused: it would delete everything", async () => {
    const notes = await three(client());
    await refused(() => notes.delete({}), "ERR_INVALID_ARGUMENT", "ids", "delete the collection");
    await refused(() => notes.delete({ ids: ["a"], limit: 1 }), "ERR_INVALID_ARGUMENT", "limit");
    expect(await notes.count()).toBe(3);
  });

  it("a deleted id can be added again, and has nothing of the old record", async () => {
    const notes = await three(client());
    await notes.delete({ ids: ["b"] });
    await notes.add({ ids: ["b"], embeddings: [[2, 2]] });
    expect((await notes.get({ ids: ["b"], include: ALL })).rows()).toEqual([
      { id: "b", document: null, metadata: null, embedding: new Float32Array([2, 2]), uri: null },
    ]);
  });

  it("what is given is taken as it is at the call: changes after it do not matter", async () => {
    const notes = await bare(client());
    const vector = new Float32Array([1, 2]);
    const list = [1, 2];
    const tags = ["x", "y"];
    const metadata = { n: 1, tags };
    const ids = ["a", "b"];
    const done = notes.add({
      ids,
      embeddings: [vector, list] as never,
      metadatas: [metadata, metadata],
    });
    vector.fill(9);
    list.fill(9);
    metadata.n = 9;
    tags[0] = "changed";
    ids[0] = "z";
    await done;
    expect((await contents(notes)).records).toEqual(
      ["a", "b"].map((id) => ({
        id,
        document: null,
        metadata: { n: 1, tags: ["x", "y"] },
        uri: null,
        embedding: [1, 2],
      })),
    );
  });

  it("what is read is the caller's: changing it changes nothing stored", async () => {
    const notes = await three(client());
    const before = await contents(notes);
    const read = await notes.get({ include: ALL });
    read.embeddings?.[0]?.fill(9);
    (read.metadatas?.[0] as Record<string, unknown>)["n"] = 9;
    expect(await contents(notes)).toEqual(before);
    const found = await notes.query({ queryEmbeddings: [[1, 0]], include: ["embeddings"] });
    found.embeddings?.[0]?.[0]?.fill(9);
    const again = await notes.query({ queryEmbeddings: [[1, 0]], include: ["distances"] });
    expect(again.ids[0]?.[0]).toBe("a");
  });
});
