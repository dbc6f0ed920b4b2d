import { describe, expect, it } from "vitest";
import { refused } from "../../collections/refused.js";
import { everything, type Place } from "./place.js";

export function describeRefusals({ bare, three }: Place): void {
  describe("what is wrong", () => {
    it("is refused with the same codes, and changes nothing", async () => {
      const notes = await three();
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
      await refused(() => notes.get({ where: { n: { $foo: 1 } as never } }), "ERR_INVALID_FILTER");
      await refused(() => notes.get({ whereDocument: { $regex: "(?=x)" } }), "ERR_INVALID_FILTER");
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
      await refused(() => bare({ name: "a" }), "ERR_INVALID_ARGUMENT");
      expect(await everything(notes)).toEqual(before);
    });
  });
}
