import { inspect } from "node:util";
import type { OpenAIEmbeddingsOptions, Progress } from "nigh";
import { describe, expect, it } from "vitest";
import { refused } from "./collections/refused.js";
import { body, drop, endless, type Failure, hang, htmlPage, status } from "./openai/failures.js";
import { onServer } from "./openai/on-server.js";
import { base64Of, OpenAIServer, OTHER_DIMENSION, vectorOf } from "./openai/openai-server.js";

const on = onServer();
const OTHER = { model: "nomic-embed-text" };
const KEY = "sk-proj-0123456789abcdefghij";
/** Repetition without waiting. */
const NOW = { headers: { "retry-after-ms": "1" } };

const encoding =
  (options: OpenAIEmbeddingsOptions = {}, text = "x") =>
  () =>
    on.embeddings({ ...OTHER, ...options }).encode(text);

describe("what may pass is sent again, and the vectors are right", () => {
  it.each<[string, Failure]>([
    ["408", status(408, "slow", NOW)],
    ["409", status(409, "conflict", NOW)],
    ["429 with retry-after-ms", status(429, "slow down", NOW)],
    ["500", status(500, "oops", NOW)],
    ["502 with an HTML page", body(htmlPage, 502, NOW.headers)],
    ["503", status(503, "overloaded", NOW)],
    ["a connection that is dropped at once", drop("at once")],
    ["a connection that is dropped in the middle of a body", drop("in the body")],
  ])("%s", async (_, failure) => {
    on.server.fail(failure);
    expect(await encoding()()).toEqual(vectorOf("x", OTHER_DIMENSION));
    expect(on.server.requests.length).toBe(2);
    expect(on.server.requests[0]).toEqual(on.server.requests[1]);
  });

  it("429 with Retry-After in seconds: not before that, and no other request of the client either", async () => {
    const times: number[] = [];
    on.server.onRequest = () => void times.push(performance.now());
    on.server.fail(status(429, "slow down", { headers: { "retry-after": "1" } }));
    const model = on.embeddings({ ...OTHER, batchSize: 1, concurrency: 1 });
    const first = model.encode(["a", "b"]);
    while (times.length === 0) await new Promise((turn) => setImmediate(turn));
    // Its answer has to arrive.
    await new Promise((turn) => setTimeout(turn, 200));
    await Promise.all([first, model.encode("other")]);
    expect(times.length).toBe(4);
    for (const time of times.slice(1)) expect(time - (times[0] as number)).toBeGreaterThan(950);
  });

  it("a request that gets no answer within the timeout", async () => {
    on.server.fail(hang);
    expect(await encoding({ timeout: 300 })()).toEqual(vectorOf("x", OTHER_DIMENSION));
    expect(on.server.requests.length).toBe(2);
  });

  it("each request for itself: one that fails in the middle of many costs none of the others", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
    on.server.fail(
      status(500, "", NOW),
      drop("at once"),
      status(503, "", NOW),
      drop("in the body"),
    );
    const model = on.embeddings({ ...OTHER, batchSize: 4, concurrency: 3 });
    const vectors = await model.encode(texts);
    expect(vectors.toArray()).toEqual(texts.map((text) => [...vectorOf(text, OTHER_DIMENSION)]));
    expect(on.server.requests.length).toBe(10 + 4);
    expect(model.usage.requests).toBe(10);
  });
});

