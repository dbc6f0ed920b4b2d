import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Matrix, NighError, OpenAIEmbeddings, type Progress, SemanticSearch } from "nigh";
import { describe, expect, it, vi } from "vitest";
import { refused } from "./collections/refused.js";
import { run } from "./encoder/run-program.js";
import { onServer } from "./openai/on-server.js";
import { countTokens, OTHER_DIMENSION, vectorOf } from "./openai/openai-server.js";

const on = onServer();
const OTHER = { model: "nomic-embed-text" };

const rowsOf = (texts: readonly string[], dimension = OTHER_DIMENSION): number[][] =>
  texts.map((text) => [...vectorOf(text, dimension)]);
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `text ${"abcdefghij"[i % 10]} number ${i}`);

describe("encode", () => {
  it("gives a Float32Array for a text, a Matrix in order for a list, the very floats of the server", async () => {
    const model = on.embeddings();
    const one = await model.encode("a cat");
    expect(one).toEqual(vectorOf("a cat", 1536));
    const many = await model.encode(["a cat", "a dog"]);
    expect(many).toBeInstanceOf(Matrix);
    expect(many.toArray()).toEqual(rowsOf(["a cat", "a dog"], 1536));
    expect(on.server.paths).toEqual(["POST /v1/embeddings", "POST /v1/embeddings"]);
    expect(on.server.requests[0]).toEqual({
      model: "text-embedding-3-small",
      input: ["a cat"],
      encoding_format: "base64",
    });
  });

  it("keeps the order when many requests are under way at once and are answered out of order", async () => {
    const texts = numbered(203);
    const held: (() => void)[] = [];
    on.server.onRequest = () =>
      new Promise<void>((go) => {
        held.push(go);
        // The last of each four that wait goes first.
        if (held.length === 4 || texts.length - on.server.texts.length === 0)
          for (const release of held.splice(0).reverse()) release();
      });
    const model = on.embeddings({ ...OTHER, batchSize: 10, concurrency: 4 });
    expect((await model.encode(texts)).toArray()).toEqual(rowsOf(texts));
    expect(on.server.requests.length).toBe(21);
    expect(on.server.mostAtOnce).toBe(4);
  });

  it.each(["known", "ignored", "refused"] as const)(
    "gives the same vectors whether base64 is known, ignored or refused: %s",
    async (base64) => {
      on.server.base64 = base64;
      const texts = numbered(7);
      const model = on.embeddings({ ...OTHER, batchSize: 2, concurrency: 1 });
      expect((await model.encode(texts)).toArray()).toEqual(rowsOf(texts));
      const formats = on.server.requests.map((request) => request.encoding_format);
      // A refusal is met once.
      const expected = base64 === "refused" ? ["base64", ...Array(4)] : Array(4).fill("base64");
      expect(formats).toEqual(expected);
    },
  );

  it("puts vectors that come in another order where their index says", async () => {
    on.server.isShuffled = true;
    const texts = numbered(9);
    expect((await on.embeddings(OTHER).encode(texts)).toArray()).toEqual(rowsOf(texts));
  });

  it("gives no rows for no texts, without a request where the dimension is known", async () => {
    expect((await on.embeddings().encode([])).shape).toEqual([0, 1536]);
    expect((await on.embeddings().encode([], { truncateDim: 256 })).shape).toEqual([0, 256]);
    expect(on.server.requests).toEqual([]);
    expect((await on.embeddings(OTHER).encode([])).shape).toEqual([0, OTHER_DIMENSION]);
  });

  it("takes the options of SentenceTransformer: normalizeEmbeddings, truncateDim, prompt, batchSize", async () => {
    const model = on.embeddings(OTHER);
    const plain = await model.encode("a cat");
    const cut = await model.encode("a cat", { truncateDim: 3 });
    expect([...cut]).toEqual([...plain.subarray(0, 3)]);
    const unit = await model.encode("a cat", { truncateDim: 3, normalizeEmbeddings: true });
    expect(Math.hypot(...unit)).toBeCloseTo(1, 6);
    expect(unit[1] as number).toBeCloseTo((cut[1] as number) / Math.hypot(...cut), 6);
    await model.encode(["x", "y", "z"], { prompt: "say: ", batchSize: 2 });
    expect(on.server.requests.slice(-2).map(({ input }) => input)).toEqual([
      ["say: x", "say: y"],
      ["say: z"],
    ]);
  });

  it("puts the prompts before queries and documents that the options name", async () => {
    const prompts = { query: "search_query: ", document: "search_document: ", other: "o: " };
    const model = on.embeddings({ ...OTHER, prompts });
    await model.encodeQuery("q");
    await model.encodeDocument(["d"]);
    await model.encode("e");
    await model.encode("n", { promptName: "other" });
    expect(on.server.texts).toEqual(["search_query: q", "search_document: d", "e", "o: n"]);
    await refused(() => model.encode("n", { promptName: "othr" }), "ERR_INVALID_ARGUMENT", "other");
    const without = on.embeddings(OTHER);
    await without.encodeQuery("q");
    expect(on.server.texts.at(-1)).toBe("q");
  });

  it("tells progress after every request: done, total, rate, time left", async () => {
    const seen: Progress[] = [];
    const model = on.embeddings({ ...OTHER, batchSize: 3, concurrency: 1 });
    await model.encode(numbered(8), { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ done, total }) => [done, total])).toEqual([
      [3, 8],
      [6, 8],
      [8, 8],
    ]);
    expect(seen.every(({ perSecond, truncated }) => perSecond > 0 && truncated === 0)).toBe(true);
    expect(seen.map(({ etaSeconds }) => etaSeconds > 0)).toEqual([true, true, false]);
  });

  it("refuses what is no text, naming it, before anything is sent", async () => {
    const model = on.embeddings();
    const wrong = ["fine", 7] as unknown as string[];
    await refused(() => model.encode(wrong), "ERR_INVALID_TEXT", "text 1", "number 7");
    await refused(() => model.encode(["\ud800"]), "ERR_INVALID_TEXT", "text 0", "surrogate");
    await refused(() => model.encode(["a", "", "b"]), "ERR_INVALID_TEXT", "text 1", "empty");
    expect(on.server.requests).toEqual([]);
  });
});

