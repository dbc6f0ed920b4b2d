import { Matrix, type Space } from "nigh";
import { describe, expect, it } from "vitest";
import { vectorOf } from "../../collections/embedders.js";
import { distanceOf } from "../../collections/oracle.js";
import type { Place } from "./place.js";

export function describeQueries({ bare, three }: Place): void {
  describe("queries", () => {
    it.each<Space>(["cosine", "l2", "ip"])(
      "give the nearest and their distances in space %s",
      async (space) => {
        const notes = await bare({ configuration: { hnsw: { space } } });
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
      const notes = await three();
      const near = { queryEmbeddings: [[1, 0]] };
      expect((await notes.query({ ...near, ids: ["b", "c", "nobody"] })).ids).toEqual([["c", "b"]]);
      expect((await notes.query({ ...near, ids: ["nobody"] })).ids).toEqual([[]]);
      expect((await notes.query({ ...near, where: { n: 17 } })).ids).toEqual([[]]);
    });

    it("of a collection without records give nothing", async () => {
      const notes = await bare();
      const found = await notes.query({ queryEmbeddings: [[1, 2, 3]] });
      expect(found.ids).toEqual([[]]);
      expect(found.documents).toEqual([[]]);
    });
  });
}