describe("what does not pass is an error with status, the server's message and what to do", () => {
  it("after maxRetries repetitions: 429 as ERR_BUSY, 5xx as ERR_SERVER", async () => {
    on.server.fail(...Array<Failure>(3).fill(status(429, "Rate limit reached for you", NOW)));
    const says = ["Rate limit reached for you.", "status 429", "sent 3 times", '"concurrency"'];
    await refused(encoding({ maxRetries: 2 }), "ERR_BUSY", ...says);
    on.server.fail(...Array<Failure>(2).fill(status(500, "Worker died", NOW)));
    await refused(encoding({ maxRetries: 1 }), "ERR_SERVER", "Worker died", "500", "try again");
    on.server.fail(status(503, "No", NOW));
    await refused(encoding({ maxRetries: 0 }), "ERR_SERVER", "503");
    expect(on.server.requests.length).toBe(6);
  });

  it("a server that asks to wait for hours is not waited for", async () => {
    on.server.fail(status(429, "Daily limit", { headers: { "retry-after": "7200" } }));
    await refused(encoding(), "ERR_BUSY", "7200 s", "Daily limit");
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    on.server.fail(status(503, "Maintenance", { headers: { "retry-after": date } }));
    await refused(encoding(), "ERR_SERVER", "Maintenance");
    expect(on.server.requests.length).toBe(2);
  });

  it("insufficient_quota is not sent again", async () => {
    const error = { type: "insufficient_quota", code: "insufficient_quota" };
    on.server.fail(status(429, "You exceeded your current quota.", { ...NOW, error }));
    await refused(encoding(), "ERR_SERVER", "exceeded your current quota", "billing", "429");
    expect(on.server.requests.length).toBe(1);
  });

  it.each<[number, string, string[]]>([
    [400, "ERR_INVALID_ARGUMENT", ["refuses", "status 400"]],
    [401, "ERR_CONNECTION", ["OPENAI_API_KEY", "status 401"]],
    [403, "ERR_CONNECTION", ["OPENAI_API_KEY", "status 403"]],
    [404, "ERR_SERVER", ["/v1", "status 404"]],
    [413, "ERR_INVALID_ARGUMENT", ['"batchSize"', "status 413"]],
    [422, "ERR_INVALID_ARGUMENT", ["refuses", "status 422"]],
    [418, "ERR_SERVER", ["status 418"]],
  ])("status %i is met once: %s", async (code, error, says) => {
    on.server.fail(status(code, "This is why."));
    await refused(encoding(), error as "ERR_SERVER", "The server says: This is why.", ...says);
    expect(on.server.requests.length).toBe(1);
  });

  it("a model that the server does not have is ERR_MODEL_NOT_FOUND with its name", async () => {
    const says = ['"unknown-model"', "does not exist", "404"];
    await refused(encoding({ model: "unknown-model" }), "ERR_MODEL_NOT_FOUND", ...says);
  });

  it("a redirect is not followed: it would send texts and key elsewhere", async () => {
    on.server.fail(body("", 308, { location: "https://elsewhere.example/v1/embeddings" }));
    await refused(encoding(), "ERR_SERVER", "https://elsewhere.example/v1/embeddings", "308");
  });

  it("the messages of other servers are found: Ollama, vLLM, FastAPI, plain text, HTML", async () => {
    const bodies: [string, string][] = [
      ['{"error":"model is loading"}', "model is loading"],
      ['{"object":"error","message":"too many tokens","code":400}', "too many tokens"],
      ['{"detail":[{"loc":["body","input"],"msg":"bad input"}]}', "bad input"],
      ["plain words", "plain words"],
      [htmlPage, "502 Bad Gateway"],
      ["", "status 400"],
    ];
    for (const [text, says] of bodies) {
      on.server.fail(body(text, 400));
      await refused(encoding(), "ERR_INVALID_ARGUMENT", says);
    }
  });

  it("a server that is not there: at once, with its address", async () => {
    const gone = new OpenAIServer();
    await gone.start();
    const { baseURL } = gone;
    await gone.close();
    const start = performance.now();
    await refused(encoding({ baseURL }), "ERR_CONNECTION", baseURL, "ECONNREFUSED", "running");
    expect(performance.now() - start).toBeLessThan(450);
  });

  it("a server that goes away in the middle of the work is waited for", async () => {
    const model = on.embeddings({ ...OTHER, maxRetries: 1 });
    await model.encode("x");
    const { baseURL } = on.server;
    await on.server.close();
    const start = performance.now();
    await refused(() => model.encode("x"), "ERR_CONNECTION", baseURL);
    expect(performance.now() - start).toBeGreaterThan(240);
    await on.server.start();
  });

  it("no answer in time: the timeout that was given, and what to change", async () => {
    on.server.fail(hang);
    const says = ["within 200 ms", '"timeout"', '"batchSize"'];
    await refused(encoding({ timeout: 200, maxRetries: 0 }), "ERR_CONNECTION", ...says);
  });
});