describe("long texts", () => {
  const long = "word ".repeat(8193).trim();

  it("of more than 8,192 tokens are refused by name, before anything is sent", async () => {
    expect(await countTokens([long])).toBe(8193);
    const texts = ["short", long];
    const says = ["text 1", '"word word', "8192 tokens", "text-embedding-3-small", '"cut"'];
    await refused(() => on.embeddings().encode(texts), "ERR_INVALID_TEXT", ...says);
    expect(on.server.requests).toEqual([]);
  });

  it("of 8,192 tokens and more than 8,192 bytes are taken as they are", async () => {
    const fitting = "word ".repeat(8192).trim();
    await on.embeddings().encode([fitting]);
    expect(on.server.texts).toEqual([fitting]);
  });

  it('are cut at 8,192 tokens and counted in truncated with longText: "cut"', async () => {
    const model = on.embeddings({ longText: "cut" });
    let last: Progress | undefined;
    const vectors = await model.encode(["short", long, "漢字かな".repeat(9000)], {
      onProgress: (progress) => {
        last = progress;
      },
    });
    expect(last?.truncated).toBe(2);
    const [first, second, third] = on.server.texts as [string, string, string];
    expect(first).toBe("short");
    expect(long.startsWith(second)).toBe(true);
    expect(await countTokens([second])).toBe(8192);
    expect("漢字かな".repeat(9000).startsWith(third)).toBe(true);
    expect(await countTokens([third])).toBeGreaterThan(8180);
    expect([...vectors.row(1)]).toEqual([...vectorOf(second, 1536)]);
  });

  it("of models whose tokens are not known are sent as they are", async () => {
    await on.embeddings(OTHER).encode([long]);
    expect(on.server.texts).toEqual([long]);
  });
});

describe("the dimension", () => {
  it("is known of OpenAI's models, and what dimensions ask for otherwise", async () => {
    const dimension = (model: string, dimensions?: number): number =>
      on.embeddings({ model, ...(dimensions === undefined ? {} : { dimensions }) }).dimension;
    expect(dimension("text-embedding-3-small")).toBe(1536);
    expect(dimension("text-embedding-3-large")).toBe(3072);
    expect(dimension("text-embedding-ada-002")).toBe(1536);
    expect(dimension("text-embedding-3-large", 256)).toBe(256);
    expect(dimension("nomic-embed-text", 768)).toBe(768);
    const short = on.embeddings({ dimensions: 64 });
    expect((await short.encode("x")).length).toBe(64);
    // The model's own length is not asked for.
    await on.embeddings({ dimensions: 1536 }).encode("x");
    expect(on.server.requests.map(({ dimensions }) => dimensions)).toEqual([64, undefined]);
  });

  it("of other models is known after ready() or a first encode, and asked for before an error", async () => {
    const model = on.embeddings(OTHER);
    expect(() => model.dimension).toThrow(NighError);
    expect(() => model.fingerprint).toThrow(/await ready\(\)/u);
    await Promise.all([model.ready(), model.ready()]);
    expect(model.dimension).toBe(OTHER_DIMENSION);
    await model.ready();
    expect(on.server.requests.length).toBe(1);
    const second = on.embeddings(OTHER);
    await second.encode("x");
    expect(second.dimension).toBe(OTHER_DIMENSION);
    expect(on.server.requests.length).toBe(2);
  });
});

