import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { build } from "vite";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const BUNDLED_MODEL = resolve(import.meta.dirname, "../../../model-all-minilm-l6-v2/model");

export interface SiteOptions {
  /** The folder of a page that Vite builds. Default: the one that gives the tests all of nigh/browser. */
  readonly page?: string;
  /** Folders that are served besides, by the beginnings of their paths. */
  readonly folders?: Readonly<Record<string, string>>;
}

/** A page built by Vite, on loopback, with the bundled model below /models. */
export class Site {
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Answers instead of the files that are there; undefined leaves a request to them. */
  answer: (path: string) => { status: number; body: Uint8Array | string } | undefined = () =>
    undefined;
  /** Whether pages are cross-origin isolated, and may have threads. */
  isolated = true;
  /** Content type of what `answer` gives. Default: by the path. */
  typeOfAnswers: string | undefined;
  readonly #server: Server;
  readonly #built: string;
  readonly #folders: Readonly<Record<string, string>>;

  private constructor(server: Server, built: string, { folders }: SiteOptions) {
    this.#server = server;
    this.#built = built;
    this.#folders = { "/models/all-MiniLM-L6-v2/": BUNDLED_MODEL, ...folders };
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const built = mkdtempSync(join(tmpdir(), "nigh-site-"));
    await build({
      root: options.page ?? join(import.meta.dirname, "page"),
      configFile: false,
      publicDir: false,
      logLevel: "error",
      base: "./",
      worker: { format: "es" },
      build: { outDir: built, target: "es2022" },
    });
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const site = new Site(server, built, options);
    server.on("request", (request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? "/", site.url).pathname);
      site.requests.push(path);
      const { status, body, type } = site.#find(path);
      response.writeHead(status, {
        "content-type": type,
        "content-length": body.length,
        ...(site.isolated && {
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        }),
      });
      response.end(request.method === "HEAD" ? undefined : body);
    });
    return site;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
    rmSync(this.#built, { recursive: true, force: true });
  }

  #find(path: string): { status: number; body: Uint8Array; type: string } {
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const given = this.answer(path);
    if (given !== undefined)
      return { ...given, body: Buffer.from(given.body), type: this.typeOfAnswers ?? type };
    const [start, folder] = Object.entries(this.#folders).find(([at]) => path.startsWith(at)) ?? [
      "/",
      this.#built,
    ];
    const name = path === "/" ? "index.html" : path.slice(start.length);
    try {
      const file = readFileSync(join(folder, name));
      return { status: 200, body: file, type: name === "index.html" ? "text/html" : type };
    } catch {
      return { status: 404, body: Buffer.from("There is no such file"), type: "text/plain" };
    }
  }
}
