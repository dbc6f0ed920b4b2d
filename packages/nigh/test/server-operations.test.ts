import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PersistentClient } from "nigh";
import { type ServeOptions, serve } from "nigh/server";
import { afterEach, describe, expect, it } from "vitest";
import { refused } from "./collections/refused.js";
import { onServer, SPACE, send } from "./server/on-server.js";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nigh-server-"));
  folders.push(folder);
  return folder;
}

async function start(options: Partial<ServeOptions> = {}) {
  return serve({ path: await newFolder(), port: 0, logLevel: "silent", ...options });
}

/** A request whose headers fetch() would not send. */
async function raw(url: string, headers: Record<string, string>): Promise<number> {
  const sent = request(url, { headers }).end();
  const [reply] = await once(sent, "response");
  reply.resume();
  return reply.statusCode;
}

describe("tokens", () => {
  const on = onServer({ tokens: ["full", { token: "reader", readOnly: true }] });

  it("are asked for, by either header, on all that tells or changes something", async () => {
    for (const path of [`${SPACE}/collections`, "/metrics", "/openapi.json", "/v1/models"]) {
      const reply = await on.send("GET", path);
      expect([reply.status, reply.headers.get("www-authenticate")]).toEqual([
        401,
        'Bearer realm="nigh"',
      ]);
      for (const headers of [
        { authorization: "Bearer wrong" },
        { authorization: "full" },
        { authorization: "Basic ZnVsbDo=" },
        { "x-chroma-token": "" },
        { "x-chroma-token": "ful" },
      ]) {
        expect((await on.send("GET", path, undefined, headers as never)).status).toBe(401);
      }
      for (const headers of [
        { authorization: "Bearer full" },
        { authorization: "bearer full" },
        { "x-chroma-token": "full" },
        { "x-chroma-token": "Bearer reader" },
      ]) {
        expect((await on.send("GET", path, undefined, headers as never)).status).toBe(200);
      }
    }
    for (const path of ["/healthz", "/readyz", "/api/v2/heartbeat", "/api/v2/version"]) {
      expect((await on.send("GET", path)).status).toBe(200);
    }
  });

  it("that are read-only read and search, and change nothing", async () => {
    const full = { "x-chroma-token": "full" };
    const reader = { "x-chroma-token": "reader" };
    const made = await on.send("POST", `${SPACE}/collections`, { name: "notes" }, full);
    const path = `${SPACE}/collections/${made.json.id}`;
    const status = async (verb: string, body: object, method = "POST") =>
      (await on.send(method, `${path}${verb}`, body, reader)).status;
    expect(await status("/get", {})).toBe(200);
    expect(await status("/query", { query_embeddings: [[1]] })).toBe(200);
    expect(await status("/search", { searches: [] })).toBe(200);
    for (const verb of ["/add", "/upsert", "/update", "/delete", "/fork"]) {
      expect(await status(verb, {}), verb).toBe(403);
    }
    expect(await status("", {}, "PUT")).toBe(403);
    expect((await on.send("POST", "/api/v2/reset", {}, reader)).status).toBe(403);
    expect((await on.send("DELETE", `${SPACE}/collections/notes`, undefined, reader)).status).toBe(
      403,
    );
    expect((await on.send("GET", `${SPACE}/collections/notes`, undefined, reader)).status).toBe(
      200,
    );
  });
});