describe("an answer that is wrong is an error, and never a vector", () => {
  const item = (embedding: unknown, index?: number) => ({ embedding, index });
  const good = Array.from(vectorOf("x", OTHER_DIMENSION));
  const withNaN = new Float32Array(OTHER_DIMENSION).fill(Number.NaN);

  it.each<[string, Failure, string, string]>([
    ["no JSON", body("{ wrong"), "ERR_SERVER", "{ wrong"],
    ["an HTML page", body(htmlPage), "ERR_SERVER", "doctype"],
    ["empty", body(""), "ERR_SERVER", "/v1"],
    ["other JSON", body(() => ({ models: [] })), "ERR_SERVER", "none of OpenAI's"],
    ["NaN in JSON", body('{"data":[{"index":0,"embedding":[NaN]}]}'), "ERR_SERVER", "NaN"],
    ["NaN in base64", body(() => ({ data: [item(base64Of(withNaN), 0)] })), "ERR_SERVER", "finite"],
    ["null among numbers", body(() => ({ data: [item([1, null], 0)] })), "ERR_SERVER", "vector 0"],
    ["too large for float32", body(() => ({ data: [item([1e300], 0)] })), "ERR_SERVER", "finite"],
    ["an empty vector", body(() => ({ data: [item([], 0)] })), "ERR_SERVER", "vector 0"],
    ["no base64", body(() => ({ data: [item("AA%%", 0)] })), "ERR_SERVER", "vector 0"],
    ["base64 of 6 bytes", body(() => ({ data: [item("AAAAAAAA", 0)] })), "ERR_SERVER", "vector 0"],
    ["too few vectors", body(() => ({ data: [] })), "ERR_SERVER", "0 vectors for 1 texts"],
    [
      "too many vectors",
      body(() => ({ data: [item(good, 0), item(good, 1)] })),
      "ERR_SERVER",
      "2 vectors for 1 texts",
    ],
    ["an index of no text", body(() => ({ data: [item(good, 3)] })), "ERR_SERVER", "index 3"],
  ])("%s", async (_, failure, code, says) => {
    on.server.fail(failure);
    await refused(encoding(), code as "ERR_SERVER", says, on.server.baseURL);
    expect(on.server.requests.length).toBe(1);
  });

  it("an index that comes twice, vectors of different lengths", async () => {
    const model = on.embeddings(OTHER);
    on.server.fail(body(() => ({ data: [item(good, 0), item(good, 0)] })));
    await refused(() => model.encode(["a", "b"]), "ERR_SERVER", "two vectors of index 0");
    on.server.fail(body(() => ({ data: [item(good, 0), item(good.slice(1), 1)] })));
    await refused(() => model.encode(["a", "b"]), "ERR_DIMENSION", "7", "8");
  });

  it("another dimension than the model's, than was asked for, than the answers before had", async () => {
    const short = body(() => ({ data: [item([1, 2, 3], 0)] }));
    on.server.fail(short);
    const says = ["3 dimensions", "text-embedding-3-small", "expected 1536"];
    await refused(encoding({ model: "text-embedding-3-small" }), "ERR_DIMENSION", ...says);
    on.server.fail(short);
    await refused(encoding({ dimensions: 5 }), "ERR_DIMENSION", "expected 5", "truncateDim");
    const model = on.embeddings(OTHER);
    await model.encode("x");
    on.server.fail(short);
    await refused(() => model.encode("x"), "ERR_DIMENSION", "expected 8");
  });

  it("vectors without an index are taken in the order of the texts", async () => {
    on.server.fail(body(({ input }) => ({ data: input.map((_, i) => item([i, 1])) })));
    const vectors = await on.embeddings(OTHER).encode(["a", "b"]);
    expect(vectors.toArray()).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it("an answer without end is not read to its end", async () => {
    on.server.fail(endless);
    await refused(encoding(), "ERR_SERVER", "larger than");
    expect(on.server.requests.length).toBe(1);
  });
});

describe("abort", () => {
  const reason = new Error("enough");

  it.each<[string, Failure[], OpenAIEmbeddingsOptions]>([
    ["while the server thinks", [hang], {}],
    ["in the wait before a repetition", [status(500), hang], {}],
    [
      "in the wait that the server asked for",
      [status(429, "", { headers: { "retry-after": "60" } })],
      {},
    ],
  ])("%s", async (_, failures, options) => {
    on.server.fail(...failures);
    const stop = new AbortController();
    const arrived = new Promise<void>((done) => {
      on.server.onRequest = () => done();
    });
    const model = on.embeddings({ ...OTHER, ...options });
    const outcome = model.encode("x", { signal: stop.signal }).catch((error: unknown) => error);
    await arrived;
    setTimeout(() => stop.abort(reason), 50);
    const start = performance.now();
    expect(await outcome).toMatchObject({ code: "ERR_ABORTED" });
    expect(performance.now() - start).toBeLessThan(400);
    expect(on.server.requests.length).toBe(1);
  });

  it("before the start: no request", async () => {
    const signal = AbortSignal.abort(reason);
    await refused(() => on.embeddings().encode(["x"], { signal }), "ERR_ABORTED");
    expect(on.server.requests).toEqual([]);
  });

  it("in the middle of many requests: those under way end, no other is sent", async () => {
    const stop = new AbortController();
    const seen: Progress[] = [];
    const model = on.embeddings({ ...OTHER, batchSize: 1, concurrency: 2 });
    const texts = Array.from({ length: 50 }, (_, i) => `text ${i}`);
    const call = model.encode(texts, {
      signal: stop.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.done === 5) stop.abort(reason);
      },
    });
    await refused(() => call, "ERR_ABORTED");
    await model.encode("y");
    // 5 that were answered, 2 that were under way, and this one.
    expect(on.server.requests.length).toBeLessThanOrEqual(8);
  });

  it("is what the other requests of a call do when one has failed for good", async () => {
    const closed: Promise<void>[] = [];
    on.server.fail(
      (response) => {
        closed.push(new Promise((done) => response.on("close", done)));
      },
      status(400, "bad text"),
    );
    const model = on.embeddings({ ...OTHER, batchSize: 1, concurrency: 2 });
    await refused(() => model.encode(["a", "b", "c", "d"]), "ERR_INVALID_ARGUMENT", "bad text");
    await Promise.all(closed);
    expect(closed.length).toBe(1);
    expect(on.server.requests.length).toBe(2);
  });
});

