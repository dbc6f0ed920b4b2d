import { Matrix, type Space } from "nigh";
import { describe, expect, it } from "vitest";
import { bare, onEachClient, three } from "./collections/clients.js";
import { distanceOf } from "./collections/oracle.js";

const VECTORS: readonly (readonly number[])[] = [
  [1, 0, 0],
  [0, 2, 0],
  [3, 4, 0],
  [-1, 0.5, 2],
  [0, 0, 0],
  [1e-20, 0, 0],
  [-1, 0, 0],
];
const IDS = VECTORS.map((_, i) => `v${i}`);

onEachClient((client) => {
  describe.each<Space>(["cosine", "l2", "ip"])("in the space %s", (space) => {
    it("distances are Chroma's, the nearest first, ties in the order of adding", async () => {
      const notes = await bare(client(), { configuration: { hnsw: { space } } });
      await notes.add({ ids: IDS, embeddings: VECTORS });
      for (const query of [...VECTORS, [0.3, -2, 1]]) {
        const { ids, distances } = await notes.query({ queryEmbeddings: [query] });
        const expected = VECTORS.map((vector, i) => ({
          id: IDS[i] as string,
          distance: distanceOf(space, Float32Array.from(query), Float32Array.from(vector)),
        }));
        for (const [place, id] of (ids[0] ?? []).entries()) {
          const { distance } = expected.find((one) => one.id === id) as { distance: number };
          expect(distances?.[0]?.[place]).toBeCloseTo(distance, 5);
        }
        expect([...(distances?.[0] ?? [])].sort((a, b) => a - b)).toEqual(distances?.[0]);
        expect([...(ids[0] ?? [])].sort()).toEqual(IDS);
      }
    });

    it("equal records come in the order in which they were added", async () => {
      const notes = await bare(client(), { configuration: { hnsw: { space } } });
      const ids = ["z", "a", "m", "b"];
      await notes.add({ ids, embeddings: ids.map(() => [1, 2]) });
      expect((await notes.query({ queryEmbeddings: [[2, 1]] })).ids).toEqual([ids]);
      expect((await notes.query({ queryEmbeddings: [[2, 1]], nResults: 2 })).ids).toEqual([
        ["z", "a"],
      ]);
    });
  });

  it("a zero vector is at cosine distance 1 from everything, also as a query", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: ["zero", "one"],
      embeddings: [
        [0, 0],
        [1, 1],
      ],
    });
    expect((await notes.query({ queryEmbeddings: [[0, 0]] })).distances).toEqual([[1, 1]]);
    const { ids, distances } = await notes.query({ queryEmbeddings: [[-1, -1]] });
    expect(ids).toEqual([["zero", "one"]]);
    expect(distances?.[0]?.[0]).toBe(1);
  });

  it("cosine does not depend on length, up to the ends of float32", async () => {
    const notes = await bare(client());
    await notes.add({
      ids: ["huge", "tiny"],
      embeddings: [
        [3e38, 3e38],
        [1e-40, -1e-40],
      ],
    });
    const { ids, distances } = await notes.query({ queryEmbeddings: [[1e30, 1e30]] });
    expect(ids).toEqual([["huge", "tiny"]]);
    expect(distances?.[0]?.[0]).toBeCloseTo(0, 5);
    expect(distances?.[0]?.[1]).toBeCloseTo(1, 5);
  });

  it("what is stored is not scaled, whatever the space", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[3, 4]] });
    await notes.query({ queryEmbeddings: [[30, 40]] });
    expect((await notes.get({ include: ["embeddings"] })).embeddings).toEqual([
      new Float32Array([3, 4]),
    ]);
  });

  it("nResults beyond the size gives all, ten are given unless told", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 15 }, (_, i) => `r${i}`);
    await notes.add({ ids, embeddings: ids.map((_, i) => [1, i]) });
    const found = async (nResults?: number) =>
      (await notes.query({ queryEmbeddings: [[1, 0]], nResults })).ids[0];
    expect(await found()).toEqual(ids.slice(0, 10));
    expect(await found(3)).toEqual(ids.slice(0, 3));
    expect(await found(1_000_000)).toEqual(ids);
  });

  it("an empty collection answers every query with an empty list, whatever the dimension", async () => {
    const notes = await bare(client());
    const empty = { ids: [[], []], distances: [[], []], documents: [[], []], metadatas: [[], []] };
    expect(
      await notes.query({
        queryEmbeddings: [
          [1, 2],
          [3, 4],
        ],
      }),
    ).toMatchObject(empty);
    expect((await notes.query({ queryEmbeddings: [[1, 2, 3, 4]] })).ids).toEqual([[]]);
    expect((await notes.get()).ids).toEqual([]);
    expect((await notes.peek()).ids).toEqual([]);
    await notes.add({ ids: ["a"], embeddings: [[1, 2]] });
    await notes.query({ queryEmbeddings: [[1, 2]] });
    await notes.delete({ ids: ["a"] });
    expect((await notes.query({ queryEmbeddings: [[1, 2]] })).ids).toEqual([[]]);
  });

  it("no queries give no lists", async () => {
    const notes = await three(client());
    expect((await notes.query({ queryEmbeddings: [] })).ids).toEqual([]);
  });

  it("each query has lists of its own, in any form of vectors", async () => {
    const notes = await three(client());
    const lists = [
      [1, 0],
      [0, 1],
    ];
    const expected = await notes.query({ queryEmbeddings: lists });
    expect(expected.ids).toEqual([
      ["a", "c", "b"],
      ["b", "c", "a"],
    ]);
    const floats = lists.map((list) => Float32Array.from(list));
    expect(await notes.query({ queryEmbeddings: floats })).toEqual(expected);
    expect(await notes.query({ queryEmbeddings: Matrix.from(lists) })).toEqual(expected);
  });

  it("include decides what a query gives, documents, metadatas and distances unless told", async () => {
    const notes = await three(client());
    const queryEmbeddings = [[1, 0]];
    const usual = await notes.query({ queryEmbeddings, nResults: 1 });
    expect(usual.include).toEqual(["documents", "metadatas", "distances"]);
    expect(usual).toMatchObject({
      documents: [["one"]],
      metadatas: [[{ n: 1 }]],
      embeddings: null,
      uris: null,
    });
    const bareResult = await notes.query({ queryEmbeddings, include: [] });
    expect(bareResult).toMatchObject({
      documents: null,
      metadatas: null,
      distances: null,
      embeddings: null,
      uris: null,
    });
    const rest = await notes.query({
      queryEmbeddings,
      nResults: 2,
      include: ["embeddings", "uris"],
    });
    expect(rest.embeddings).toEqual([[new Float32Array([1, 0]), new Float32Array([1, 1])]]);
    expect(rest.uris).toEqual([["file:a", null]]);
  });

  it("rows() of a query gives a list of objects for each query", async () => {
    const notes = await three(client());
    const found = await notes.query({
      queryEmbeddings: [
        [1, 0],
        [0, 1],
      ],
      nResults: 1,
      include: ["distances", "uris"],
    });
    expect(found.rows()).toEqual([
      [{ id: "a", distance: expect.closeTo(0, 5), uri: "file:a" }],
      [{ id: "b", distance: expect.closeTo(0, 5), uri: null }],
    ]);
  });

  it("ids restrict a query, alone and with a filter; unknown and repeated ones do no harm", async () => {
    const notes = await three(client());
    const found = async (options: object) =>
      (await notes.query({ queryEmbeddings: [[1, 0]], ...options })).ids[0];
    expect(await found({ ids: ["b", "c", "b", "nowhere"] })).toEqual(["c", "b"]);
    expect(await found({ ids: "b" })).toEqual(["b"]);
    expect(await found({ ids: [] })).toEqual([]);
    expect(await found({ ids: ["nowhere"] })).toEqual([]);
    expect(await found({ ids: ["b", "c"], where: { n: { $gte: 1 } } })).toEqual(["b"]);
    expect(await found({ ids: ["b", "c"], where: { n: { $ne: 2 } } })).toEqual(["c"]);
    expect(await found({ ids: ["a"], where: { n: 2 } })).toEqual([]);
  });

  it("a filter is asked again after every change of the records", async () => {
    const notes = await three(client());
    const found = async () =>
      (await notes.query({ queryEmbeddings: [[1, 0]], where: { n: { $gt: 1 } } })).ids[0];
    expect(await found()).toEqual(["b"]);
    await notes.update({ ids: ["a"], metadatas: [{ n: 5 }] });
    expect(await found()).toEqual(["a", "b"]);
    await notes.add({ ids: ["d"], embeddings: [[1, 0.5]], metadatas: [{ n: 9 }] });
    expect(await found()).toEqual(["a", "d", "b"]);
    await notes.update({ ids: ["b"], metadatas: [{ n: null }] });
    await notes.delete({ ids: ["a"] });
    expect(await found()).toEqual(["d"]);
  });

  it("with a filter there are nResults as long as so many records pass it", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 500 }, (_, i) => `r${i}`);
    await notes.add({
      ids,
      embeddings: ids.map((_, i) => [1, i]),
      metadatas: ids.map((_, i) => ({ far: i >= 490 })),
    });
    const found = await notes.query({
      queryEmbeddings: [[1, 0]],
      nResults: 10,
      where: { far: true },
    });
    expect(found.ids).toEqual([ids.slice(490)]);
  });
});
