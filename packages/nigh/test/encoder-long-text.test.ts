import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  cosineSimilarity,
  EphemeralClient,
  OpenAIEmbeddings,
  type Progress,
  SentenceTransformer,
} from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tokenizer } from "../src/tokens/tokenizer.js";
import { nigh, nighJson } from "./cli/run-nigh.js";
import { fixture, readJson, TINY_MODEL } from "./encoder/fixtures.js";
import { folderFrom } from "./encoder/folders.js";
import { openModel, skipNative } from "./encoder/runtimes.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const RUNTIME = skipNative ? "wasm" : "native";
const SHORT = ["The harbour froze in January.", "", "naïve façade"];
const LONG = Array.from({ length: 60 }, (_, i) => `wave ${i} of the harbour`).join(", ");
const MAX_LENGTH = 32;
const SMALL = { "sentence_bert_config.json": { max_seq_length: MAX_LENGTH, do_lower_case: false } };
const NORMALIZE = {
  idx: 2,
  name: "2",
  path: "2_Normalize",
  type: "sentence_transformers.models.Normalize",
};

/** What a text's vector has to be: the mean of the windows, each run alone, weighted by its tokens of the text. */
async function meanOfWindows(path: string, text: string, prompt = ""): Promise<number[]> {
  const tokenizer = await Tokenizer.load(path, { maxLength: 100_000 });
  const contentOf = (given: string) => [...tokenizer.encode(given).ids].slice(1, -1);
  const [first, last] = [...tokenizer.encode("").ids] as [number, number];
  const [head, content] = [contentOf(prompt), contentOf(text)];
  const room = MAX_LENGTH - 2 - head.length;
  const step = room - Math.floor(room / 8);
  const { session } = await openModel(path, RUNTIME);
  const sum: number[] = [];
  let total = 0;
  for (let start = 0; ; start += step) {
    const part = content.slice(start, start + room);
    const ids = Int32Array.from([first, ...head, ...part, last]);
    const lengths = Int32Array.of(ids.length);
    const promptTokens = head.length === 0 ? 0 : 1 + head.length;
    const { vectors } = await session.run({ ids, lengths, types: undefined, promptTokens });
    for (const [t, x] of (vectors as Float32Array).entries()) {
      sum[t] = (sum[t] ?? 0) + part.length * x;
    }
    total += part.length;
    if (start + room >= content.length) break;
  }
  await session.close();
  return sum.map((x) => x / total);
}

function expectNear(found: Float32Array, wanted: readonly number[]): void {
  for (const [t, x] of found.entries()) expect(x).toBeCloseTo(wanted[t] as number, 5);
}

describe('longText: "chunk"', () => {
  let path: string;
  let model: SentenceTransformer;
  beforeAll(async () => {
    path = folderFrom("tiny-multilingual-bert", SMALL);
    model = await SentenceTransformer.load(path);
  });
  afterAll(() => model.close());

  it("gives the vectors of texts that fit as they are, to the bit", async () => {
    const [whole, chunked] = [
      await model.encode(SHORT),
      await model.encode(SHORT, { longText: "chunk" }),
    ];
    expect(chunked.data).toEqual(whole.data);
  });

  it("gives a long text the mean of its windows, weighted by their tokens", async () => {
    expectNear(await model.encode(LONG, { longText: "chunk" }), await meanOfWindows(path, LONG));
  });

  it("scales it to length 1 where the model does so", async () => {
    const modules = [...readJson<unknown[]>(join(TINY_MODEL, "modules.json")), NORMALIZE];
    const normalizing = folderFrom("tiny-multilingual-bert", { ...SMALL, "modules.json": modules });
    const model = await SentenceTransformer.load(normalizing);
    const found = await model.encode(LONG, { longText: "chunk" });
    await model.close();
    const mean = await meanOfWindows(normalizing, LONG);
    const length = Math.hypot(...mean);
    expect(length).toBeLessThan(0.999);
    expectNear(
      found,
      mean.map((x) => x / length),
    );
  });

  it("puts the prompt before each window, and leaves it out of the pooling where the model does", async () => {
    const prompted = folderFrom("tiny-bert-prompts", SMALL);
    const model = await SentenceTransformer.load(prompted);
    const prompt = model.prompts["query"] as string;
    expect(prompt).not.toBe("");
    const found = await model.encodeQuery(LONG, { longText: "chunk" });
    await model.close();
    expectNear(found, await meanOfWindows(prompted, LONG, prompt));
  });

  it("reads a text to its end, which truncating does not", async () => {
    const other = `${LONG.slice(0, 900)}${"A kitten sleeps on the piano. ".repeat(10)}`;
    const [a, b] = await Promise.all(
      [LONG, other].map((text) => model.encode(text, { longText: "chunk" })),
    );
    const [c, d] = await Promise.all([LONG, other].map((text) => model.encode(text)));
    expect(cosineSimilarity(a as Float32Array, b as Float32Array)).toBeLessThan(0.99999);
    expect(c).toEqual(d);
  });

  it("does not depend on what it is encoded with, to the bit but for padding", async () => {
    const alone = await model.encode(LONG, { longText: "chunk" });
    const texts = [...SHORT, LONG, `${LONG}!`, ...SHORT];
    for (const batchSize of [1, 2, 32]) {
      const row = (await model.encode(texts, { longText: "chunk", batchSize })).row(3);
      expect(cosineSimilarity(row, alone)).toBeGreaterThan(0.999999);
      const again = (await model.encode(texts, { longText: "chunk", batchSize })).row(3);
      expect(again).toEqual(row);
    }
  });

  it("counts windows, and no text as truncated", async () => {
    const lastOf = async (longText: "truncate" | "chunk") => {
      const seen: Progress[] = [];
      const onProgress = (progress: Progress) => seen.push(progress);
      await model.encode([...SHORT, LONG], { longText, onProgress });
      return seen.at(-1);
    };
    expect(await lastOf("truncate")).toMatchObject({ done: 4, truncated: 1, windows: 4 });
    const chunked = await lastOf("chunk");
    expect(chunked).toMatchObject({ done: 4, total: 4, truncated: 0 });
    expect(chunked?.windows).toBeGreaterThan(10);
  });

  it("refuses other values, and a prompt that leaves no room for the text", async () => {
    await expect(model.encode("x", { longText: "cut" } as never)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining('"longText" must be one of "truncate", "chunk"'),
    });
    const work = model.encode("x", { prompt: LONG, longText: "chunk" });
    await expect(work).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining("leaves no room for a text: the model reads 32"),
    });
  });

  it("is refused by static models that read a beginning only, and by remote ones", async () => {
    const model = await SentenceTransformer.load(fixture("models/static-embedding"));
    await expect(model.encode("x", { longText: "chunk" })).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED_MODEL",
    });
    await model.close();
    const remote = new OpenAIEmbeddings({ apiKey: "none" });
    await expect(remote.encode("x", { longText: "chunk" })).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining('"refuse" or "cut"'),
    });
    await remote.close();
  });
});

