import { OpenAIEmbeddings, SentenceTransformer } from "nigh";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { onServer, SPACE } from "./server/on-server.js";

const on = onServer({ models: [TINY_MODEL], tokens: ["secret"] });
const TEXTS = ["hello world", "ein anderer Text", ""];
let model: SentenceTransformer;
let client: OpenAI;

beforeAll(async () => {
  model = await SentenceTransformer.load(TINY_MODEL);
  client = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: "secret", maxRetries: 0 });
});
afterAll(() => model.close());

describe("OpenAI's npm client", () => {
  it("gets the vectors of the model, as floats and as base64", async () => {
    const expected = await model.encode(TEXTS);
    for (const encoding_format of ["float", "base64", undefined] as const) {
      const { data, usage, object } = await client.embeddings.create({
        model: TINY_MODEL,
        input: TEXTS,
        ...(encoding_format && { encoding_format }),
      });
      expect([object, data.map(({ index }) => index)]).toEqual(["list", [0, 1, 2]]);
      const tokens = (await model.tokenize(TEXTS)).reduce((sum, { ids }) => sum + ids.length, 0);
      expect(usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
      for (const [i, { embedding }] of data.entries()) {
        const vector =
          typeof embedding === "string"
            ? new Float32Array(new Uint8Array(Buffer.from(embedding as string, "base64")).buffer)
            : Float32Array.from(embedding);
        expect(vector).toEqual(Float32Array.from(expected.row(i)));
      }
    }
  });

  it("gets one vector for one text, shortened to the dimensions asked for, of length 1", async () => {
    const { data } = await client.embeddings.create({
      model: TINY_MODEL,
      input: "hello",
      dimensions: 4,
      encoding_format: "float",
    });
    const [{ embedding } = { embedding: [] }] = data;
    expect(embedding).toHaveLength(4);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });

  it("is told what is wrong, in OpenAI's form", async () => {
    const create = (more: object) =>
      client.embeddings.create({ model: TINY_MODEL, input: "x", ...more });
    await expect(create({ input: [[1, 2, 3]] })).rejects.toThrow(/400 .*tokens/u);
    await expect(create({ input: [1, 2] })).rejects.toThrow(/400 .*tokens/u);
    await expect(create({ input: [] })).rejects.toThrow(/400 .*0 texts/u);
    await expect(create({ dimensions: 100_000 })).rejects.toThrow(/400 .*dimensions/u);
    await expect(create({ model: "text-embedding-3-small" })).rejects.toThrow(/404 .*not served/u);
    const other = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: "wrong", maxRetries: 0 });
    await expect(other.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it("lists the models", async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual([TINY_MODEL]);
    expect(await client.models.retrieve(TINY_MODEL)).toMatchObject({
      id: TINY_MODEL,
      object: "model",
    });
    await expect(client.models.retrieve("other")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

it("nigh's own OpenAIEmbeddings gets the same vectors", async () => {
  const embeddings = new OpenAIEmbeddings({
    model: TINY_MODEL,
    baseURL: `${on.url}/v1`,
    apiKey: "secret",
  });
  const vectors = await embeddings.encode(["hello world", "another"]);
  const expected = await model.encode(["hello world", "another"]);
  expect(vectors.toArray()).toEqual(expected.toArray());
  await embeddings.close();
});

it("a query is answered while 5,000 texts are being embedded", async () => {
  const headers = { authorization: "Bearer secret" };
  const made = await on.send("POST", `${SPACE}/collections`, { name: "notes" }, headers);
  const path = `${SPACE}/collections/${made.json.id}`;
  await on.send("POST", `${path}/add`, { ids: ["a"], embeddings: [[1, 2]] }, headers);
  let done = 0;
  const words = "the quick brown fox jumps over the lazy dog ".repeat(4);
  const embedding = Array.from({ length: 5 }, async (_, i) => {
    const input = Array.from({ length: 1000 }, (_, j) => `${i} ${j} ${words}`);
    const reply = await on.send(
      "POST",
      "/v1/embeddings",
      { model: TINY_MODEL, input, encoding_format: "base64" },
      headers,
    );
    done += reply.json.data.length;
  });
  let answered = 0;
  while (done === 0 && answered < 5) {
    const { json } = await on.send(
      "POST",
      `${path}/query`,
      { query_embeddings: [[1, 2]] },
      headers,
    );
    expect(json.ids).toEqual([["a"]]);
    answered += 1;
  }
  expect([done, answered]).toEqual([0, 5]);
  await Promise.all(embedding);
  expect(done).toBe(5000);
});
