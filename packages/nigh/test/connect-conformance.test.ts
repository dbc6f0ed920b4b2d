import { runInNewContext } from "node:vm";
import type { CollectionsClient, CreateCollectionOptions, RecordCollection, Space } from "nigh";
import { Float, Matrix } from "nigh";
import { beforeEach, describe, expect, it } from "vitest";
import { withThree } from "./collections/clients.js";
import { SmallEmbedder, SmallFunction, vectorOf } from "./collections/embedders.js";
import { distanceOf } from "./collections/oracle.js";
import { refused } from "./collections/refused.js";
import { CHROMA, onEachBackend } from "./remote/backends.js";

/** Space of collections in tests that look at vectors: in cosine spaces Chroma's server changes their last bits. */
let configuration: CreateCollectionOptions["configuration"];

function bare(
  client: CollectionsClient,
  options: Partial<CreateCollectionOptions> = {},
): Promise<RecordCollection> {
  const given = { name: "notes", embeddingFunction: null, configuration, ...options };
  return client.createCollection(given);
}

async function three(client: CollectionsClient): Promise<RecordCollection> {
  return withThree(await bare(client));
}

const ALL = ["documents", "metadatas", "embeddings", "uris"] as const;

async function everything(collection: RecordCollection) {
  return (await collection.get({ include: [...ALL] })).rows().map((row) => ({
    ...row,
    embedding: Array.from(row.embedding ?? []),
  }));
}