describe('A model loaded with longText: "chunk"', () => {
  const folder = temporaryFolder();
  let path: string;
  let truncating: SentenceTransformer;
  let chunking: SentenceTransformer;
  beforeAll(async () => {
    path = folderFrom("tiny-multilingual-bert", SMALL);
    truncating = await SentenceTransformer.load(path);
    chunking = await SentenceTransformer.load(path, { longText: "chunk" });
  });
  afterAll(() => Promise.all([truncating.close(), chunking.close()]));

  it("reads long texts in windows unless it is told otherwise, and has a fingerprint of its own", async () => {
    expect(chunking.longText).toBe("chunk");
    expect(chunking.fingerprint).not.toBe(truncating.fingerprint);
    const [a, b] = [
      await chunking.encode(LONG),
      await truncating.encode(LONG, { longText: "chunk" }),
    ];
    expect(a).toEqual(b);
    const cut = await chunking.encode(LONG, { longText: "truncate" });
    expect(cut).toEqual(await truncating.encode(LONG));
    const told = await SentenceTransformer.load(path, { longText: "truncate" });
    expect(told.fingerprint).toBe(truncating.fingerprint);
    await told.close();
  });

  it("fills a collection that a truncating one cannot search unawares", async () => {
    const client = new EphemeralClient();
    const name = "waves";
    const collection = await client.createCollection({ name, embeddingFunction: chunking });
    await collection.add({ ids: ["a"], documents: [LONG] });
    const { embeddings } = await collection.get({ include: ["embeddings"] });
    expect(embeddings?.[0]).toEqual(await chunking.encodeDocument(LONG));
    expect(collection.embedder).toMatchObject({ longText: "chunk" });
    const other = client.getCollection({ name, embeddingFunction: truncating });
    await expect(other).rejects.toMatchObject({
      code: "ERR_EMBEDDER",
      message: expect.stringContaining('with longText: "chunk"'),
    });
    await client.close();
  });

  it("is what --long-text chunk loads, which a collection remembers", async () => {
    const model = ["--model", path];
    const encoded = await nighJson(["encode", LONG, ...model, "--long-text", "chunk"]);
    expect(encoded.truncated).toBe(0);
    expect(encoded.windows).toBeGreaterThan(10);
    expect(Float32Array.from(encoded.vectors[0])).toEqual(await chunking.encode(LONG));

    const [file, db] = [join(folder, "waves.txt"), ["--db", join(folder, "db")]];
    writeFileSync(file, LONG);
    const indexed = await nigh(["index", file, ...model, "--long-text", "chunk", ...db]);
    expect(indexed).toMatchObject({ code: 0 });
    expect(await nigh(["search", "a wave", ...db])).toMatchObject({ code: 0 });
    const truncated = await nigh(["search", "a wave", ...db, "--long-text", "truncate"]);
    expect(truncated.code).toBe(1);
    expect(truncated.stderr).toContain('with longText: "chunk"');
  });
});
