import type { EmbeddingFunction, ReembedOptions } from "nigh";
import { expect, it } from "vitest";
import { onEachClient } from "./collections/clients.js";
import { SmallEmbedder, vectorOf } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";

onEachClient((client) => {
  const filled = async (count: number) => {
    const first = new SmallEmbedder("first");
    const notes = await client().createCollection({ name: "notes", embeddingFunction: first });
    const ids = Array.from({ length: count }, (_, i) => `id ${i}`);
    await notes.add({ ids, documents: ids.map((id) => `text of ${id}`) });
    return notes;
  };

  it("two calls to different embedders at once: one moves the collection, the other ends and names it", async () => {
    const notes = await filled(100);
    const embedders = [new SmallEmbedder("second", 5), new SmallEmbedder("third", 6)];
    const moves = embedders.map(async (embedder) => {
      const own = await client().getCollection({ name: "notes", embeddingFunction: null });
      await own.reembed(embedder, { batchSize: 10 });
      return embedder;
    });
    const settled = await Promise.allSettled(moves);
    expect(settled.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const won = settled.find((one) => one.status === "fulfilled")?.value as SmallEmbedder;
    const lost = settled.find((one) => one.status === "rejected");
    expect(lost).toMatchObject({
      reason: { code: "ERR_BUSY", message: expect.stringContaining(`"${won.name}"`) },
    });
    const { embeddings, documents } = await notes.get({ include: ["embeddings", "documents"] });
    expect(embeddings).toEqual(documents?.map((text) => vectorOf(text as string, won.dimension)));
    for (const { documents } of embedders) expect(documents.length).toBeLessThanOrEqual(110);
  });

  it("two calls to one embedder at once both end well", async () => {
    const notes = await filled(50);
    const moves = ["a", "b"].map(async () => {
      const own = await client().getCollection({ name: "notes", embeddingFunction: null });
      await own.reembed(new SmallEmbedder("second", 5), { batchSize: 10 });
      expect((await own.query({ queryTexts: "text of id 7", nResults: 1 })).ids).toEqual([
        ["id 7"],
      ]);
    });
    await Promise.all(moves);
    expect((await notes.get({ include: ["embeddings"] })).embeddings?.[7]).toHaveLength(5);
  });

  it("the collection tells its new embedder at once", async () => {
    const notes = await filled(3);
    await notes.reembed(new SmallEmbedder("second", 5));
    expect(notes.embedder).toMatchObject({ name: "second", dimension: 5 });
  });

  it.each([
    [{ signal: 5 }, '"signal"'],
    [{ showProgressBar: "yes" }, '"showProgressBar"'],
    [{ onProgress: 5 }, '"onProgress"'],
    [{ batchSize: 0 }, '"batchSize"'],
  ])("options that are none are refused before anything is embedded: %o", async (options, name) => {
    const notes = await filled(3);
    const second = new SmallEmbedder("second", 5);
    const move = () => notes.reembed(second, options as unknown as ReembedOptions);
    await refused(move, "ERR_INVALID_ARGUMENT", "reembed", name);
    expect(second.documents).toEqual([]);
  });

  it("the refusal of another embedder says how to move, and the move works so", async () => {
    await filled(2);
    const second = new SmallEmbedder("second", 5);
    const open = (embeddingFunction: SmallEmbedder | null) =>
      client().getCollection({ name: "notes", embeddingFunction });
    await refused(() => open(second), "ERR_EMBEDDER", "embeddingFunction: null", "reembed");
    await (await open(null)).reembed(second);
    expect((await (await open(second)).query({ queryTexts: "text of id 1" })).ids[0]?.[0]).toBe(
      "id 1",
    );
    const made = { name: "made", embeddingFunction: new SmallEmbedder("first") };
    await client().createCollection(made);
    const other = () => client().getCollection({ name: "made", embeddingFunction: second });
    await refused(other, "ERR_EMBEDDER", "was made for");
  });

  it("renaming onto a name that is taken advises another name", async () => {
    const notes = await filled(1);
    await client().createCollection({ name: "taken", embeddingFunction: null });
    const error = await refused(() => notes.modify({ name: "taken" }), "ERR_EXISTS", '"taken"');
    expect(error.message).not.toContain("getOrCreateCollection");
  });

  it("no embedder is refused", async () => {
    const notes = await filled(1);
    const error = await refused(() => notes.reembed(null as never), "ERR_INVALID_ARGUMENT", "null");
    expect(error.message).not.toContain("for none");
  });

  it("a function whose vectors differ in length from text to text is refused, and the collection stays as it was", async () => {
    const notes = await filled(3);
    const varying: EmbeddingFunction = {
      name: "varying",
      generate: async (texts) =>
        texts.map((text) => vectorOf(text, text.startsWith("text") ? 2 : 3)),
    };
    await refused(() => notes.reembed(varying), "ERR_DIMENSION", '"varying"', "2", "3");
    expect((await notes.query({ queryTexts: "text of id 1" })).ids[0]?.[0]).toBe("id 1");
    const given = await client().createCollection({ name: "new", embeddingFunction: varying });
    const add = () => given.add({ ids: ["a"], documents: ["text"] });
    await refused(add, "ERR_DIMENSION", '"varying"');
    expect(await given.count()).toBe(0);
  });
});