describe("collections, wherever they are", () => {
  onEachBackend((client, backend) => {
    beforeEach(() => {
      configuration = backend === CHROMA ? { hnsw: { space: "l2" } } : undefined;
    });

    describe("records", () => {
      it("come back as they were added, in that order", async () => {
        const notes = await three(client());
        expect(await everything(notes)).toEqual([
          { id: "a", document: "one", metadata: { n: 1 }, uri: "file:a", embedding: [1, 0] },
          { id: "b", document: "two", metadata: { n: 2, s: "x" }, uri: null, embedding: [0, 1] },
          { id: "c", document: null, metadata: null, uri: null, embedding: [1, 1] },
        ]);
        expect(await notes.count()).toBe(3);
        expect((await notes.peek({ limit: 2 })).ids).toEqual(["a", "b"]);
      });

      it("that are there are skipped by add, and reported in their order", async () => {
        const notes = await three(client());
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
        const notes = await three(client());
        const [, { added, skipped }] = await Promise.all([
          notes.delete({ ids: ["a"] }),
          notes.add({ ids: ["a"], embeddings: [[9, 9]] }),
        ]);
        expect((await notes.get({ ids: ["a"] })).ids).toHaveLength(added);
        expect(skipped).toEqual(added === 1 ? [] : ["a"]);
      });

      it("of another dimension are refused by update, whether their ids are there or not", async () => {
        const notes = await three(client());
        for (const id of ["a", "nowhere"]) {
          const update = () => notes.update({ ids: [id], embeddings: [[1, 2, 3]] });
          await refused(update, "ERR_DIMENSION", "3");
        }
      });

      it("stay as they are, and the metadata exact, when the collection gets a name", async () => {
        const metadata = { whole: new Float(1), count: 1 };
        const notes = await withThree(await bare(client(), { metadata }));
        await notes.modify({ name: "renamed" });
        expect(notes.metadata).toEqual({ whole: 1, count: 1 });
        const opened = await client().getCollection({ name: "renamed", embeddingFunction: null });
        expect(await opened.exactMetadata()).toEqual(metadata);
        expect(await opened.count()).toBe(3);
      });

      it("are searched in the space that the metadata name in Chroma's older way", async () => {
        const metadata = { "hnsw:space": "ip", "hnsw:search_ef": 77 };
        const notes = await bare(client(), { metadata, configuration: undefined });
        expect(notes.configuration.hnsw).toMatchObject({ space: "ip", ef_search: 77 });
        expect(notes.metadata).toEqual(metadata);
        await notes.add({ ids: ["a"], embeddings: [[2, 0]] });
        expect((await notes.query({ queryEmbeddings: [[3, 0]] })).distances).toEqual([[-5]]);
        const configured = { name: "other", metadata, configuration: { hnsw: { space: "l2" } } };
        const other = await bare(client(), configured as Partial<CreateCollectionOptions>);
        expect(other.configuration.hnsw.space).toBe("l2");
      });

      it("and filters of another realm, as tests in Jest have them, are taken", async () => {
        const notes = await bare(client());
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
        const notes = await three(client());
        const query = () => notes.query({ queryEmbeddings: "" as never });
        const error = await refused(query, "ERR_INVALID_ARGUMENT");
        expect(error.message).not.toContain("queryTexts");
      });

      it("are merged by upsert: metadata key by key, null takes a key away, what is not given stays", async () => {
        const notes = await three(client());
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
        const notes = await three(client());
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

      it("are found by ids, filters, limit and offset, always in the order in which they were added", async () => {
        const notes = await three(client());
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
        const notes = await three(client());
        const found = await notes.get({ ids: "a", include: ["uris"] });
        expect(found.uris).toEqual(["file:a"]);
        expect([found.documents, found.metadatas, found.embeddings]).toEqual([null, null, null]);
      });

      it("are deleted by ids and by filters, and counted", async () => {
        const notes = await three(client());
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
        const notes = await bare(client());
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

      it("come in pages with everything they hold", async () => {
        const notes = await three(client());
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

    describe("odd values", () => {
      it("of metadata come back as they were", async () => {
        const notes = await bare(client());
        const metadata = {
          big: 2n ** 63n - 1n,
          small: -(2n ** 63n),
          beyond: 2n ** 53n + 1n,
          tiny: 5e-324,
          huge: 1.7976931348623157e308,
          tenth: 0.1,
          text: "quote \" ' \\ \n 😀 é",
          empty: "",
          yes: true,
          no: false,
          texts: ["a", ""],
          integers: [1, 2n ** 60n + 1n],
          numbers: [1, 2.5],
          flags: [true, false],
          __proto__x: "p",
          "it's": "quoted",
          "key with $ and #": 1,
        };
        await notes.add({ ids: ["a"], embeddings: [[1]], metadatas: [metadata] });
        expect((await notes.get()).metadatas).toEqual([metadata]);
        expect((await notes.get({ where: { big: 2n ** 63n - 1n } })).ids).toEqual(["a"]);
        expect((await notes.get({ where: { big: 2n ** 63n - 2n } })).ids).toEqual([]);
        expect((await notes.get({ where: { beyond: { $gt: 2 ** 53 } } })).ids).toEqual(["a"]);
        expect((await notes.get({ where: { numbers: { $contains: 2.5 } } })).ids).toEqual(["a"]);
      });

      it("of metadata keep 1 and 1.0 apart, and compare them as equal", async () => {
        const notes = await bare(client());
        await notes.add({
          ids: ["integer", "float", "list"],
          embeddings: [[1], [1], [1]],
          metadatas: [{ x: 1 }, { x: new Float(1) }, { x: [new Float(2), new Float(3)] }],
        });
        const { records } = await notes.readPage({ limit: 10 });
        expect(records.map(({ metadata }) => metadata?.["x"])).toEqual([
          1,
          new Float(1),
          [new Float(2), new Float(3)],
        ]);
        expect((await notes.get({ where: { x: 1 } })).ids).toEqual(["integer", "float"]);
        expect((await notes.get()).metadatas?.map((values) => values?.["x"])).toEqual([
          1,
          1,
          [2, 3],
        ]);
      });

      it("of vectors, ids and documents come back bit by bit", async () => {
        const notes = await bare(client());
        const embedding = Float32Array.of(0.1, 1e-40, 3.4e38, -1 / 3, 16777217, 0);
        const ids = ["it's", 'say "x"', "é😀", "a\\b", "x,y", "{}", "NULL"];
        await notes.add({
          ids,
          embeddings: ids.map(() => embedding),
          documents: ids.map((id) => `${id}\n\t${id}`),
        });
        const back = await notes.get({ ids, include: ["documents", "embeddings"] });
        expect(back.ids).toEqual(ids);
        expect(back.documents).toEqual(ids.map((id) => `${id}\n\t${id}`));
        for (const vector of back.embeddings ?? []) expect(vector).toEqual(embedding);
      });
    });

    describe("queries", () => {
      it.each<Space>(["cosine", "l2", "ip"])(
        "give the nearest and their distances in space %s",
        async (space) => {
          const notes = await bare(client(), { configuration: { hnsw: { space } } });
          expect(notes.configuration.hnsw.space).toBe(space);
          const ids = Array.from({ length: 60 }, (_, i) => `id-${i}`);
          const vectors = ids.map((id, i) => (i === 7 ? new Float32Array(5) : vectorOf(id, 5)));
          await notes.add({ ids, embeddings: vectors, metadatas: ids.map((_, i) => ({ i })) });
          const queries = [vectorOf("q", 5), vectorOf("r", 5)];
          for (const where of [undefined, { i: { $lt: 20 } }]) {
            const found = await notes.query({
              queryEmbeddings: Matrix.from(queries),
              nResults: 20,
              where,
              include: ["distances", "metadatas", "embeddings"],
            });
            for (const [q, query] of queries.entries()) {
              const expected = ids
                .map((id, i) => ({
                  id,
                  distance: distanceOf(space, query, vectors[i] as Float32Array),
                }))
                .slice(0, where ? 20 : 60)
                .sort((a, b) => a.distance - b.distance)
                .slice(0, 20);
              expect(found.ids[q]).toEqual(expected.map(({ id }) => id));
              for (const [i, distance] of (found.distances?.[q] ?? []).entries()) {
                expect(distance).toBeCloseTo(expected[i]?.distance as number, 4);
              }
              expect(found.rows()[q]?.[0]?.embedding?.length).toBe(5);
            }
          }
        },
      );

      it("look only among the ids given, of which some may not be there", async () => {
        const notes = await three(client());
        const near = { queryEmbeddings: [[1, 0]] };
        expect((await notes.query({ ...near, ids: ["b", "c", "nobody"] })).ids).toEqual([
          ["c", "b"],
        ]);
        expect((await notes.query({ ...near, ids: ["nobody"] })).ids).toEqual([[]]);
        expect((await notes.query({ ...near, where: { n: 17 } })).ids).toEqual([[]]);
      });

      it("of a collection without records give nothing", async () => {
        const notes = await bare(client());
        const found = await notes.query({ queryEmbeddings: [[1, 2, 3]] });
        expect(found.ids).toEqual([[]]);
        expect(found.documents).toEqual([[]]);
      });
    });

    describe("texts", () => {
      it("are embedded by the embedder that the collection is opened with", async () => {
        const model = new SmallEmbedder("small", 4);
        const notes = await bare(client(), { embeddingFunction: model });
        const added = await notes.add({ ids: ["a", "b"], documents: ["first", "second"] });
        expect(added).toMatchObject({ added: 2, encoded: 2 });
        await notes.add({ ids: ["a", "c"], documents: ["never read", "third"] });
        expect(model.documents).toEqual(["first", "second", "third"]);
        await notes.update({ ids: ["c", "nobody"], documents: ["other", "never read"] });
        expect(model.documents.slice(3)).toEqual(["other"]);
        const { embeddings } = await notes.get({ include: ["embeddings"] });
        expect(embeddings).toEqual(["first", "second", "other"].map((text) => vectorOf(text, 4)));
        const found = await notes.query({ queryTexts: "second", nResults: 1 });
        expect(found.ids).toEqual([["b"]]);
        expect(model.queries).toEqual(["second"]);
      });

      it("tie a collection to their embedder: another is refused with both names", async () => {
        const small = new SmallEmbedder("small", 4);
        await (await bare(client(), { embeddingFunction: small })).add({
          ids: ["a"],
          documents: ["x"],
        });
        const again = await client().getCollection({ name: "notes", embeddingFunction: small });
        expect(again.embedder).toMatchObject({ name: "small", fingerprint: small.fingerprint });
        expect((await again.query({ queryTexts: "x" })).ids).toEqual([["a"]]);
        await refused(
          () =>
            client().getCollection({
              name: "notes",
              embeddingFunction: new SmallEmbedder("other", 4),
            }),
          "ERR_EMBEDDER",
          "small",
          "other",
        );
      });

      it("of Chroma's functions too", async () => {
        const given = new SmallFunction("mine", { model: "m" });
        const notes = await bare(client(), { embeddingFunction: given });
        await notes.upsert({ ids: ["a"], documents: ["hello"] });
        const again = await client().getCollection({ name: "notes", embeddingFunction: given });
        expect((await again.query({ queryTexts: ["hello"] })).ids).toEqual([["a"]]);
        await refused(
          () =>
            client().getCollection({
              name: "notes",
              embeddingFunction: new SmallFunction("other"),
            }),
          "ERR_EMBEDDER",
        );
      });

      it("are refused where there is no embedder, and nothing is written", async () => {
        const notes = await bare(client());
        await refused(
          () => notes.add({ ids: ["a"], documents: ["x"] }),
          "ERR_INVALID_ARGUMENT",
          "without an embedding function",
        );
        await refused(() => notes.query({ queryTexts: "x" }), "ERR_INVALID_ARGUMENT");
        expect(await notes.count()).toBe(0);
      });

      it("stop when their signal fires", async () => {
        const notes = await bare(client(), { embeddingFunction: new SmallEmbedder("small") });
        const signal = AbortSignal.abort();
        await refused(() => notes.add({ ids: ["a"], documents: ["x"] }, { signal }), "ERR_ABORTED");
        expect(await notes.count()).toBe(0);
      });
    });

    describe("the catalogue", () => {
      it("lists collections in the order in which they were made, counts and deletes them", async () => {
        for (const name of ["zebra", "apple", "mango"]) await bare(client(), { name });
        const names = async (page = {}) =>
          (await client().listCollections(page)).map(({ name }) => name);
        const all = await names();
        // Chroma's server has an order of its own.
        if (backend === CHROMA) expect(all.sort()).toEqual(["apple", "mango", "zebra"]);
        else expect(all).toEqual(["zebra", "apple", "mango"]);
        expect(await names({ limit: 2 })).toHaveLength(2);
        expect(await names({ limit: 2, offset: 2 })).toHaveLength(1);
        expect(await client().countCollections()).toBe(3);
        await client().deleteCollection({ name: "apple" });
        expect((await names()).sort()).toEqual(["mango", "zebra"]);
        await refused(() => client().deleteCollection({ name: "apple" }), "ERR_NOT_FOUND", "apple");
        await refused(() => client().getCollection({ name: "apple" }), "ERR_NOT_FOUND", "apple");
      });

      it("has a name once, and getOrCreateCollection gives what is there", async () => {
        const first = await bare(client(), { metadata: { a: 1 } });
        await refused(() => bare(client()), "ERR_EXISTS", "there already");
        const again = await client().getOrCreateCollection({
          ...{ name: "notes", embeddingFunction: null, metadata: { b: 2 } },
          configuration: { hnsw: { space: "ip" } },
        });
        expect(again.id).toBe(first.id);
        expect(again.metadata).toEqual({ a: 1 });
        expect(again.configuration).toEqual(first.configuration);
      });

      it("gives a collection the space cosine when no other is asked for", async () => {
        await bare(client(), { configuration: undefined });
        const [notes] = await client().listCollections();
        expect(notes?.configuration.hnsw.space).toBe("cosine");
      });

      it("changes name, metadata and configuration, and never the space", async () => {
        const notes = await bare(client(), { metadata: { a: 1, b: 2 } });
        await bare(client(), { name: "taken" });
        await notes.modify({
          ...{ name: "renamed", metadata: { c: "three" } },
          configuration: { hnsw: { ef_search: 77 } },
        });
        for (const same of [notes, await client().getCollection({ name: "renamed" })]) {
          expect(same.name).toBe("renamed");
          expect(same.metadata).toEqual({ c: "three" });
          expect(same.configuration.hnsw.ef_search).toBe(77);
        }
        await refused(() => notes.modify({ name: "taken" }), "ERR_EXISTS", "taken");
        await refused(
          () => notes.modify({ configuration: { hnsw: { space: "ip" } } }),
          "ERR_INVALID_ARGUMENT",
          "space",
        );
        await notes.modify({ name: "renamed" });
        expect(notes.name).toBe("renamed");
      });

      it("forgets a collection: what still holds it is told", async () => {
        const notes = await three(client());
        await client().deleteCollection({ name: "notes" });
        await refused(() => notes.count(), "ERR_NOT_FOUND", "notes");
        await refused(() => notes.get(), "ERR_NOT_FOUND");
        await refused(() => notes.add({ ids: ["x"], embeddings: [[1, 2]] }), "ERR_NOT_FOUND");
      });
    });

    describe("what is wrong", () => {
      it("is refused with the same codes, and changes nothing", async () => {
        const notes = await three(client());
        const before = await everything(notes);
        await refused(
          () =>
            notes.add({
              ids: ["d", "d"],
              embeddings: [
                [1, 1],
                [1, 1],
              ],
            }),
          "ERR_INVALID_ARGUMENT",
          "twice",
        );
        await refused(() => notes.add({ ids: ["d"], embeddings: [[1, 2, 3]] }), "ERR_DIMENSION");
        await refused(() => notes.upsert({ ids: ["a"], embeddings: [[1]] }), "ERR_DIMENSION");
        await refused(() => notes.query({ queryEmbeddings: [[1]] }), "ERR_DIMENSION");
        await refused(
          () => notes.get({ where: { n: { $foo: 1 } as never } }),
          "ERR_INVALID_FILTER",
        );
        await refused(
          () => notes.get({ whereDocument: { $regex: "(?=x)" } }),
          "ERR_INVALID_FILTER",
        );
        await refused(() => notes.delete({}), "ERR_INVALID_ARGUMENT");
        await refused(() => notes.get({ wher: {} } as never), "ERR_UNKNOWN_OPTION", "where");
        await refused(() => notes.add({ ids: ["x"] }), "ERR_INVALID_ARGUMENT", "neither");
        await refused(() => notes.modify({ metadata: {} }), "ERR_INVALID_ARGUMENT");
        await refused(
          () =>
            notes.add({
              ids: ["x"],
              embeddings: [[1, 1]],
              metadatas: [{ k: { deep: 1 } } as never],
            }),
          "ERR_INVALID_ARGUMENT",
        );
        await refused(() => bare(client(), { name: "a" }), "ERR_INVALID_ARGUMENT");
        expect(await everything(notes)).toEqual(before);
      });
    });
  });
});
