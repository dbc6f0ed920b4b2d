import { Float } from "nigh";
import { describe, expect, it } from "vitest";
import type { Place } from "./place.js";

export function describeOddValues({ bare }: Place): void {
  describe("odd values", () => {
    it("of metadata come back as they were", async () => {
      const notes = await bare();
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
      const notes = await bare();
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
      expect((await notes.get()).metadatas?.map((values) => values?.["x"])).toEqual([1, 1, [2, 3]]);
    });

    it("of vectors, ids and documents come back bit by bit", async () => {
      const notes = await bare();
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
}
