import {
  connect,
  type EmbeddingFunction,
  Float,
  models,
  NighError,
  type RecordCollection,
  SentenceTransformer,
} from "nigh";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SmallEmbedder, SmallFunction } from "./collections/embedders.js";
import { refused } from "./collections/refused.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { ChromaDouble, MAX_BATCH_SIZE } from "./remote/chroma-double.js";

describe("a server with Chroma's API", () => {
  let server: ChromaDouble;
  beforeEach(async () => {
    server = new ChromaDouble();
    await server.start();
  });
  afterEach(() => server.close());

  async function collection(options = {}): Promise<RecordCollection> {
    const client = await connect(server.url, options);
    return client.createCollection({ name: "notes", embeddingFunction: null });
  }
  const one = { ids: ["a"], embeddings: [[1, 2]] };

  describe("that is not reached", () => {
    it("is ERR_CONNECTION, which names the address and never the password", async () => {
      const url = server.url.replace("//", "//me:secret@");
      const old = server;
      server = new ChromaDouble();
      await Promise.all([old.close(), server.start()]);
      const error = await refused(
        () => connect(url),
        "ERR_CONNECTION",
        /at http:\/\/127\.0\.0\.1:\d+ was not reached: connect ECONNREFUSED/u,
      );
      expect(error.message).not.toContain("secret");
    });

    it("in time is ERR_CONNECTION, which says how long it was waited", async () => {
      const notes = await collection({ timeoutMs: 100 });
      server.fail("count", "hang");
      await refused(() => notes.count(), "ERR_CONNECTION", "100 ms", "timeoutMs");
    });

    it("drops the connection: what reads is asked again, what creates is not", async () => {
      const notes = await collection();
      server.fail("GET count", "drop");
      expect(await notes.count()).toBe(0);
      server.fail("POST collections", "drop");
      const client = await connect(server.url);
      await refused(
        () => client.createCollection({ name: "other", embeddingFunction: null }),
        "ERR_CONNECTION",
        server.url,
      );
      expect(server.count("POST collections")).toBe(2);
    });
  });

  describe("that fails", () => {
    it("for the moment is asked again, up to three times", async () => {
      const notes = await collection();
      server.fail("POST add", { status: 503 });
      server.fail("POST add", { status: 429 });
      expect(await notes.add(one)).toMatchObject({ added: 1 });
      for (let i = 0; i < 3; i++) server.fail("GET count", { status: 503, body: "busy" });
      await refused(() => notes.count(), "ERR_SERVER", "busy", "503");
      expect(server.count("GET count")).toBe(3);
    });

    it("is ERR_SERVER with its message, and is not asked again", async () => {
      const notes = await collection();
      server.fail("GET count", {
        status: 500,
        body: '{"error":"InternalError","message":"no disk"}',
      });
      await refused(() => notes.count(), "ERR_SERVER", "no disk", "GET http", "500");
      expect(server.count("GET count")).toBe(1);
    });

    it.each([
      ["no JSON", "POST get", '{"ids": ["a"', "JSON"],
      ["a page of HTML", "POST get", "<html>hello</html>", "JSON"],
      ["a list of other things", "POST get", "[1]", "expected an object"],
      ["ids without documents", "POST get", '{"ids": ["a"], "documents": null}', "documents"],
      [
        "too few documents",
        "POST get",
        '{"ids":["a"],"documents":[],"metadatas":[null]}',
        "list of 1",
      ],
      ["nothing", "POST get", "", "expected an object"],
    ])("gives %s: that is ERR_SERVER", async (_, on, body, says) => {
      const notes = await collection();
      server.fail(on, { status: 200, body });
      await refused(() => notes.get(), "ERR_SERVER", says, "Chroma's API v2");
    });

    it("or is no server of Chroma's is told when connecting", async () => {
      server.fail("GET pre-flight-checks", { status: 404, body: "<html>" });
      await refused(() => connect(server.url), "ERR_SERVER", "does not know this route");
      server.fail("GET pre-flight-checks", { status: 200, body: "hello" });
      await refused(() => connect(server.url), "ERR_SERVER", "hello");
    });

    it("in the middle of many records says how many it has taken", async () => {
      const notes = await collection();
      const ids = Array.from({ length: 2.5 * MAX_BATCH_SIZE }, (_, i) => `${i}`);
      const requests = server.requests.length;
      server.fail("POST add", { status: 200 });
      server.fail("POST add", { status: 500 });
      await refused(
        () => notes.add({ ids, embeddings: ids.map(() => [1]) }),
        "ERR_SERVER",
        `first ${MAX_BATCH_SIZE} of ${ids.length} records`,
      );
      expect(server.requests.slice(requests).filter((name) => name === "POST add").length).toBe(2);
    });

    it("in the middle of deleting many records says how many are gone", async () => {
      const notes = await collection();
      const ids = Array.from({ length: 2.5 * MAX_BATCH_SIZE }, (_, i) => `${i}`);
      await notes.add({ ids, embeddings: ids.map(() => [1]) });
      server.fail("POST delete", { status: 200 });
      server.fail("POST delete", { status: 500 });
      const remove = () => notes.delete({ ids });
      const says = `deleted the first ${MAX_BATCH_SIZE} of ${ids.length} records, which are gone`;
      await refused(remove, "ERR_SERVER", says);
    });
  });

  describe("that refuses", () => {
    it.each([
      [
        400,
        '{"error":"InvalidArgumentError","message":"Invalid where clause"}',
        "ERR_INVALID_FILTER",
      ],
      [
        400,
        '{"message":"Collection expecting embedding with dimension of 2, got 3"}',
        "ERR_DIMENSION",
      ],
      [422, '{"message":"missing field"}', "ERR_INVALID_ARGUMENT"],
      [413, "", "ERR_INVALID_ARGUMENT"],
      [401, "", "ERR_CONNECTION"],
      [403, '{"message":"Forbidden"}', "ERR_CONNECTION"],
      [404, '{"message":"gone"}', "ERR_NOT_FOUND"],
      [409, "", "ERR_EXISTS"],
    ] as const)("with status %i and %s is %s", async (status, body, code) => {
      const notes = await collection();
      server.fail("POST get", { status, body });
      await refused(() => notes.get(), code, String(status));
      expect(server.count("POST get")).toBe(1);
    });
  });

  describe("is sent", () => {
    it("a token as both headers that Chroma's servers know, and other headers", async () => {
      await collection({ token: "t0ken", headers: { "x-team": "red" } });
      for (const headers of server.headers) {
        expect(headers["x-chroma-token"]).toBe("t0ken");
        expect(headers.authorization).toBe("Bearer t0ken");
        expect(headers["x-team"]).toBe("red");
      }
      await connect(server.url.replace("//", "//me:p%40ss@"));
      const basic = Buffer.from("me:p@ss").toString("base64");
      expect(server.headers.at(-1)?.authorization).toBe(`Basic ${basic}`);
    });

    it("vectors in base64 where it takes that, else as numbers that read as the same float32", async () => {
      const vector = Float32Array.of(0.1, -1 / 3, 1e-40);
      for (const base64 of [true, false]) {
        server.base64 = base64;
        const client = await connect(server.url);
        const notes = await client.getOrCreateCollection({
          name: "notes",
          embeddingFunction: null,
        });
        await notes.upsert({ ids: ["a"], embeddings: [vector] });
        const [sent] = (server.bodies.at(-1) as { embeddings: unknown[] }).embeddings;
        expect(typeof sent).toBe(base64 ? "string" : "object");
        expect((await notes.get({ include: ["embeddings"] })).embeddings).toEqual([vector]);
      }
    });

    it("batches of at most its size, of records, ids to look for and ids to delete", async () => {
      const notes = await collection();
      const ids = Array.from({ length: 2 * MAX_BATCH_SIZE + 1 }, (_, i) => `${i}`);
      await notes.add({ ids, embeddings: ids.map(() => [1, 1]) });
      await notes.delete({ ids });
      const sizes = server.bodies.map((body) => (body.ids as string[] | undefined)?.length ?? 0);
      // All of get() goes in one request.
      expect(sizes.filter((size) => size > MAX_BATCH_SIZE)).toEqual([ids.length]);
      expect([server.count("POST add"), server.count("POST delete")]).toEqual([3, 3]);
    });

    it("the space cosine, which is not Chroma's default, and of the configuration only what was given", async () => {
      const client = await connect(server.url);
      await client.createCollection({ name: "notes", embeddingFunction: null });
      expect(server.bodies.at(-1)?.configuration).toEqual({ hnsw: { space: "cosine" } });
      await client.createCollection({
        ...{ name: "other", embeddingFunction: null },
        configuration: { hnsw: { space: "ip", ef_search: 50, num_threads: 2 } },
      });
      expect(server.bodies.at(-1)?.configuration).toEqual({
        hnsw: { space: "ip", ef_search: 50, num_threads: 2 },
      });
    });

    it("1 and 1.0 as what they are, in metadata of records and of collections", async () => {
      const client = await connect(server.url);
      const metadata = { i: 1, f: new Float(1), big: 2n ** 62n + 1n };
      await client.createCollection({ name: "notes", embeddingFunction: null, metadata });
      expect(server.bodies.at(-1)?.metadata).toMatchObject({
        i: 1,
        f: { value: 1 },
        big: 2n ** 62n + 1n,
      });
    });

    it("nothing for what is refused here", async () => {
      const notes = await collection();
      const requests = server.requests.length;
      await refused(() => notes.get({ where: { $bad: 1 } as never }), "ERR_INVALID_FILTER");
      await refused(() => notes.add({ ids: [""], embeddings: [[1]] }), "ERR_INVALID_ARGUMENT");
      expect(server.requests.length).toBe(requests);
    });
  });

  describe("keeps embedders as Chroma's clients do", () => {
    it("a function by its name and configuration", async () => {
      const client = await connect(server.url);
      const embeddingFunction = new SmallFunction("mine", { model: "m1" });
      await client.createCollection({ name: "notes", embeddingFunction });
      expect(server.bodies.at(-1)?.configuration).toMatchObject({
        embedding_function: { type: "known", name: "mine", config: { model: "m1" } },
      });
      await client.getCollection({ name: "notes", embeddingFunction });
      for (const other of [
        new SmallFunction("other"),
        new SmallFunction("mine", { model: "m2" }),
      ]) {
        await refused(
          () => client.getCollection({ name: "notes", embeddingFunction: other }),
          "ERR_EMBEDDER",
          "mine",
        );
      }
    });

    it("the bundled model as Chroma's default, which is the same, with its fingerprint", async () => {
      const [known] = models();
      const name = known?.name ?? "";
      const client = await connect(server.url);
      const embeddingFunction = new SmallEmbedder(name, 4, "print");
      await client.createCollection({ name: "notes", embeddingFunction });
      expect(server.bodies.at(-1)?.configuration).toMatchObject({
        embedding_function: {
          ...{ type: "known", name: "default" },
          config: { nigh: { name, fingerprint: "print", dimension: 4 } },
        },
      });
      const other = new SmallEmbedder(name, 4, "other print");
      await refused(
        () => client.getCollection({ name: "notes", embeddingFunction: other }),
        "ERR_EMBEDDER",
      );
    });

    it("another model as sentence_transformer, which Python loads by its name", async () => {
      const model = await SentenceTransformer.load(TINY_MODEL);
      const client = await connect(server.url);
      await client.createCollection({ name: "notes", embeddingFunction: model });
      await model.close();
      expect(server.bodies.at(-1)?.configuration).toMatchObject({
        embedding_function: {
          ...{ type: "known", name: "sentence_transformer" },
          config: {
            ...{ model_name: model.name, device: "cpu", normalize_embeddings: false, kwargs: {} },
            nigh: { name: model.name, fingerprint: model.fingerprint },
          },
        },
      });
    });

    it("and opens what Chroma's clients made by the name of the function and of the model", async () => {
      const client = await connect(server.url);
      const [known] = models();
      const model = new SmallEmbedder(known?.name ?? "", 4);
      for (const [i, [name, config, fits]] of [
        ["default", {}, true],
        ["sentence_transformer", { model_name: `sentence-transformers/${known?.name}` }, true],
        ["sentence_transformer", { model_name: "another" }, false],
        ["openai", { model_name: known?.name }, false],
      ].entries()) {
        const getConfig = () => config;
        const generate = async (texts: string[]) => texts.map(() => [1, 2, 3, 4]);
        const embeddingFunction = { name, getConfig, generate } as EmbeddingFunction;
        await client.createCollection({ name: `notes-${i}`, embeddingFunction });
        const open = () => client.getCollection({ name: `notes-${i}`, embeddingFunction: model });
        if (fits) expect((await open()).embedder).toBeNull();
        else await refused(open, "ERR_EMBEDDER", name as string);
      }
    });

    it("with the first text where none was given before: then it is tied to it", async () => {
      const client = await connect(server.url);
      await client.createCollection({ name: "notes", embeddingFunction: null });
      const model = new SmallEmbedder("small");
      const notes = await client.getCollection({ name: "notes", embeddingFunction: model });
      expect(notes.embedder).toBeNull();
      await notes.add({ ids: ["a"], documents: ["x"] });
      expect(notes.embedder).toMatchObject({ name: "small", dimension: 4 });
      await refused(
        () => client.getCollection({ name: "notes", embeddingFunction: new SmallEmbedder("big") }),
        "ERR_EMBEDDER",
        "small",
      );
    });
  });

  it("stops waiting when the signal of a call fires", async () => {
    const notes = await collection();
    const stop = new AbortController();
    server.fail("POST add", "hang");
    server.onRequest = (name) => {
      if (name === "POST add") stop.abort();
    };
    await refused(() => notes.add(one, { signal: stop.signal }), "ERR_ABORTED");
  });

  it("is not asked any more after close()", async () => {
    const client = await connect(server.url);
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    await client.close();
    await refused(() => notes.count(), "ERR_CLOSED");
    await refused(() => client.listCollections(), "ERR_CLOSED");
  });

  it("may live below a path, with or without a slash at the end", async () => {
    await expect(connect(`${server.url}/`)).resolves.toBeDefined();
    const error = await refused(() => connect(`${server.url}/below/`), "ERR_SERVER");
    expect(error).toBeInstanceOf(NighError);
    expect(error.message).toContain("/below/api/v2/pre-flight-checks");
  });
});

describe("connect", () => {
  it("refuses what is no place, and options that would do nothing", async () => {
    const cases: [string, object, string][] = [
      ["", {}, "expected a folder"],
      ["ftp://host", {}, "ftp"],
      ["http://", {}, "no URL"],
      ["http://host?x=1", {}, "without"],
      [":memory:", { token: "t" }, '"token" means nothing'],
      [":memory:", { waitMs: 5 }, '"waitMs" means nothing'],
      ["http://127.0.0.1:9", { waitMs: 5 }, '"waitMs" means nothing'],
      ["postgres://host/db", { headers: {} }, '"headers" means nothing'],
      ["http://host", { timeoutMs: 0 }, "timeoutMs"],
      ["http://host", { token: "a\nb" }, "headers"],
      [":memory:", { tenant: "x" }, "tenant"],
    ];
    for (const [url, options, says] of cases) {
      await refused(() => connect(url, options), "ERR_INVALID_ARGUMENT", says);
    }
    await refused(() => connect(":memory:", { tokn: "t" } as never), "ERR_UNKNOWN_OPTION", "token");
    await refused(() => connect(5 as never), "ERR_INVALID_ARGUMENT", "5");
  });
});
