import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { run } from "./encoder/run-program.js";

const BIN = fileURLToPath(new URL("../bin/nigh.js", import.meta.url));
const SMALL = ["--vectors", "2000", "--dimensions", "32", "--queries", "20"];
const bench = (...args: readonly string[]) =>
  run(BIN, { args: ["bench", ...args], environment: { NO_COLOR: "1" } });

interface Row {
  readonly index: string;
  readonly [number: string]: number | string;
}

describe("nigh bench indexes", () => {
  it("prints rows of exact, IVF and HNSW as JSON, recall beside every time", async () => {
    const { code, stdout, stderr } = await bench("indexes", ...SMALL, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { rows, ...run } = JSON.parse(stdout) as { rows: Row[] };
    expect(run).toMatchObject({ vectors: 2000, dimensions: 32, queries: 20, k: 10, seed: 1 });
    expect(run).toMatchObject({ machine: expect.stringContaining("Node") });
    expect(rows.map(({ index }) => index.split(/[ ,]/u)[0])).toEqual(["exact", "IVF", "HNSW"]);
    expect(rows[0]?.["comparedPerQuery"]).toBeGreaterThanOrEqual(10);
    for (const { index, comparedPerQuery: _, ...numbers } of rows) {
      expect(Object.keys(numbers).sort(), index).toEqual([
        "buildSeconds",
        "bytesPerVector",
        "millisecondsPerQuery",
        "recall",
        "speedup",
      ]);
      for (const [name, value] of Object.entries(numbers)) {
        expect(value, `${index}: ${name}`).toBeGreaterThan(0);
      }
      expect(numbers["recall"]).toBeLessThanOrEqual(1);
    }
    expect(rows[0]).toMatchObject({ recall: 1, speedup: 1 });
  });

  it("finds the same with the same seed", async () => {
    const recalls = async () => {
      const { stdout } = await bench("indexes", ...SMALL, "--seed", "5", "-k", "3", "--json");
      return (JSON.parse(stdout) as { rows: Row[] }).rows.map(({ recall }) => recall);
    };
    const first = await recalls();
    expect(first).toHaveLength(3);
    expect(await recalls()).toEqual(first);
  });

  it("prints a table whose numbers begin where their headings begin", async () => {
    const { code, stdout } = await bench("indexes", ...SMALL);
    expect(code).toBe(0);
    const lines = stripVTControlCharacters(stdout).trimEnd().split("\n");
    expect(lines[0]).toBe(
      "2,000 vectors of 32 dimensions, 20 queries one by one, k 10, one thread",
    );
    const start = lines.findIndex((line) => line.includes("recall@10"));
    const [heading = "", ...table] = lines.slice(start, start + 4);
    expect(table).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/^Exact search compared \d+ vectors a query in float32/u);
    for (const title of ["build s", "bytes/vector", "ms/query", "speed-up", "recall@10"]) {
      const start = heading.indexOf(title);
      for (const line of table) expect(line.slice(start - 2), title).toMatch(/^ {2}\d/u);
    }
  });

  it("measures fewer vectors than results, and a single one", async () => {
    const few = await bench("indexes", "--vectors", "1", "--dimensions", "3", "--queries", "1");
    expect(few).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    ["no vectors", ["indexes", "--vectors", "0"], "expected a whole number of at least 1"],
    ["dimensions that are none", ["indexes", "--dimensions", "x"], 'Found "x"'],
    ["half a query", ["indexes", "--queries", "1.5"], 'Found "1.5"'],
    ["an unknown flag", ["indexes", "--vector", "5"], "Did you mean --vectors?"],
    ["an argument too many", ["indexes", "5"], "too many arguments"],
    ["an unknown subject", ["indices"], "Did you mean indexes?"],
    ["no subject", [], "indexes"],
  ])("answers %s with exit 2 and a hint on stderr", async (_, args, message) => {
    const { code, stdout, stderr } = await bench(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });

  it("says with --help what it measures, exit 0", async () => {
    const { code, stdout } = await bench("indexes", "--help");
    expect(code).toBe(0);
    for (const flag of ["--vectors", "--dimensions", "--queries", "--json"]) {
      expect(stdout).toContain(flag);
    }
  });
});