describe("costs", () => {
  it("are estimated without a request: tokens as tiktoken counts, dollars for OpenAI's models", async () => {
    const texts = ["hello world", "<|endoftext|>", "漢字"];
    const tokens = await countTokens(texts);
    const estimate = await on.embeddings().estimate(texts);
    expect(estimate.tokens).toBe(tokens);
    expect(estimate.usd).toBeCloseTo((tokens * 0.02) / 1e6, 12);
    const large = on.embeddings({ model: "text-embedding-3-large" });
    expect((await large.estimate("hello world")).usd).toBeCloseTo((2 * 0.13) / 1e6, 12);
    expect(await on.embeddings(OTHER).estimate("hello world")).toEqual({
      tokens: 2,
      usd: undefined,
    });
    expect(on.server.requests).toEqual([]);
  });

  it("are summed up in usage as the server counts them", async () => {
    const model = on.embeddings({ batchSize: 2 });
    expect(model.usage).toEqual({ requests: 0, promptTokens: 0, usd: 0 });
    const texts = ["one", "two words", "three whole words"];
    await model.encode(texts);
    await model.encode("four");
    const promptTokens = await countTokens([...texts, "four"]);
    expect(model.usage).toMatchObject({ requests: 3, promptTokens });
    expect(model.usage.usd).toBeCloseTo((promptTokens * 0.02) / 1e6, 12);
    const other = on.embeddings(OTHER);
    await other.encode("x");
    expect(other.usage).toMatchObject({ requests: 1, usd: undefined });
  });
});

describe("close", () => {
  it("makes later calls reject with ERR_CLOSED; twice is no error", async () => {
    const model = on.embeddings();
    await model.encode("x");
    await model.close();
    await model.close();
    await refused(() => model.encode("x"), "ERR_CLOSED");
  });

  it("ends requests under way, and waits before others, with ERR_CLOSED", async () => {
    const model = on.embeddings({ timeout: 30_000 });
    const arrived = new Promise<void>((done) => {
      on.server.onRequest = () => {
        done();
        return new Promise<void>(() => undefined);
      };
    });
    const encoding = model.encode("x").catch((error: unknown) => error);
    await arrived;
    await model.close();
    expect(await encoding).toMatchObject({ code: "ERR_CLOSED" });
  });
});

it("a program that forgets close() ends by itself", async () => {
  const program = join(import.meta.dirname, "openai/programs/not-closed.mjs");
  const environment = { OPENAI_BASE_URL: on.server.baseURL };
  // A timer of the timeout would hold it for a minute.
  const ended = await run(program, { environment, patienceMs: 30_000 });
  expect(ended).toMatchObject({ code: 0, stdout: `${OTHER_DIMENSION}\n` });
});

it("similarity is the cosine, as of a local model", async () => {
  const model = on.embeddings(OTHER);
  const vectors = await model.encode(["a cat", "a cat", "stocks"]);
  const all = model.similarity(vectors, vectors);
  expect(all.row(0)[1]).toBeCloseTo(1, 6);
  expect(model.similarityPairwise(vectors, vectors)[2]).toBeCloseTo(1, 6);
  expect(all.row(0)[2] as number).toBeLessThan(0.99);
});

it("SemanticSearch searches by it, whether the dimension is known or not", async () => {
  for (const options of [{}, OTHER]) {
    const search = new SemanticSearch(on.embeddings(options));
    await search.index(["kitten asleep", "stocks fell", "dog barks"]);
    const [best] = await search.search("kitten asleep", { topK: 1 });
    expect(best?.document).toBe("kitten asleep");
  }
  const empty = new SemanticSearch(on.embeddings(OTHER));
  await empty.index([]);
  expect(await empty.search("x")).toEqual([]);
});

it("goes through the proxy of the environment, but not to this machine itself", async () => {
  const proxied: string[] = [];
  const proxy = createServer((request, response) => {
    proxied.push(request.url ?? "");
    response.end(JSON.stringify({ data: [{ index: 0, embedding: [1, 2, 3] }] }));
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  const { port } = proxy.address() as AddressInfo;
  for (const name of ["HTTP_PROXY", "http_proxy"]) vi.stubEnv(name, `http://127.0.0.1:${port}`);
  for (const name of ["NO_PROXY", "no_proxy"]) vi.stubEnv(name, undefined);
  const far = on.embeddings({ ...OTHER, baseURL: "http://embeddings.invalid/v1" });
  expect([...(await far.encode("x"))]).toEqual([1, 2, 3]);
  await on.embeddings(OTHER).encode("x");
  expect(proxied).toEqual(["http://embeddings.invalid/v1/embeddings"]);
  expect(on.server.requests.length).toBe(1);
  await far.close();
  await new Promise((done) => proxy.close(done));
});

it("sends the headers that the options name, and no key where there is none", async () => {
  const plain = new OpenAIEmbeddings({ baseURL: `${on.server.baseURL}/` });
  await plain.encode("x");
  await plain.close();
  const model = on.embeddings({
    apiKey: "sk-test-0123456789",
    organization: "org-1",
    project: "proj-1",
    headers: { "X-Tenant": "blue" },
  });
  await model.encode("x");
  const [first, second] = on.server.headers;
  expect(first?.authorization).toBeUndefined();
  expect(second).toMatchObject({
    authorization: "Bearer sk-test-0123456789",
    "openai-organization": "org-1",
    "openai-project": "proj-1",
    "x-tenant": "blue",
  });
});