describe("a server", () => {
  const on = onServer();

  it("does not start where other machines reach it without a token, unless told so", async () => {
    const path = await newFolder();
    await refused(
      () => serve({ path, host: "0.0.0.0", port: 0 }),
      "ERR_INVALID_ARGUMENT",
      "allowAnyone",
    );
    await (await start({ host: "0.0.0.0", allowAnyone: true })).close();
    await (await start({ host: "0.0.0.0", tokens: ["x"] })).close();
  });

  it("refuses options that are wrong, and a port that is taken", async () => {
    const path = await newFolder();
    await refused(() => serve({ path, prot: 1 } as never), "ERR_UNKNOWN_OPTION", "port");
    await refused(() => serve({ path: "" }), "ERR_INVALID_ARGUMENT", "path");
    await refused(() => serve({ path, port: 70_000 }), "ERR_INVALID_ARGUMENT", "port");
    await refused(() => serve({ path, tokens: ["a b"] }), "ERR_INVALID_ARGUMENT", "token");
    await refused(() => serve({ path, port: on.server.port }), "ERR_BUSY", String(on.server.port));
    // The folder is free again.
    await (await serve({ path, port: 0, logLevel: "silent" })).close();
  });

  it("gives requests ids, and takes those that it is given", async () => {
    const own = await on.send("GET", "/healthz");
    expect(own.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/u);
    const given = await on.send("GET", "/healthz", undefined, { "x-request-id": "abc-1" });
    expect(given.headers.get("x-request-id")).toBe("abc-1");
  });

  it("sends headers that keep browsers from misusing answers", async () => {
    const { headers } = await on.send("GET", "/healthz");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  it("without tokens answers neither to pages of other sites nor to names that are not this machine's", async () => {
    const page = { origin: "https://evil.example" };
    expect((await on.send("POST", "/api/v2/reset", undefined, page)).status).toBe(403);
    expect((await on.send("GET", "/api/v2/heartbeat", undefined, page)).status).toBe(403);
    expect(await raw(`${on.url}/api/v2/heartbeat`, { host: "evil.example" })).toBe(403);
    expect(await raw(`${on.url}/api/v2/heartbeat`, { host: `localhost:${on.server.port}` })).toBe(
      200,
    );
    expect((await on.send("GET", "/api/v2/heartbeat", undefined, { origin: on.url })).status).toBe(
      200,
    );
  });

  it("lets pages of the origins that it is told use it", async () => {
    const server = await start({ cors: ["https://notes.example"] });
    const headers = { origin: "https://notes.example", "access-control-request-method": "POST" };
    const preflight = await send(
      `${server.url}${SPACE}/collections`,
      "OPTIONS",
      undefined,
      headers,
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://notes.example");
    const other = { origin: "https://evil.example" };
    expect((await send(`${server.url}/healthz`, "GET", undefined, other)).status).toBe(403);
    await server.close();
  });

  it("counts requests by their route's pattern, for Prometheus", async () => {
    await on.send("GET", `${SPACE}/collections/some-name`);
    await on.send("GET", "/nowhere/at/all");
    const { text, headers } = await on.send("GET", "/metrics");
    expect(headers.get("content-type")).toContain("text/plain");
    const path = "/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}";
    expect(text).toContain(
      `nigh_http_request_duration_seconds_count{method="GET",route="${path}",status="404"} 1`,
    );
    expect(text).toContain('route="unknown",status="404"');
    expect(text).toContain("nigh_http_requests_running 1");
    expect(text).toContain("process_resident_memory_bytes");
    expect(text).not.toContain("some-name");
  });
});

describe("limits", () => {
  it("refuse bodies that are too large, declared or not, and go on", async () => {
    const server = await start({ maxBodyBytes: 1000 });
    const url = `${server.url}${SPACE}/collections`;
    const large = JSON.stringify({ name: "x".repeat(2000) });
    expect((await send(url, "POST", large)).status).toBe(413);
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(" ".repeat(600)));
      },
    });
    const headers = { "content-type": "application/json" };
    const streamed = fetch(url, {
      method: "POST",
      headers,
      body: chunks,
      duplex: "half",
    } as RequestInit);
    expect((await streamed.catch(() => ({ status: 413 }))).status).toBe(413);
    expect((await send(url, "POST", { name: "fine" })).status).toBe(200);
    await server.close();
  });

  it("answer 429 with Retry-After beyond so many requests at a time", async () => {
    const server = await start({ maxConcurrent: 1 });
    const path = `${SPACE}/collections`;
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n`;
    const slow = createConnection(server.port, "127.0.0.1");
    slow.write(head);
    // It is being read as soon as others are refused.
    let reply = await send(server.url + path, "GET");
    for (let i = 0; i < 200 && reply.status !== 429; i++)
      reply = await send(server.url + path, "GET");
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await send(`${server.url}/healthz`, "GET")).status).toBe(200);
    const answered = once(slow, "data");
    slow.write('{"name":"notes"}');
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 200/u);
    slow.destroy();
    expect((await send(server.url + path, "GET")).json).toHaveLength(1);
    await server.close();
  });

  it("end a request that takes too long, whoever is slow", async () => {
    const server = await start({ requestTimeoutMs: 300 });
    const late = createConnection(server.port, "127.0.0.1");
    late.write(
      `POST ${SPACE}/collections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    );
    expect(String((await once(late, "data"))[0])).toMatch(/^HTTP\/1.1 (?:504|408)/u);
    late.destroy();
    const silent = createConnection(server.port, "127.0.0.1");
    silent.write("GET / HT");
    silent.resume();
    await once(silent, "close");
    expect((await send(`${server.url}/healthz`, "GET")).status).toBe(200);
    await server.close();
  });
});

describe("stopping", () => {
  it("finishes what was accepted, on disk, and refuses what comes later", async () => {
    const server = await start();
    const path = folders.at(-1) as string;
    const made = await send(`${server.url}${SPACE}/collections`, "POST", { name: "notes" });
    const ids = Array.from({ length: 2000 }, (_, i) => `id-${i}`);
    const body = { ids, embeddings: ids.map((_, i) => [i, 1, 2, 3]) };
    const text = JSON.stringify(body);
    const slow = createConnection(server.port, "127.0.0.1");
    slow.write(
      `POST ${SPACE}/collections/${made.json.id}/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`,
    );
    slow.write(text.slice(0, 100));
    // The server has the request when its figures say so.
    for (;;) {
      const { text: figures } = await send(`${server.url}/metrics`, "GET");
      if (figures.includes("nigh_http_requests_running 2")) break;
    }
    const closed = server.close();
    await expect(send(`${server.url}${SPACE}/collections`, "GET")).rejects.toThrow();
    const answered = once(slow, "data");
    slow.write(text.slice(100));
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 201/u);
    await closed;
    const client = new PersistentClient({ path });
    const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
    expect(await notes.count()).toBe(2000);
    await client.close();
    await server.close();
  });

  it("does not wait longer than it is told for a client that never ends", async () => {
    const server = await start({ graceMs: 100 });
    const stuck = createConnection(server.port, "127.0.0.1");
    stuck.write(
      `POST ${SPACE}/collections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    );
    stuck.on("error", () => undefined);
    for (;;) {
      const { text } = await send(`${server.url}/metrics`, "GET");
      if (text.includes("nigh_http_requests_running 2")) break;
    }
    await server.close();
  });
});
