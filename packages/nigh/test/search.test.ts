import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Embedder,
  Matrix,
  PassageDatabase,
  SemanticSearch,
  SentenceTransformer,
  type StoredPassage,
} from "nigh";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

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
});

describe("PassageDatabase", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nigh-database-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("answers the same after it is opened again", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const before = await database.search("a young cat at rest", model, { topK: 3 });
    const again = await PassageDatabase.open(folder);
    expect(again.size).toBe(4);
    expect(again.model).toEqual({
      name: model.name,
      fingerprint: model.fingerprint,
      dimension: 384,
      dtype: "fp32",
    });
    expect(await again.search("a young cat at rest", model, { topK: 3 })).toEqual(before);
    expect(before[0]?.passage).toMatchObject({ text: DOCUMENTS[1], metadata: { origin: "a" } });
  });

  it("replaces the passages of a document that comes again, keeps the others, encodes only new text", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(
      [...passages("a", DOCUMENTS), ...passages("b", ["Snow on the pass."])],
      model,
    );
    const indexed = await database.index(passages("a", [DOCUMENTS[0] ?? "", "A new line."]), model);
    expect(indexed).toEqual({ encoded: 1, unchanged: 1, removed: 2, truncated: 0 });
    expect(database.size).toBe(3);
    expect(database.documentIds().sort()).toEqual(["a", "b"]);
    const [best] = await database.search(DOCUMENTS[0] ?? "", model);
    expect(best?.passage.text).toBe(DOCUMENTS[0]);
    expect(best?.score).toBeCloseTo(1, 5);
    expect((await readdir(folder)).length).toBe(3);
  });

  it("counts the passages that are longer than the model reads", async () => {
    const database = await PassageDatabase.open(folder);
    const long = Array.from({ length: 400 }, (_, i) => `word${i}`).join(" ");
    expect(await database.index(passages("a", [long, "short"]), model)).toMatchObject({
      truncated: 1,
    });
  });

  it("marks the sentence that answers best when asked", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", [DOCUMENTS.join(" ")]), model);
    const [answer] = await database.search("a young cat at rest", model, { highlight: true });
    const { start, end } = answer?.highlight ?? { start: 0, end: 0 };
    expect(answer?.passage.text.slice(start, end).trim()).toBe(DOCUMENTS[1]);
  });

  it("refuses another model's vectors, with both names", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const other: Embedder = Object.create(model, {
      name: { value: "other-model" },
      fingerprint: { value: "f".repeat(64) },
    });
    const refusal = {
      code: "ERR_DATABASE",
      message: expect.stringMatching(/all-MiniLM-L6-v2.*other-model/u),
    };
    await expect(database.search("x", other)).rejects.toMatchObject(refusal);
    await expect(database.index(passages("b", ["x"]), other)).rejects.toMatchObject(refusal);
  });

  it("names the file that is damaged, cut or gone", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const vectors = (await readdir(folder)).find((name) => name.endsWith(".f32")) ?? "";
    const path = join(folder, vectors);
    const bytes = await readFile(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const damaged = { code: "ERR_DATABASE", message: expect.stringContaining(vectors) };
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject(damaged);
    await truncate(path, 10);
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject(damaged);
    await rm(path);
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject(damaged);
    await writeFile(join(folder, "nigh.json"), "{}");
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject({
      message: expect.stringContaining("nigh.json"),
    });
  });

  it("stores every passage with its own vector when index() is called twice at once", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index([...passages("a", DOCUMENTS), ...passages("b", ["Snow."])], model);
    await Promise.all([
      database.index(passages("a", ["A new line.", DOCUMENTS[3] ?? ""]), model),
      database.index(passages("b", [DOCUMENTS[2] ?? "", DOCUMENTS[3] ?? ""]), model),
      database.index(passages("c", ["A new line.", "Snow."]), model),
    ]);
    expect(database.size).toBe(6);
    for (const text of ["A new line.", "Snow.", DOCUMENTS[2] ?? "", DOCUMENTS[3] ?? ""]) {
      const [best] = await database.search(text, model, { topK: 1 });
      expect(best?.passage.text).toBe(text);
      expect(best?.score).toBeCloseTo(1, 5);
    }
  });

  it("indexes on after a call that failed", async () => {
    const database = await PassageDatabase.open(folder);
    const bad = database.index(passages("a", ["\ud83d"]), model);
    const good = database.index(passages("b", ["fine"]), model);
    await expect(bad).rejects.toMatchObject({ code: "ERR_INVALID_TEXT" });
    expect(await good).toMatchObject({ encoded: 1 });
  });

  it("refuses to store over what another writer stored meanwhile, and loses nothing", async () => {
    const first = await PassageDatabase.open(folder);
    const second = await PassageDatabase.open(folder);
    await first.index(passages("a", DOCUMENTS), model);
    const refusal = {
      code: "ERR_DATABASE",
      message: expect.stringContaining("changed by another process meanwhile"),
    };
    await expect(second.index(passages("b", ["x"]), model)).rejects.toMatchObject(refusal);
    expect((await readdir(folder)).length).toBe(3);
    const third = await PassageDatabase.open(folder);
    await third.index(passages("b", ["x"]), model);
    await expect(first.index(passages("c", ["y"]), model)).rejects.toMatchObject(refusal);
    const now = await PassageDatabase.open(folder);
    expect(now.documentIds().sort()).toEqual(["a", "b"]);
    expect(now.size).toBe(5);
  });

  it("sweeps what killed writers left, and no other file", async () => {
    await writeFile(join(folder, "vectors-0123456789abcdef.f32"), "");
    await writeFile(join(folder, "passages-0123456789abcdef.jsonl.7-x.new"), "");
    await writeFile(join(folder, "nigh.json.7-x.new"), "");
    await writeFile(join(folder, "passages-of-time.txt"), "mine");
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const names = await readdir(folder);
    expect(names).toHaveLength(4);
    expect(names).toContain("passages-of-time.txt");
  });

  it.each([
    ["id", { id: "" }, '"id" must be a non-empty string'],
    ["documentId", { documentId: undefined }, '"documentId" must be a non-empty string'],
    ["text", { text: 7 }, '"text" must be a string, found the number 7'],
    ["metadata", { metadata: null }, '"metadata" must be an object'],
    ["a metadata value", { metadata: { year: Number.NaN } }, '"metadata.year" must be'],
  ])("refuses a passage with a wrong %s before it encodes", async (_, change, message) => {
    const database = await PassageDatabase.open(folder);
    const [good, bad] = passages("a", ["x", "y"]);
    const index = database.index([good, { ...bad, ...change }] as never, model);
    await expect(index).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringMatching(/passage 1\b/u),
    });
    await expect(index).rejects.toThrow(message);
    expect(database.size).toBe(0);
  });

  it("refuses unknown options of index()", async () => {
    const database = await PassageDatabase.open(folder);
    await expect(database.index([], model, { onprogress: 1 } as never)).rejects.toMatchObject({
      code: "ERR_UNKNOWN_OPTION",
      message: expect.stringContaining('Did you mean "onProgress"?'),
    });
  });

  it("names the file that disagrees with nigh.json, and the line that is no passage", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const path = join(folder, "nigh.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    manifest.passages.count = 3;
    await writeFile(path, JSON.stringify(manifest));
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject({
      code: "ERR_DATABASE",
      message: expect.stringMatching(/passages-.* found 4 passages, expected 3/u),
    });
    manifest.passages.count = 4;
    manifest.model.dimension = 383;
    await writeFile(path, JSON.stringify(manifest));
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject({
      code: "ERR_DATABASE",
      message: expect.stringMatching(/vectors-.* found 6144 bytes, expected 6128/u),
    });
    const odd = '{"id": 1}\n';
    manifest.passages.sha256 = createHash("sha256").update(odd).digest("hex");
    await writeFile(join(folder, manifest.passages.file), odd);
    await writeFile(path, JSON.stringify(manifest));
    await expect(PassageDatabase.open(folder)).rejects.toMatchObject({
      code: "ERR_DATABASE",
      message: expect.stringContaining(`${manifest.passages.file}:1 is no passage`),
    });
  });

  it("encodes unchanged text again in another precision, and answers from mixed ones", async () => {
    const int8 = await SentenceTransformer.load("all-MiniLM-L6-v2", { dtype: "int8" });
    try {
      const database = await PassageDatabase.open(folder);
      const both = [...passages("a", DOCUMENTS), ...passages("b", ["Snow."])];
      await database.index(both, int8);
      expect(database.model?.dtype).toBe("int8");
      expect(await database.index(passages("a", DOCUMENTS), int8)).toMatchObject({ encoded: 0 });
      expect(await database.index(passages("a", DOCUMENTS), model)).toMatchObject({ encoded: 4 });
      expect(database.model?.dtype).toBe("mixed");
      const [best] = await database.search("a young cat at rest", model);
      expect(best?.passage.text).toBe(DOCUMENTS[1]);
      expect(await database.index(both, model)).toMatchObject({ encoded: 5 });
      expect(database.model?.dtype).toBe("fp32");
    } finally {
      await int8.close();
    }
  });

  it("reads a database without a precision as one of fp32", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const path = join(folder, "nigh.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    delete manifest.model.dtype;
    await writeFile(path, JSON.stringify(manifest));
    const again = await PassageDatabase.open(folder);
    expect(await again.index(passages("a", DOCUMENTS), model)).toMatchObject({ unchanged: 4 });
  });

  it("refuses a query vector with NaN or of other dimensions", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const query = new Float32Array(384);
    query[3] = Number.NaN;
    expect(() => database.searchByVector(query, 2)).toThrow(/number 3 is NaN/u);
    expect(() => database.searchByVector(new Float32Array(3), 2)).toThrow(/3 dimensions/u);
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

  it("keeps what it had when encoding fails", async () => {
    const database = await PassageDatabase.open(folder);
    await database.index(passages("a", DOCUMENTS), model);
    const bad = passages("b", ["half of a character: \ud83d"]);
    await expect(database.index(bad, model)).rejects.toMatchObject({ code: "ERR_INVALID_TEXT" });
    expect((await PassageDatabase.open(folder)).size).toBe(4);
  });
});

function nans(rows: number): Matrix {
  return new Matrix(new Float32Array(rows * 384).fill(Number.NaN), rows, 384);
}

function passages(documentId: string, texts: readonly string[]): StoredPassage[] {
  return texts.map((text, i) => ({
    id: `${documentId}#${i}`,
    documentId,
    text,
    metadata: { origin: documentId },
  }));
}
