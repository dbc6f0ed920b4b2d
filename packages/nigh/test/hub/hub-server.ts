import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** Files of a repository by name. */
export type Files = Readonly<Record<string, Buffer | string>>;

export interface Seen {
  readonly method: string;
  /** Name of the file, or "info". */
  readonly file: string;
  readonly revision: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly host: "hub" | "cdn";
}

export interface Reply {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly seen: Seen;
}

/** Answers a request otherwise than a Hub would. @returns whether it did. */
export type Failure = (reply: Reply) => boolean;

export const TOKEN = "hf_test";

const HOSTS = { hub: "127.0.0.1", cdn: "localhost" };

const sha1 = (body: Buffer): string =>
  createHash("sha1").update(`blob ${body.length}\0`).update(body).digest("hex");
const sha256 = (body: Buffer): string => createHash("sha256").update(body).digest("hex");

/** Weights and whatever is large lies in LFS, on another host. */
const isLarge = (name: string): boolean => /\.(?:safetensors|onnx|bin)$/u.test(name);

/** The files of a folder, "golden.json" and dot files as well. */
export function filesOf(folder: string): Record<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
    }),
  );
}

/** A Hugging Face Hub on loopback: its API, its files by git's sha1, and large ones by redirects to a second server. */
export class HubServer {
  readonly seen: Seen[] = [];
  /** The present failure, if any. */
  failure: Failure | undefined;
  /** Names of repositories that only {@link TOKEN} may read. */
  readonly gated = new Set<string>();
  readonly #commits = new Map<string, Map<string, Files>>();
  readonly #refs = new Map<string, string>();
  readonly #hub: Server;
  readonly #cdn: Server;
  readonly #blobs = new Map<string, Buffer>();

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer("hub", request, response));
    this.#cdn = createServer((request, response) => this.#answer("cdn", request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    await new Promise<void>((listening) => server.#hub.listen(0, HOSTS.hub, listening));
    // Another host by its name, which is what decides whether it gets a token.
    await new Promise<void>((listening) => server.#cdn.listen(0, HOSTS.cdn, listening));
    return server;
  }

  async close(): Promise<void> {
    for (const one of [this.#hub, this.#cdn]) {
      one.closeAllConnections();
      await new Promise((closed) => one.close(closed));
    }
  }

  get url(): string {
    return urlOf(this.#hub, HOSTS.hub);
  }

  get cdnUrl(): string {
    return urlOf(this.#cdn, HOSTS.cdn);
  }

  /** Puts a commit into a repository, at the end of a branch. @returns the commit. */
  commit(repoId: string, files: Files, branch = "main"): string {
    const commit = createHash("sha1")
      .update(JSON.stringify([repoId, branch, this.#commits.get(repoId)?.size ?? 0]))
      .digest("hex");
    const commits = this.#commits.get(repoId) ?? new Map<string, Files>();
    this.#commits.set(repoId, commits.set(commit, files));
    this.#refs.set(`${repoId}@${branch}`, commit);
    for (const file of Object.values(files)) {
      const body = Buffer.from(file);
      this.#blobs.set(sha256(body), body);
    }
    return commit;
  }

  /** Forgets what was seen, and failures. */
  reset(): void {
    this.seen.length = 0;
    this.failure = undefined;
  }

  /** Names of files whose content was asked for. */
  fetched(): string[] {
    return this.seen
      .filter(({ method, host }) => method === "GET" && host === "hub")
      .map(({ file }) => file)
      .filter((file) => file !== "info")
      .sort();
  }

  #answer(host: "hub" | "cdn", request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {});
    const asked = parse(host, request);
    this.seen.push(asked.seen);
    const content = host === "cdn" ? this.#blobs.get(asked.repoId) : this.#content(asked);
    const body = Buffer.from(content ?? "");
    const reply = { request, response, body, seen: asked.seen };
    if (this.failure?.(reply) === true) return;
    if (host === "cdn") {
      if (content === undefined) refuse(response, 404);
      else sendBody(reply, { etag: `"${asked.repoId}"` });
      return;
    }
    const refusal = this.#refusal(asked, content);
    const commit = this.#commitOf(asked);
    if (this.#filesOf(asked) !== undefined) response.setHeader("x-repo-commit", commit);
    if (refusal !== undefined) {
      refuse(response, ...refusal);
      return;
    }
    const files = this.#filesOf(asked) ?? {};
    if (asked.kind === "revision") {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      const { repoId: id } = asked;
      sendJson(response, { id, modelId: id, sha: commit, siblings, tags: [] });
    } else if (asked.kind === "tree") {
      sendJson(response, treeOf(files));
    } else if (isLarge(asked.seen.file)) {
      const etag = sha256(body);
      response.writeHead(302, {
        "x-linked-etag": `"${etag}"`,
        "x-linked-size": body.length,
        location: `${this.cdnUrl}/${etag}/${asked.seen.file}`,
      });
      response.end();
    } else {
      sendBody(reply, { etag: `"${sha1(body)}"` });
    }
  }

  #commitOf({ repoId, seen }: Asked): string {
    return this.#refs.get(`${repoId}@${seen.revision}`) ?? seen.revision;
  }

  #filesOf(asked: Asked): Files | undefined {
    return this.#commits.get(asked.repoId)?.get(this.#commitOf(asked));
  }

  #content(asked: Asked): Buffer | string | undefined {
    const isFile = asked.kind === "file" || asked.seen.file !== "info";
    return isFile ? this.#filesOf(asked)?.[asked.seen.file] : "";
  }

  #refusal(asked: Asked, content: unknown): [number, string, string] | undefined {
    const { repoId, seen } = asked;
    if (!this.#commits.has(repoId)) return [401, "RepoNotFound", "Repository Not Found"];
    if (this.gated.has(repoId) && seen.authorization !== `Bearer ${TOKEN}`)
      return [seen.authorization ? 403 : 401, "GatedRepo", "Access to this model is restricted"];
    if (this.#filesOf(asked) === undefined)
      return [404, "RevisionNotFound", `Invalid rev id: ${seen.revision}`];
    return content === undefined ? [404, "EntryNotFound", "Entry not found"] : undefined;
  }
}

interface Asked {
  readonly kind: "revision" | "tree" | "file";
  /** On the second server the sha256 of a content. */
  readonly repoId: string;
  readonly seen: Seen;
}

function parse(host: "hub" | "cdn", request: IncomingMessage): Asked {
  const { pathname } = new URL(request.url ?? "/", "http://hub");
  const { authorization, range } = request.headers;
  const patterns = {
    info: /^\/api\/models\/(?<repoId>.+)\/(?<kind>revision|tree)\/(?<revision>[^/]+)(?:\/(?<file>.+))?$/u,
    file: /^\/(?<repoId>.+)\/resolve\/(?<revision>[^/]+)\/(?<file>.+)$/u,
    main: /^\/api\/models\/(?<repoId>[^/]+\/[^/]+)$/u,
    blob: /^\/(?<repoId>[0-9a-f]{64})\/(?<file>.+)$/u,
  };
  const found = Object.values(patterns).find((pattern) => pattern.test(pathname));
  const isMain = found === patterns.main;
  const {
    repoId = "",
    kind = isMain ? "revision" : "file",
    revision = isMain ? "main" : "",
    file = "info",
  } = found?.exec(pathname)?.groups ?? {};
  return {
    kind: kind as Asked["kind"],
    repoId,
    seen: {
      ...{ host, range, authorization, method: request.method ?? "" },
      ...{ file: decodeURIComponent(file), revision: decodeURIComponent(revision) },
    },
  };
}

/** A body, or the part of it that is asked for. */
export function sendBody(
  { request, response, body }: Reply,
  headers: Readonly<Record<string, string>> = {},
): void {
  const [, from] = /^bytes=(\d+)-$/u.exec(request.headers.range ?? "") ?? [];
  const part = body.subarray(Number(from ?? 0));
  response.writeHead(from === undefined ? 200 : 206, {
    "accept-ranges": "bytes",
    "content-length": part.length,
    ...(from === undefined
      ? {}
      : { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` }),
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : part);
}

/** An answer without success, as the Hub words it. */
export function refuse(response: ServerResponse, status: number, code = "", message = ""): void {
  response.writeHead(status, { "x-error-code": code, "x-error-message": message });
  response.end();
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** As Python's snapshot_download asks for it. */
function treeOf(files: Files): object[] {
  return Object.entries(files).map(([path, content]) => {
    const body = Buffer.from(content);
    const lfs = { oid: sha256(body), size: body.length, pointerSize: 130 };
    return {
      type: "file",
      path,
      size: body.length,
      oid: sha1(body),
      ...(isLarge(path) ? { lfs } : {}),
    };
  });
}

function urlOf(server: Server, host: string): string {
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}
