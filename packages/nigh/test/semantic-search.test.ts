import { type Embedder, Matrix, SemanticSearch, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DOCUMENTS = [
  "The harbour froze in January and the ferry stayed at its pier.",
  "A kitten is asleep on the lid of the piano.",
  "Shares fell after the central bank raised its rate.",
  "Simmer the lentils with cumin and garlic.",
];

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load("all-MiniLM-L6-v2");
});
afterAll(() => model.close());

describe("SemanticSearch", () => {
  it("finds the document that means the same in other words, with its place", async () => {
    const search = new SemanticSearch(model);
    await search.index(DOCUMENTS);
    expect(search.size).toBe(4);
    const answers = await search.search("a young cat at rest", { topK: 2 });
    expect(answers).toHaveLength(2);
    expect(answers[0]).toMatchObject({ document: DOCUMENTS[1], index: 1 });
    expect(answers[0]?.score).toBeGreaterThan(answers[1]?.score ?? 1);
  });

  it("rejects everything below the threshold, and nothing at it", async () => {
    const search = new SemanticSearch(model);
    await search.index(DOCUMENTS);
    const [best, second] = await search.search("monetary policy");
    const threshold = best?.score ?? 0;
    expect(await search.search("monetary policy", { threshold })).toEqual([best]);
    expect(second?.score).toBeLessThan(threshold);
    expect(await search.search("monetary policy", { threshold: 0.99 })).toEqual([]);
  });

  it("gives all documents when topK is more than there are", async () => {
    const search = new SemanticSearch(model);
    await search.index(DOCUMENTS);
    expect(await search.search("anything", { topK: 100 })).toHaveLength(4);
  });

  it("answers from the documents of the last index() alone", async () => {
    const search = new SemanticSearch(model);
    await search.index(DOCUMENTS);
    await search.index(["Only this."]);
    expect((await search.search("cat")).map(({ document }) => document)).toEqual(["Only this."]);
    await search.index([]);
    expect(await search.search("cat")).toEqual([]);
  });

  it("keeps the documents that it has when index() fails", async () => {
    const search = new SemanticSearch(model);
    await search.index(DOCUMENTS);
    await expect(search.index(["fine", null] as never)).rejects.toMatchObject({
      code: "ERR_INVALID_TEXT",
      message: expect.stringContaining("text 1 must be a string, found null"),
    });
    expect(search.size).toBe(4);
  });

  it("refuses a search before index(), unknown options and queries that are no text", async () => {
    const search = new SemanticSearch(model);
    await expect(search.search("x")).rejects.toMatchObject({
      message: expect.stringContaining("call index(documents) first"),
    });
    await search.index(DOCUMENTS);
    await expect(search.search("x", { treshold: 1 } as never)).rejects.toMatchObject({
      code: "ERR_UNKNOWN_OPTION",
      message: expect.stringContaining('Did you mean "threshold"?'),
    });
    await expect(search.search("x", { topK: 0 })).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
    });
    await expect(search.search("x", { threshold: Number.NaN })).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
    });
    await expect(search.search(null as never)).rejects.toMatchObject({ code: "ERR_INVALID_TEXT" });
    expect(() => new SemanticSearch({} as never)).toThrow(/needs a model/u);
  });

  it("refuses vectors that are no numbers, and stays as it was", async () => {
    const broken: Embedder = Object.create(model, {
      dimension: { value: 384 },
      encodeDocument: { value: async (texts: string[]) => nans(texts.length) },
      encodeQuery: { value: (text: string, options: object) => model.encodeQuery(text, options) },
    });
    const search = new SemanticSearch(broken);
    await expect(search.index(DOCUMENTS)).rejects.toMatchObject({ code: "ERR_INVALID_ARGUMENT" });
    expect(search.size).toBe(0);
  });
});

function nans(rows: number): Matrix {
  return new Matrix(new Float32Array(rows * 384).fill(Number.NaN), rows, 384);
}