describe("the API key", () => {
  const shownIn = (value: unknown): boolean =>
    [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), String(value)]
      .join()
      .includes(KEY);

  it("is in no error, whatever the server repeats of the request", async () => {
    on.server.key = "another key";
    const failures: (Failure | undefined)[] = [
      undefined,
      status(400, `${"x".repeat(390)}${KEY}`),
      status(429, `${KEY} is slow`, NOW),
      body(`<title>Bearer ${KEY}</title>`, 500, NOW.headers),
      body(`Bearer ${KEY}`),
      body("", 307, { location: `https://x.example/${KEY}` }),
      status(500, "", { headers: { "x-request-id": KEY, ...NOW.headers } }),
      drop("in the body"),
    ];
    for (const failure of failures) {
      if (failure) on.server.fail(failure);
      const options = { ...OTHER, apiKey: KEY, maxRetries: 0 };
      const error = await on
        .embeddings(options)
        .encode("x")
        .then(
          () => "it resolved",
          (thrown: unknown) => thrown,
        );
      expect(error).toBeInstanceOf(Error);
      expect(shownIn(error), inspect(error)).toBe(false);
      expect(inspect(error)).not.toContain("sk-proj");
    }
  });

  it("is in nothing that shows the object, nor in its name and fingerprint", async () => {
    on.server.key = KEY;
    const model = on.embeddings({ ...OTHER, apiKey: KEY, headers: { "x-token": `${KEY}-2` } });
    await model.encode("x");
    expect(on.server.headers[0]?.authorization).toBe(`Bearer ${KEY}`);
    const { name, fingerprint, usage, prompts, baseURL } = model;
    expect(shownIn(model)).toBe(false);
    expect(shownIn({ name, fingerprint, usage, prompts, baseURL })).toBe(false);
    expect(shownIn({ ...model })).toBe(false);
    const other = on.embeddings({ ...OTHER, apiKey: "sk-other-key-12345" });
    await refused(() => other.encode("x"), "ERR_CONNECTION", "Incorrect API key provided: ***");
  });
});
