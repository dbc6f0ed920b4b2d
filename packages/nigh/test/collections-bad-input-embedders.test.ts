import { expect, it } from "vitest";
import { BAD } from "./collections/bad-input.js";
import { bare, onEachClient } from "./collections/clients.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";

onEachClient((client) => {
  it("an embedder that gives NaN, too few vectors or none is refused, and nothing is written", async () => {
    const answers: readonly [unknown, string][] = [
      [[[1, Number.NaN]], "NaN"],
      [[], "0 vectors for 1 texts"],
      [undefined, "undefined"],
      [[["1", "2"]], "array"],
      [[[]], "empty"],
      [
        [
          [1, 2],
          [1, 2],
        ],
        "2 vectors for 1 texts",
      ],
    ];
    for (const [i, [answer, says]] of answers.entries()) {
      let good = true;
      const generate = async () => (good ? [[1, 2]] : answer) as number[][];
      const notes = await client().createCollection({
        name: `notes${i}`,
        embeddingFunction: { name: "broken", generate },
      });
      await notes.add({ ids: ["there"], documents: ["there"] });
      good = false;
      await refused(() => notes.add({ ids: ["x"], documents: ["text"] }), BAD, says);
      await refused(() => notes.query({ queryTexts: "text" }), BAD, says);
      expect(await notes.count()).toBe(1);
    }
  });

  it("an embedder that rejects passes its error on, and nothing is written", async () => {
    const embeddingFunction = new SmallEmbedder("rejecting");
    const notes = await client().createCollection({ name: "notes", embeddingFunction });
    const failure = new Error("no connection");
    embeddingFunction.encodeDocument = () => Promise.reject<never>(failure);
    await expect(notes.add({ ids: ["x"], documents: ["text"] })).rejects.toBe(failure);
    expect(await notes.count()).toBe(0);
  });

  it("a function without a name or a class is refused: it could not be told from others", async () => {
    const generate = async (texts: string[]) => texts.map(() => [1, 2]);
    const nameless = [
      { generate },
      { name: "", generate },
      { name: 5 as never, generate },
      Object.assign(Object.create(null), { generate }),
      new (class {
        generate = generate;
      })(),
    ];
    for (const embeddingFunction of nameless) {
      const open = () => client().createCollection({ name: "notes", embeddingFunction });
      await refused(open, BAD, "has no name", 'name: "my-embeddings"');
    }
    const notes = await bare(client());
    await notes.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["one"] });
    await refused(() => notes.reembed({ generate }), BAD, "reembed", "has no name");
    expect(await client().countCollections()).toBe(1);
  });

  it.each([false, 0, "", Number.NaN])(
    "%j is no embedder, and not the bundled model",
    async (given) => {
      const options = { name: "notes", embeddingFunction: given as never };
      await bare(client());
      for (const verb of ["createCollection", "getOrCreateCollection", "getCollection"] as const) {
        await refused(() => client()[verb](options), BAD, verb, '"embeddingFunction"');
      }
    },
  );
});
