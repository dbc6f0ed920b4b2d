import { runInNewContext } from "node:vm";
import { type CreateCollectionOptions, Float } from "nigh";
import { describe, expect, it } from "vitest";
import { refused } from "../../collections/refused.js";
import type { Place } from "./place.js";

export function describeReadRecords({ bare, three }: Place): void {
  describe("records", () => {
    it("are searched in the space that the metadata name in Chroma's older way", async () => {
      const metadata = { "hnsw:space": "ip", "hnsw:search_ef": 77 };
      const notes = await bare({ metadata, configuration: undefined });
      expect(notes.configuration.hnsw).toMatchObject({ space: "ip", ef_search: 77 });
      expect(notes.metadata).toEqual(metadata);
      await notes.add({ ids: ["a"], embeddings: [[2, 0]] });
      expect((await notes.query({ queryEmbeddings: [[3, 0]] })).distances).toEqual([[-5]]);
      const configured = { name: "other", metadata, configuration: { hnsw: { space: "l2" } } };
      const other = await bare(configured as Partial<CreateCollectionOptions>);
      expect(other.configuration.hnsw.space).toBe("l2");
    });

    it("and filters of another realm, as tests in Jest have them, are taken", async () => {
      const notes = await bare();
      const records = runInNewContext(
        "({ ids: ['a', 'b'], embeddings: [new Float32Array([1, 0]), [0, 1]], metadatas: [{ n: 1 }, { n: 2 }] })",
      );
      await notes.add(records);
      const query = runInNewContext(
        "({ queryEmbeddings: [new Float32Array([0, 1])], where: { n: { $gte: 1 } } })",
      );
      expect((await notes.query(query)).ids).toEqual([["b", "a"]]);
      expect((await notes.get({ ids: ["a"] })).metadatas).toEqual([{ n: 1 }]);
    });

    it("are not looked for by a query that is no vector: the message names the column", async () => {
      const notes = await three();
      const query = () => notes.query({ queryEmbeddings: "" as never });
      const error = await refused(query, "ERR_INVALID_ARGUMENT");
      expect(error.message).not.toContain("queryTexts");
    });

    it("are found by ids, filters, limit and offset, always in the order in which they were added", async () => {
      const notes = await three();
      expect((await notes.get({ ids: ["c", "nobody", "a", "c"] })).ids).toEqual(["a", "c"]);
      expect((await notes.get({ ids: [] })).ids).toEqual([]);
      expect((await notes.get({ limit: 1, offset: 1 })).ids).toEqual(["b"]);
      expect((await notes.get({ limit: 0 })).ids).toEqual([]);
      expect((await notes.get({ where: { n: { $gte: 1 } }, limit: 1, offset: 1 })).ids).toEqual([
        "b",
      ]);
      expect((await notes.get({ where: { n: { $ne: 1 } } })).ids).toEqual(["b", "c"]);
      expect((await notes.get({ whereDocument: { $contains: "o" } })).ids).toEqual(["a", "b"]);
      expect((await notes.get({ ids: ["b", "c"], where: { s: "x" } })).ids).toEqual(["b"]);
      expect((await notes.get({ whereDocument: { $regex: "^t\\w+$" } })).ids).toEqual(["b"]);
    });

    it("have the columns that are asked for, others are null", async () => {
      const notes = await three();
      const found = await notes.get({ ids: "a", include: ["uris"] });
      expect(found.uris).toEqual(["file:a"]);
      expect([found.documents, found.metadatas, found.embeddings]).toEqual([null, null, null]);
    });

    it("come in pages with everything they hold", async () => {
      const notes = await three();
      await notes.delete({ ids: ["b"] });
      await notes.upsert({ ids: ["d"], embeddings: [[2, 2]], metadatas: [{ f: new Float(3) }] });
      const ids: string[][] = [];
      let after: number | undefined;
      do {
        const page = await notes.readPage({ after, limit: 2 });
        ids.push(page.records.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(ids.flat()).toEqual(["a", "c", "d"]);
      const { records } = await notes.readPage({ limit: 10 });
      expect(records[0]).toEqual({
        ...{ id: "a", document: "one", metadata: { n: 1 }, uri: "file:a" },
        embedding: Float32Array.of(1, 0),
      });
      expect(records[2]?.metadata).toEqual({ f: new Float(3) });
    });
  });
}
