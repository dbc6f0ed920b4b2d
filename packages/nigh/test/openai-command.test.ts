import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { nigh } from "./cli/run-nigh.js";
import { status } from "./openai/failures.js";
import { onServer } from "./openai/on-server.js";
import { OTHER_DIMENSION, vectorOf } from "./openai/openai-server.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const on = onServer();
const KEY = "sk-proj-0123456789abcdefghij";
const SMALL = "openai:text-embedding-3-small";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  on.server.key = KEY;
});

/** The command with the server's address and key in its environment, and neither in what it prints. */
async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const ended = await nigh(args, "", {
    NO_COLOR: "1",
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: on.server.baseURL,
    ...environment,
  });
  expect(ended.stdout + ended.stderr).not.toContain(KEY);
  return ended;
}

it("nigh index --model openai:… fills a collection, nigh search finds by its model without --model", async () => {
  const file = join(folder, "notes.jsonl");
  const texts = ["A kitten naps.", "Stocks fell again.", "The ferry is stuck in the ice."];
  await writeFile(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  const db = join(folder, "db");
  const index = await run(["index", file, "--db", db, "--model", SMALL]);
  expect(index).toMatchObject({ code: 0 });
  expect(index.stdout).toContain("3 encoded");
  const spent =
    /^openai-compatible:text-embedding-3-small: 1 request, \d+ tokens, about \$0\.0+\d+$/mu;
  expect(index.stderr).toMatch(spent);
  const search = await run(["search", texts[1] as string, "--db", db, "--json", "-k", "1"]);
  const { answers, model } = JSON.parse(search.stdout);
  expect([answers[0].document, model]).toEqual([
    texts[1],
    "openai-compatible:text-embedding-3-small",
  ]);
  const again = await run(["index", file, "--db", db, "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ encoded: 0, unchanged: 3, total: 3 });
  const other = await run(["search", "x", "--db", db, "--model", `${SMALL}@256`]);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('"openai-compatible:text-embedding-3-small@256"');
  expect(other.stderr).toContain('"openai-compatible:text-embedding-3-small"');
  const lost = await run(["search", "x", "--db", db], { OPENAI_BASE_URL: "" });
  expect(lost.code).toBe(1);
  expect(lost.stderr).toContain("OPENAI_BASE_URL=http://localhost:11434/v1");
});

it("nigh encode and similarity take openai:NAME and openai:NAME@DIMENSIONS", async () => {
  const model = "openai:nomic-embed-text";
  const encode = await run(["encode", "a cat", "--model", model, "--json"]);
  const { vectors, dimension } = JSON.parse(encode.stdout);
  expect(vectors).toEqual([Array.from(vectorOf("a cat", OTHER_DIMENSION))]);
  expect(dimension).toBe(OTHER_DIMENSION);
  const table = await run(["encode", "a cat", "--model", `${SMALL}@16`]);
  expect(table.stdout).toContain("first 6 of 16 numbers");
  const same = await run(["similarity", "a cat", "a cat", "--model", SMALL]);
  expect(same.stdout.trim()).toBe("1.0000");
});

it("errors of the server end the command with their message", async () => {
  on.server.fail(status(400, `Bad for ${KEY}`));
  const bad = await run(["encode", "x", "--model", SMALL]);
  expect(bad.code).toBe(2);
  expect(bad.stderr).toContain("Bad for ***");
  const key = await run(["encode", "x", "--model", SMALL], { OPENAI_API_KEY: "sk-wrong-key-01" });
  expect(key.code).toBe(1);
  expect(key.stderr).toContain("OPENAI_API_KEY");
  expect(key.stderr).not.toContain("sk-wrong-key-01");
  const none = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
  const without = await run(["encode", "x", "--model", SMALL], none);
  expect(without.code).toBe(1);
  expect(without.stderr).toContain("set OPENAI_API_KEY");
});

it("flags of local models, and the demo, are refused for it", async () => {
  for (const [flag, value] of [
    ["--dtype", "int8"],
    ["--threads", "2"],
  ] as const) {
    const refused = await run(["encode", "x", "--model", SMALL, flag, value]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(flag);
  }
  const demo = await run(["demo", "--model", SMALL, "--db", join(folder, "db")]);
  expect(demo.code).toBe(2);
  expect(demo.stderr).toContain("nigh index FILES --model");
  expect(on.server.requests).toEqual([]);
});
