import { describe, expect, it } from "vitest";
import { SmallEmbedder, SmallFunction, vectorOf } from "../../collections/embedders.js";
import { refused } from "../../collections/refused.js";
import type { Place } from "./place.js";

export function describeTexts({ bare, client }: Place): void {
  describe("texts", () => {
    it("are embedded by the embedder that the collection is opened with", async () => {
      const model = new SmallEmbedder("small", 4);
      const notes = await bare({ embeddingFunction: model });
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
      await (await bare({ embeddingFunction: small })).add({
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
      const notes = await bare({ embeddingFunction: given });
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
      const notes = await bare();
      await refused(
        () => notes.add({ ids: ["a"], documents: ["x"] }),
        "ERR_INVALID_ARGUMENT",
        "without an embedding function",
      );
      await refused(() => notes.query({ queryTexts: "x" }), "ERR_INVALID_ARGUMENT");
      expect(await notes.count()).toBe(0);
    });

    it("stop when their signal fires", async () => {
      const notes = await bare({ embeddingFunction: new SmallEmbedder("small") });
      const signal = AbortSignal.abort();
      await refused(() => notes.add({ ids: ["a"], documents: ["x"] }, { signal }), "ERR_ABORTED");
      expect(await notes.count()).toBe(0);
    });
  });
}
