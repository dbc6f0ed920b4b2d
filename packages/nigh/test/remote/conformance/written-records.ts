import { Float } from "nigh";
import { describe, expect, it } from "vitest";
import { withThree } from "../../collections/clients.js";
import { vectorOf } from "../../collections/embedders.js";
import { refused } from "../../collections/refused.js";
import { everything, type Place } from "./place.js";

export function describeWrittenRecords({ bare, three, client }: Place): void {
  describe("records", () => {
    it("come back as they were added, in that order", async () => {
      const notes = await three();
      expect(await everything(notes)).toEqual([
        { id: "a", document: "one", metadata: { n: 1 }, uri: "file:a", embedding: [1, 0] },
        { id: "b", document: "two", metadata: { n: 2, s: "x" }, uri: null, embedding: [0, 1] },
        { id: "c", document: null, metadata: null, uri: null, embedding: [1, 1] },
      ]);
      expect(await notes.count()).toBe(3);
      expect((await notes.peek({ limit: 2 })).ids).toEqual(["a", "b"]);
    });

    it("that are there are skipped by add, and reported in their order", async () => {
      const notes = await three();
      const added = await notes.add({
        ids: ["c", "d", "a"],
        embeddings: [
          [9, 9],
          [2, 2],
          [9, 9],
        ],
      });
      expect(added).toEqual({ added: 1, skipped: ["c", "a"], encoded: 0, truncated: 0 });
      const rows = await everything(notes);
      expect(rows.map(({ id, embedding }) => [id, ...embedding])).toEqual([
        ["a", 1, 0],
        ["b", 0, 1],
        ["c", 1, 1],
        ["d", 2, 2],
      ]);
    });

    it("that are deleted while they are added are reported as what became of them", async () => {
      const notes = await three();
      const [, { added, skipped }] = await Promise.all([
        notes.delete({ ids: ["a"] }),
        notes.add({ ids: ["a"], embeddings: [[9, 9]] }),
      ]);
      expect((await notes.get({ ids: ["a"] })).ids).toHaveLength(added);
      expect(skipped).toEqual(added === 1 ? [] : ["a"]);
    });

    it("of another dimension are refused by update, whether their ids are there or not", async () => {
      const notes = await three();
      for (const id of ["a", "nowhere"]) {
        const update = () => notes.update({ ids: [id], embeddings: [[1, 2, 3]] });
        await refused(update, "ERR_DIMENSION", "3");
      }
    });

    it("stay as they are, and the metadata exact, when the collection gets a name", async () => {
      const metadata = { whole: new Float(1), count: 1 };
      const notes = await withThree(await bare({ metadata }));
      await notes.modify({ name: "renamed" });
      expect(notes.metadata).toEqual({ whole: 1, count: 1 });
      const opened = await client().getCollection({ name: "renamed", embeddingFunction: null });
      expect(await opened.exactMetadata()).toEqual(metadata);
      expect(await opened.count()).toBe(3);
    });

    it("are merged by upsert: metadata key by key, null takes a key away, what is not given stays", async () => {
      const notes = await three();
      const result = await notes.upsert({
        ids: ["b", "d"],
        embeddings: [
          [5, 5],
          [6, 6],
        ],
        metadatas: [
          { s: null, t: true },
          { s: null, u: "new" },
        ],
        uris: [null, "file:d"],
      });
      expect(result).toEqual({ added: 1, updated: 1, encoded: 0, truncated: 0 });
      expect((await everything(notes)).slice(1)).toEqual([
        { id: "b", document: "two", metadata: { n: 2, t: true }, uri: null, embedding: [5, 5] },
        { id: "c", document: null, metadata: null, uri: null, embedding: [1, 1] },
        { id: "d", document: null, metadata: { u: "new" }, uri: "file:d", embedding: [6, 6] },
      ]);
    });

    it("are changed by update where they are there; other ids are reported", async () => {
      const notes = await three();
      const result = await notes.update({
        ids: ["z", "a", "c"],
        embeddings: [null, null, [7, 7]],
        metadatas: [{ n: 9 }, { n: null }, { list: ["x", "y"] }],
      });
      expect(result).toEqual({ updated: 2, unknown: ["z"], encoded: 0, truncated: 0 });
      expect(await everything(notes)).toEqual([
        { id: "a", document: "one", metadata: null, uri: "file:a", embedding: [1, 0] },
        { id: "b", document: "two", metadata: { n: 2, s: "x" }, uri: null, embedding: [0, 1] },
        {
          id: "c",
          document: null,
          metadata: { list: ["x", "y"] },
          uri: null,
          embedding: [7, 7],
        },
      ]);
    });

    it("are deleted by ids and by filters, and counted", async () => {
      const notes = await three();
      expect(await notes.delete({ ids: ["a", "nobody"] })).toEqual({ deleted: 1 });
      expect(await notes.delete({ where: { n: 5 } })).toEqual({ deleted: 0 });
      expect(await notes.delete({ ids: [] })).toEqual({ deleted: 0 });
      await notes.add({
        ids: ["d", "e"],
        embeddings: [
          [1, 2],
          [1, 3],
        ],
        metadatas: [{ n: 2 }, { n: 2 }],
      });
      expect(await notes.delete({ where: { n: 2 }, limit: 2 })).toEqual({ deleted: 2 });
      expect((await notes.get()).ids).toEqual(["c", "e"]);
    });

    it("of any number are written by one call and read back", async () => {
      const notes = await bare();
      const count = 1234;
      const ids = Array.from({ length: count }, (_, i) => `id-${i}`);
      const embeddings = ids.map((id) => vectorOf(id, 3));
      expect(await notes.add({ ids, embeddings })).toMatchObject({ added: count });
      expect(await notes.upsert({ ids, embeddings })).toMatchObject({ updated: count });
      const back = await notes.get({ include: ["embeddings"] });
      expect(back.ids).toEqual(ids);
      expect(back.embeddings).toEqual(embeddings);
      expect(await notes.delete({ ids })).toEqual({ deleted: count });
    });
  });
}
