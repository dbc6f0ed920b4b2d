import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NighServer, type ServeOptions, serve } from "nigh/server";
import { afterAll, beforeAll } from "vitest";

export const SPACE = "/api/v2/tenants/default_tenant/databases/default_database";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly json: any;
}

export interface OnServer {
  readonly server: NighServer;
  readonly url: string;
  /** The folder of its database. */
  readonly path: string;
  /** Sends a request. @param body JSON, or what becomes JSON. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>;
}

/** A server for all tests of a file or of a `describe`. */
export function onServer(options: Omit<ServeOptions, "path"> = {}): OnServer {
  let server: NighServer;
  let path: string;
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), "nigh-server-"));
    server = await serve({ path, port: 0, logLevel: "silent", ...options });
  });
  afterAll(async () => {
    await server.close();
    await rm(path, { recursive: true });
  });
  return {
    get server() {
      return server;
    },
    get url() {
      return server.url;
    },
    get path() {
      return path;
    },
    send: (method, route, body, headers) => send(server.url + route, method, body, headers),
  };
}

export async function send(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const reply = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}
