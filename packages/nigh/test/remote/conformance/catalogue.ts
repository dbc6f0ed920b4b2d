import { describe, expect, it } from "vitest";
import { refused } from "../../collections/refused.js";
import { CHROMA } from "../backends.js";
import type { Place } from "./place.js";

export function describeCatalogue({ bare, three, client, backend }: Place): void {
  describe("the catalogue", () => {
    it("lists collections in the order in which they were made, counts and deletes them", async () => {
      for (const name of ["zebra", "apple", "mango"]) await bare({ name });
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
      const first = await bare({ metadata: { a: 1 } });
      await refused(() => bare(), "ERR_EXISTS", "there already");
      const again = await client().getOrCreateCollection({
        ...{ name: "notes", embeddingFunction: null, metadata: { b: 2 } },
        configuration: { hnsw: { space: "ip" } },
      });
      expect(again.id).toBe(first.id);
      expect(again.metadata).toEqual({ a: 1 });
      expect(again.configuration).toEqual(first.configuration);
    });

    it("gives a collection the space cosine when no other is asked for", async () => {
      await bare({ configuration: undefined });
      const [notes] = await client().listCollections();
      expect(notes?.configuration.hnsw.space).toBe("cosine");
    });

    it("changes name, metadata and configuration, and never the space", async () => {
      const notes = await bare({ metadata: { a: 1, b: 2 } });
      await bare({ name: "taken" });
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
      const notes = await three();
      await client().deleteCollection({ name: "notes" });
      await refused(() => notes.count(), "ERR_NOT_FOUND", "notes");
      await refused(() => notes.get(), "ERR_NOT_FOUND");
      await refused(() => notes.add({ ids: ["x"], embeddings: [[1, 2]] }), "ERR_NOT_FOUND");
    });
  });
}
