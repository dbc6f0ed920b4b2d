import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { downloadModel } from "nigh";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRejection } from "./encoder/errors.js";
import { TINY_MODEL } from "./encoder/fixtures.js";
import { useHub } from "./hub/hub-environment.js";
import { filesOf, HubServer } from "./hub/hub-server.js";

const ID = "someone/tiny-model";

let server: HubServer;
let proxy: Server;
/** What the proxy was asked: "CONNECT host:port" or "GET http://…". */
const asked: string[] = [];

beforeAll(async () => {
  server = await HubServer.start();
  server.commit(ID, filesOf(TINY_MODEL));
  proxy = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { "proxy-connection": _, ...headers } = request.headers;
    const answer = await fetch(request.url ?? "", {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      redirect: "manual",
    });
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(body);
  });
  proxy.on("connect", (request, client) => {
    asked.push(`CONNECT ${request.url}`);
    client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  await server.close();
  proxy.closeAllConnections();
  proxy.close();
});
useHub(() => server);
beforeEach(() => {
  asked.length = 0;
});

const proxyUrl = (): string => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

describe("a proxy of the environment", () => {
  it("is used: HTTP_PROXY for http addresses, redirects to other hosts as well", async () => {
    process.env["HTTP_PROXY"] = proxyUrl();
    await downloadModel(ID);
    expect(asked.some((one) => one.startsWith(`GET ${server.url}/api/models/${ID}`))).toBe(true);
    expect(asked.some((one) => one.startsWith(`GET ${server.cdnUrl}/`))).toBe(true);
  });

  it("is not used for hosts of NO_PROXY", async () => {
    process.env["HTTP_PROXY"] = proxyUrl();
    process.env["NO_PROXY"] = "localhost,127.0.0.1";
    await downloadModel(ID);
    expect(asked).toEqual([]);
  });

  it("is asked for a tunnel to https addresses, and its refusal is ERR_CONNECTION", async () => {
    process.env["HTTPS_PROXY"] = proxyUrl();
    process.env["HF_ENDPOINT"] = "https://hub.invalid";
    await expectRejection(downloadModel(ID), "ERR_CONNECTION", "https://hub.invalid");
    expect(new Set(asked)).toEqual(new Set(["CONNECT hub.invalid:443"]));
  });
});
