import { createConnection } from "node:net";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { onServer, SPACE } from "./server/on-server.js";

const on = onServer({ allowReset: false, requestTimeoutMs: 20_000 });
let path: string;
beforeAll(async () => {
  const { json } = await on.send("POST", `${SPACE}/collections`, { name: "notes" });
  path = `${SPACE}/collections/${json.id}`;
  await on.send("POST", `${path}/add`, {
    ids: ["a", "b"],
    embeddings: [
      [1, 2],
      [3, 4],
    ],
    documents: ["aaaa", `${"a".repeat(100_000)}!`],
    metadatas: [{ n: 1 }, { n: 2.5, tags: ["x"] }],
  });
});
afterEach(async () => {
  // The service goes on, and nothing was lost.
  expect((await on.send("GET", `${path}/count`)).text).toBe("2");
});

/** Sends bytes as they are; gives the first line of the answer, "" where the connection just ends. */
function firstLine(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(on.server.port, "127.0.0.1");
    let text = "";
    const end = () => {
      socket.destroy();
      resolve(text.split("\r\n", 1)[0] ?? "");
    };
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\r\n")) end();
    });
    socket.on("close", end);
    socket.on("error", end);
    socket.write(bytes);
  });
}

describe("hostile input is refused, and the service goes on:", () => {
  const deep = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n);
  const bodies: [string, string, string][] = [
    ["a million brackets", "get", "[".repeat(1_000_000)],
    ["nesting that closes", "get", deep("[", "]", 100_000)],
    ["a deep filter", "get", `{"where":${deep('{"$and":[', "]}", 2000)}}`],
    [
      "a deep filter of ids",
      "search",
      `{"searches":[{"filter":${deep('{"$and":[', "]}", 3000)}}]}`,
    ],
    ["a deep rank", "search", `{"searches":[{"rank":${deep('{"$abs":', "}", 3000)}}]}`],
    [
      "deep metadata",
      "add",
      `{"ids":["c"],"embeddings":[[1,2]],"metadatas":[{"x":${deep("[", "]", 3000)}}]}`,
    ],
    ["a key twice", "get", '{"limit":1,"limit":2}'],
    ["half of a surrogate pair", "add", '{"ids":["\\ud800"],"embeddings":[[1,2]]}'],
    ["a NUL", "add", '{"ids":["a\\u0000b"],"embeddings":[[1,2]]}'],
    ["a number without end", "get", `{"limit":${"9".repeat(100_000)}}`],
    ["no number", "add", '{"ids":["c"],"embeddings":[[NaN,Infinity]]}'],
    ["a huge exponent", "add", '{"ids":["c"],"embeddings":[[1e999,2]]}'],
    ["too many comparisons", "get", `{"where":{"$or":[${Array(6000).fill('{"n":1}').join(",")}]}}`],
    [
      "a repetition of repetitions",
      "get",
      '{"where_document":{"$regex":"((a{1000}){1000}){1000}"}}',
    ],
    ["a prototype", "add", '{"__proto__":{"ids":["c"]},"embeddings":[[1,2]]}'],
    ["too many dimensions", "query", `{"query_embeddings":[[${Array(70_000).fill(1).join(",")}]]}`],
    ["too many searches", "search", `{"searches":[${Array(1000).fill("{}").join(",")}]}`],
  ];
  it.each(bodies)("%s", async (_, verb, body) => {
    const { status, json } = await on.send("POST", `${path}/${verb}`, body);
    expect([400, 422]).toContain(status);
    expect(json.message.length).toBeLessThan(1000);
  });

  it("a regular expression that blows up elsewhere is answered in no time", async () => {
    const start = performance.now();
    for (const $regex of ["^(a+)+$", "(a|aa)+$", "(.*a){20}$"]) {
      const reply = await on.send("POST", `${path}/get`, { where_document: { $regex } });
      expect([200, 400]).toContain(reply.status);
    }
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("a key named __proto__ is a key", async () => {
    const body = '{"ids":["a"],"metadatas":[{"__proto__":1,"constructor":"x"}]}';
    const { status } = await on.send("POST", `${path}/update`, body);
    expect(status).toBeLessThan(500);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("bytes that are no UTF-8", async () => {
    const body = Buffer.concat([
      Buffer.from('{"ids":["'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"]}'),
    ]);
    const headers = { "content-type": "application/json" };
    const reply = await fetch(`${on.url}${path}/get`, { method: "POST", headers, body });
    expect(reply.status).toBe(400);
  });

  it("a gigabyte is not read", async () => {
    const before = process.memoryUsage().rss;
    const chunk = new Uint8Array(1 << 20).fill(32);
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 1024) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    const reply = await fetch(`${on.url}${path}/get`, init).catch(() => undefined);
    if (reply) expect(reply.status).toBe(413);
    expect(sent).toBeLessThan(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(500 << 20);
  });

  it.each([
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/api/v2/tenants/..%2f..%2fetc/databases/x",
    `${SPACE}/collections/%00`,
    `${SPACE}/collections/%ff%fe`,
    `${SPACE}/collections/%`,
    `${SPACE}/collections/${"x".repeat(5000)}`,
    `/api/v2/tenants/${"%20".repeat(1000)}`,
    "//api/v2/heartbeat",
    "/api/v2/tenants/%ED%A0%80",
    "http://evil.example/api/v2/heartbeat",
    "*",
  ])("the path %s", async (target) => {
    const line = await firstLine(
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(line).toMatch(/^HTTP\/1\.1 (?:200|40\d)/u);
    if (!target.includes("heartbeat")) expect(line).toMatch(/ 40\d/u);
  });

  it.each([
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      400,
    ],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a negative length", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", 400],
    [
      "a huge head",
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-Y: ${"z".repeat(100_000)}\r\n\r\n`,
      431,
    ],
    ["a header of two lines", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Y: a\nb\r\n\r\n", 400],
    ["no HTTP", "hello\r\n\r\n", 400],
    ["a host of its own making", "GET /healthz HTTP/1.1\r\nHost: <script>\r\n\r\n", 400],
  ])("%s", async (_, bytes, status) => {
    expect(await firstLine(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 (?:${status}|403)`, "u"));
  });

  it("hundreds of connections that say nothing keep nobody out", async () => {
    const sockets = Array.from({ length: 500 }, () =>
      createConnection(on.server.port, "127.0.0.1"),
    );
    await Promise.all(sockets.map((socket) => new Promise((done) => socket.once("connect", done))));
    expect((await on.send("GET", "/healthz")).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

describe("whatever is sent to a documented operation", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("a", "b", "x", "#id", "$and", "#document"));
  const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
  const { where } = fc.letrec<{ where: unknown }>((tie) => ({
    where: fc.oneof(
      { maxDepth: 4 },
      fc.dictionary(text, scalar, { maxKeys: 2 }),
      fc.record({ $and: fc.array(tie("where"), { maxLength: 3 }) }),
      fc.record({ $or: fc.array(tie("where"), { maxLength: 3 }) }),
      fc.record({ n: fc.record({ $gte: scalar }) }),
      fc.record({ "#document": fc.record({ $regex: fc.string() }) }),
      fc.record({ "#id": fc.record({ $nin: fc.array(text) }) }),
    ),
  }));
  const { rank } = fc.letrec<{ rank: unknown }>((tie) => ({
    rank: fc.oneof(
      { maxDepth: 4 },
      fc.record({ $val: scalar }),
      fc.record({
        $knn: fc.record(
          { query: fc.array(fc.double()), limit: scalar, default: scalar },
          { requiredKeys: [] },
        ),
      }),
      fc.record({ $knn: fc.constant({ query: [1, 2] }) }),
      fc.record({ $sum: fc.array(tie("rank"), { maxLength: 3 }) }),
      fc.record({ $div: fc.record({ left: tie("rank"), right: tie("rank") }) }),
      fc.record({ $log: tie("rank") }),
    ),
  }));
  const anything = fc.jsonValue({ maxDepth: 3 });
  const field = <T>(likely: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 4, arbitrary: likely }, { weight: 1, arbitrary: anything });
  // Ids that are not those of the records, which stay.
  const ids = fc.array(fc.string().map((id) => `other-${id}`));
  const body = fc.oneof(
    anything,
    fc.record(
      {
        ids: field(ids),
        where: field(where),
        where_document: anything,
        limit: field(fc.nat()),
        offset: field(fc.nat()),
        include: field(
          fc.array(fc.constantFrom("documents", "embeddings", "metadatas", "distances")),
        ),
        query_embeddings: field(fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 3 })),
        n_results: field(fc.nat(100)),
        embeddings: field(fc.array(fc.tuple(fc.float(), fc.float()))),
        documents: field(fc.array(fc.string())),
        metadatas: field(fc.array(fc.dictionary(text, scalar))),
        searches: field(
          fc.array(
            fc.record(
              {
                filter: where,
                rank,
                limit: anything,
                select: field(fc.record({ keys: fc.array(text) })),
              },
              { requiredKeys: [] },
            ),
            { maxLength: 2 },
          ),
        ),
        name: field(text),
        model: text,
        input: anything,
        resource_name: text,
        new_configuration: anything,
        configuration: anything,
        schema: anything,
      },
      { requiredKeys: [] },
    ),
  );

  it("the answer is never a failure of the server", async () => {
    const { json } = await on.send("GET", "/openapi.json");
    const operations = Object.entries(json.paths as Record<string, object>).flatMap(
      ([route, methods]) =>
        Object.entries(methods)
          .filter(([, operation]) => operation.requestBody)
          // These would add to the records that are counted, or name the collection anew.
          .filter(([method]) => method !== "put" && !/\/(?:add|upsert|delete)$/u.test(route))
          .map(([method]) => [method.toUpperCase(), route] as const),
    );
    expect(operations.length).toBeGreaterThan(8);
    const id = path.split("/").at(-1) as string;
    const parts: Record<string, string> = {
      tenant: "default_tenant",
      database: "default_database",
      collection: id,
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), body, async ([method, route], sent) => {
        const url = route.replaceAll(/\{(\w+)\}/gu, (_, part: string) => parts[part] ?? "xyz");
        const { status, text } = await on.send(method, url, JSON.stringify(sent));
        expect(status, `${method} ${url} ${JSON.stringify(sent)}: ${text}`).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
  });
});
