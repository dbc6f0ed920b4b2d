import { inspect } from "node:util";
import { OpenAIEmbeddings, type OpenAIEmbeddingsOptions } from "nigh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refused, refusedAtOnce } from "./collections/refused.js";

const KEY = "sk-proj-0123456789abcdefghij";
const made = (options: OpenAIEmbeddingsOptions = {}) => new OpenAIEmbeddings(options);
const wrong = (options: unknown) => () => made(options as OpenAIEmbeddingsOptions);

beforeEach(() => {
  for (const name of ["OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("OPENAI_API_KEY", KEY);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the defaults", () => {
  it("are OpenAI's address, key of the environment, and text-embedding-3-small", () => {
    const model = made();
    expect(model).toMatchObject({
      name: "openai:text-embedding-3-small",
      model: "text-embedding-3-small",
      baseURL: "https://api.openai.com/v1",
      dimension: 1536,
      maxSeqLength: 8192,
    });
  });

  it("are OPENAI_BASE_URL where it is set and no baseURL is given; an empty one is none", () => {
    vi.stubEnv("OPENAI_BASE_URL", "http://localhost:11434/v1/");
    expect(made().baseURL).toBe("http://localhost:11434/v1");
    expect(made({ baseURL: "http://127.0.0.1:8000/v1" }).baseURL).toBe("http://127.0.0.1:8000/v1");
    vi.stubEnv("OPENAI_BASE_URL", "");
    expect(made().baseURL).toBe("https://api.openai.com/v1");
  });

  it("without a key: refused for OpenAI with what to set, fine for other servers and other credentials", async () => {
    vi.stubEnv("OPENAI_API_KEY", undefined);
    const says = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "http://localhost:11434/v1"];
    await refusedAtOnce(wrong({}), "ERR_CONNECTION", ...says);
    made({ baseURL: "http://localhost:11434/v1", model: "nomic-embed-text" });
    const baseURL = "https://me.openai.azure.com/openai/v1";
    await refusedAtOnce(wrong({ baseURL }), "ERR_CONNECTION", "OPENAI_API_KEY");
    made({ baseURL, headers: { "api-key": "secret" } });
  });
});

describe("name and fingerprint", () => {
  const OLLAMA = "http://localhost:11434/v1";
  const print = (options: OpenAIEmbeddingsOptions) => made(options).fingerprint;

  it("names say the model, who answers, and the dimensions where they are not the model's own", () => {
    const name = (options: OpenAIEmbeddingsOptions) => made(options).name;
    expect(name({ dimensions: 256 })).toBe("openai:text-embedding-3-small@256");
    expect(name({ dimensions: 1536 })).toBe("openai:text-embedding-3-small");
    expect(name({ baseURL: OLLAMA, model: "bge-m3" })).toBe("openai-compatible:bge-m3");
  });

  it("fingerprints differ by model, dimensions, prompts, and by whether OpenAI answers", () => {
    const prompts = { query: "q: " };
    const prints = [
      print({}),
      print({ model: "text-embedding-ada-002" }),
      print({ dimensions: 256 }),
      print({ prompts }),
      print({ prompts: { query: "q:" } }),
      print({ baseURL: OLLAMA }),
      print({ baseURL: OLLAMA, dimensions: 256 }),
    ];
    expect(new Set(prints).size).toBe(prints.length);
    for (const one of prints) expect(one).toMatch(/^[0-9a-f]{64}$/u);
  });

  it("fingerprints do not differ by address, key, or how requests are made", () => {
    expect(print({ dimensions: 1536, apiKey: "sk-another", timeout: 5, batchSize: 3 })).toBe(
      print({}),
    );
    expect(print({ baseURL: "https://eu.api.openai.com/v1" })).toBe(print({}));
    expect(print({ baseURL: "https://me.openai.azure.com/openai/v1" })).toBe(print({}));
    expect(print({ baseURL: "https://api.openai.com.evil.example/v1" })).not.toBe(print({}));
    expect(print({ baseURL: "http://gpu-box:8000/v1" })).toBe(print({ baseURL: OLLAMA }));
    const [a, b] = [
      { query: "q", document: "d" },
      { document: "d", query: "q" },
    ];
    expect(print({ prompts: a })).toBe(print({ prompts: b }));
  });

  it("the fingerprint of today is that of tomorrow", () => {
    expect(print({})).toBe("941369ad4ca1a73d481cef3c7787c77fb9d5437e0bbb6becb4f10502ea692a6f");
  });
});

describe("wrong options are refused", () => {
  it("unknown ones with the nearest name", async () => {
    await refusedAtOnce(wrong({ baseUrl: "http://x/v1" }), "ERR_UNKNOWN_OPTION", '"baseURL"');
    await refusedAtOnce(wrong({ apikey: KEY }), "ERR_UNKNOWN_OPTION", '"apiKey"');
    await refusedAtOnce(wrong({ maxRetrys: 3 }), "ERR_UNKNOWN_OPTION", '"maxRetries"');
    const model = made();
    const options = { truncateDims: 3 } as object;
    await refused(() => model.encode("x", options), "ERR_UNKNOWN_OPTION", '"truncateDim"');
  });

  it.each<[string, object, string]>([
    ["an empty model", { model: " " }, '"model"'],
    ["a number as a model", { model: 3 }, '"model"'],
    ["no address", { baseURL: "localhost:11434" }, '"baseURL"'],
    ["an address of files", { baseURL: "file:///v1" }, '"baseURL"'],
    ["an address with a query", { baseURL: "http://x/v1?key=1" }, '"?"'],
    ["an address with a password", { baseURL: `http://me:${KEY}@x/v1` }, '"apiKey"'],
    ["the endpoint itself", { baseURL: "http://x/v1/embeddings" }, '"/embeddings"'],
    ["no dimensions", { dimensions: 0 }, '"dimensions"'],
    ["half dimensions", { dimensions: 1.5 }, '"dimensions"'],
    ["more dimensions than the model has", { dimensions: 1537 }, "1536 or less"],
    [
      "dimensions of a model that shortens nothing",
      { model: "text-embedding-ada-002", dimensions: 100 },
      "truncateDim",
    ],
    ["a negative number of retries", { maxRetries: -1 }, '"maxRetries"'],
    ["no time", { timeout: 0 }, '"timeout"'],
    ["a time that no timer waits", { timeout: 2 ** 31 }, '"timeout"'],
    ["no concurrency", { concurrency: 0 }, '"concurrency"'],
    ["a batch that OpenAI refuses", { batchSize: 2049 }, '"batchSize"'],
    ["a longText that is none", { longText: "truncate" }, '"cut"'],
    ["headers that are no object", { headers: "x: y" }, '"headers"'],
    ["a header of two lines", { headers: { "x-a": "b\nc" } }, '"x-a"'],
    ["a header that is no string", { headers: { "x-a": 3 } }, '"x-a"'],
    ["prompts that are no strings", { prompts: { query: 3 } }, '"query"'],
    ["an empty key", { apiKey: "" }, '"apiKey"'],
    ["a key of two lines", { apiKey: `${KEY}\n${KEY}` }, "API key"],
    ["a key that is no string", { apiKey: { secret: KEY } }, '"apiKey"'],
  ])("%s", async (_, options, says) => {
    const error = await refusedAtOnce(wrong(options), "ERR_INVALID_ARGUMENT", says);
    expect(inspect(error, { depth: 9 })).not.toContain(KEY);
  });

  it("a key with a line feed at its end, as files have it, is taken without it", () => {
    made({ apiKey: `${KEY}\n` });
  });
});
