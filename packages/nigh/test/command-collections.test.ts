import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PersistentClient } from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { BIN, nigh, nighJson } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const LINES = [
  { id: "ferry", text: "The ferry is stuck in the ice.", year: 2020, tag: "sea" },
  { id: "rates", text: "The bank raised its rate.", year: 2023 },
  { id: "cat", text: "A kitten sleeps on the piano.", year: 2024 },
];

const folder = temporaryFolder();
const notes = join(folder, "notes.jsonl");
const db = join(folder, "db");
beforeAll(async () => {
  await write(LINES);
  await nigh(["index", notes, "--db", db]);
});

describe("nigh search", () => {
  it("finds only what passes the filters, of metadata and of text", async () => {
    const recent = await search("weather", "--where", '{"year": {"$gte": 2023}}');
    expect(idsOf(recent).sort()).toEqual(["cat#0", "rates#0"]);
    const bank = await search("weather", "--where-document", '{"$contains": "bank"}');
    expect(idsOf(bank)).toEqual(["rates#0"]);
    const none = await nigh(["search", "x", "--db", db, "--where", '{"year": 1900}']);
    expect(none.stdout).toBe("Nothing that passes the filter was found.\n");
  });

  it("gives records with the metadata of their line, their document, file and line number", async () => {
    const { answers, collection, mode } = await search("a young cat", "-k", "1");
    expect({ collection, mode }).toEqual({ collection: "documents", mode: "hybrid" });
    expect(answers[0].metadata).toEqual({
      year: 2024,
      document: "cat",
      source: expect.stringMatching(/notes\.jsonl$/u),
      line: 3,
    });
  });

  it("looks by meaning, by words, or by both", async () => {
    const semantic = await search("a young cat", "--mode", "semantic");
    expect(idsOf(semantic)).toHaveLength(3);
    expect(idsOf(semantic)[0]).toBe("cat#0");
    expect(idsOf(await search("young cats", "--mode", "keyword"))).toEqual([]);
    expect(idsOf(await search("banks", "--mode", "keyword"))).toEqual(["rates#0"]);
    expect(idsOf(await search("banks"))[0]).toBe("rates#0");
  });

  it("says why each answer was found when asked, in text and in JSON", async () => {
    const { answers } = await search("banks", "--explain");
    expect(answers[0].why).toMatchObject({ semantic: {}, keyword: { rank: 1 }, fusion: {} });
    const { stdout } = await nigh(["search", "banks", "--db", db, "--explain", "-k", "1"]);
    expect(stdout).toMatch(/meaning 0\.\d{4}, rank \d; words \d+\.\d\d, rank 1: bank; both 0\.0/u);
  });

  it("answers a bad filter with the filter's own message, exit 2", async () => {
    const bad = await nigh(["search", "x", "--db", db, "--where", '{"year": {"$gtt": 1}}']);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("where.year.$gtt: expected one of $eq");
    expect(bad.stderr).toContain("[ERR_INVALID_FILTER]");
  });

  it("tells integers beyond 2^53 apart, in filters and in what it prints", async () => {
    const large = join(folder, "large-db");
    const client = new PersistentClient({ path: large });
    const collection = await client.createCollection({ name: "large", embeddingFunction: null });
    await collection.add({
      ids: ["a", "b"],
      documents: ["one", "one"],
      embeddings: [[1], [1]],
      metadatas: [{ n: 9007199254740993n }, { n: 9007199254740992n }],
    });
    await client.close();
    const where = ["--where", '{"n": 9007199254740993}', "--mode", "keyword", "--json"];
    const { stdout } = await nigh(["search", "one", "--db", large, ...where]);
    expect(idsOf(JSON.parse(stdout))).toEqual(["a"]);
    expect(stdout).toContain('"n": 9007199254740993\n');
  });
});

describe("nigh index", () => {
  it("encodes nothing that is there, replaces what changed, and deletes what is gone", async () => {
    const own = join(folder, "own-db");
    expect(await index(own)).toMatchObject({ added: 3, encoded: 3, total: 3 });
    expect(await index(own)).toMatchObject({ unchanged: 3, encoded: 0, updated: 0, removed: 0 });
    // A key of metadata and a line are gone, a text is new.
    await write([{ id: "ferry", text: "The ferry is free.", year: 2020 }, LINES[2] ?? {}]);
    try {
      expect(await index(own)).toMatchObject({ updated: 2, encoded: 1, removed: 1, total: 2 });
      const { answers } = await nighJson(["search", "ferry", "--db", own, "-k", "9"]);
      expect(idsOf({ answers }).sort()).toEqual(["cat#0", "ferry#0"]);
      expect(answers[0].metadata).not.toHaveProperty("tag");
    } finally {
      await write(LINES);
    }
  });

  it("deletes nothing of a file in which something is bad", async () => {
    const own = join(folder, "bad-db");
    await index(own);
    await writeFile(notes, `${JSON.stringify(LINES[0])}\n{"id": "rates", "text": \n`);
    try {
      expect(await index(own)).toMatchObject({ removed: 0, total: 3 });
    } finally {
      await write(LINES);
    }
  });

  it("names what no collection holds, and indexes the rest", async () => {
    const own = join(folder, "odd-db");
    const odd = join(folder, "odd.jsonl");
    const lines = [
      { id: "key", text: "fine", $where: 1 },
      { id: "nul", text: "a\0b" },
      { id: "good", text: "fine", source: "mine" },
    ];
    await writeFile(odd, lines.map((line) => JSON.stringify(line)).join("\n"));
    const { problems, total } = await nighJson(["index", odd, "--db", own]);
    expect(total).toBe(1);
    expect(problems).toMatchObject([
      { line: 1, reason: expect.stringContaining('"$where" cannot be a key') },
      { line: 2, reason: expect.stringContaining("NUL") },
    ]);
    const { answers } = await nighJson(["search", "fine", "--db", own]);
    expect(answers[0].metadata).toMatchObject({ source_: "mine", line: 3 });
  });

  it("asks which collection where there are several, with their names", async () => {
    const own = join(folder, "two-db");
    for (const name of ["first", "second"])
      await nigh(["index", notes, "--db", own, "--collection", name]);
    const { collections } = await nighJson(["collections", "--db", own]);
    expect(collections).toMatchObject([
      { name: "first", records: 3, dimension: 384, embedder: "all-MiniLM-L6-v2" },
      { name: "second" },
    ]);
    for (const args of [
      ["index", notes],
      ["search", "x"],
      ["export", join(folder, "two.jsonl")],
    ]) {
      const { code, stderr } = await nigh([...args, "--db", own]);
      expect(code).toBe(2);
      expect(stderr).toContain('"first", "second": name one of them');
    }
    const unknown = await nigh(["search", "x", "--db", own, "--collection", "third"]);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('"first"') });
  });

  it("keeps what is done when it is interrupted, and goes on from there", async () => {
    const own = join(folder, "stopped-db");
    const many = join(folder, "many");
    await mkdir(many);
    const lines = Array.from({ length: 6000 }, (_, i) =>
      JSON.stringify({ id: `${i}`, text: `Note ${i} tells of ${i * i} ships on the sea at noon.` }),
    );
    await writeFile(join(many, "many.jsonl"), lines.join("\n"));
    const child = spawn(process.execPath, [BIN, "index", many, "--db", own, "--dtype", "int8"]);
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const client = new PersistentClient({ path: own });
    let stored = 0;
    while (stored === 0) {
      await new Promise((done) => setImmediate(done));
      const [collection] = await client.listCollections();
      stored = (await collection?.count()) ?? 0;
    }
    child.kill("SIGINT");
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("run the same command again to go on from there"),
    });
    const [collection] = await client.listCollections();
    const kept = (await collection?.count()) ?? 0;
    await client.close();
    expect(kept).toBeLessThan(lines.length);
    const again = await nighJson(["index", many, "--db", own]);
    expect(again).toMatchObject({ unchanged: kept, added: lines.length - kept, dtype: "int8" });
    expect(again.total).toBe(lines.length);
  }, 120_000);
});

describe("nigh export and import", () => {
  it.each(["jsonl", "parquet"])(
    "carry a collection elsewhere by %s: the same answers",
    async (kind) => {
      const file = join(folder, `exported.${kind}`);
      const other = join(folder, `${kind}-db`);
      expect(await nighJson(["export", file, "--db", db])).toMatchObject({
        collection: "documents",
        records: 3,
      });
      expect(await nighJson(["import", file, "--db", other])).toMatchObject({
        collection: "documents",
        added: 3,
        encoded: 0,
        total: 3,
      });
      const question = ["search", "a young cat", "--explain", "--highlight", "--db"];
      expect(await nighJson([...question, other])).toEqual(await nighJson([...question, db]));
      // What was imported is known as what it is.
      expect(await index(other)).toMatchObject({ unchanged: 3, encoded: 0, removed: 0 });

      const again = await nigh(["import", file, "--db", other]);
      expect(again.stdout).toContain("3 ids were there already");
      expect(again.stdout).toContain('"ferry#0"');
      const changed = await nigh(["import", file, "--db", other, "--upsert"]);
      expect(changed.stdout).toContain("0 records added, 3 changed");
    },
  );

  it("refuse files of other kinds with exit 2, and damaged ones with exit 1", async () => {
    const csv = await nigh(["export", join(folder, "notes.csv"), "--db", db]);
    expect(csv).toMatchObject({ code: 2, stderr: expect.stringContaining(".parquet") });
    const file = join(folder, "cut.jsonl");
    await nigh(["export", file, "--db", db]);
    await truncate(file, 2000);
    const other = join(folder, "cut-db");
    const cut = await nigh(["import", file, "--db", other]);
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining("cut.jsonl:2") });
    expect((await nigh(["collections", "--db", other])).stdout).toContain("has no collection");
  });

  it("make no database for a file that is not there", async () => {
    const other = join(folder, "never");
    const missing = await nigh(["import", join(folder, "missing.jsonl"), "--db", other]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("missing.jsonl") });
    expect(existsSync(other)).toBe(false);
  });
});

describe("nigh doctor", () => {
  it("says that a database is sound, and what to do with one that is not", async () => {
    const sound = await nigh(["doctor", "--db", db]);
    expect(sound).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing is wrong") });
    const file = join(folder, "doctor-db");
    await index(file);
    await writeFile(join(file, "00000000-0000-4000-8000-000000000000.graph"), "torn");
    const torn = await nigh(["doctor", "--db", file]);
    expect(torn.code).toBe(1);
    expect(torn.stderr).toContain("--repair mends them");
    const mended = await nigh(["doctor", "--db", file, "--repair", "--compact"]);
    expect(mended).toMatchObject({ code: 0, stdout: expect.stringContaining("repaired") });
    const saved = join(folder, "saved-db");
    expect((await nigh(["doctor", "--db", file, "--save-to", saved])).code).toBe(0);
    const { answers } = await nighJson(["search", "a young cat", "--db", saved, "-k", "1"]);
    expect(idsOf({ answers })).toEqual(["cat#0"]);
  });
});

function search(query: string, ...flags: string[]) {
  return nighJson(["search", query, "--db", db, ...flags]);
}

function index(into: string) {
  return nighJson(["index", notes, "--db", into]);
}

function idsOf({ answers }: { answers: { id: string }[] }): string[] {
  return answers.map(({ id }) => id);
}

function write(lines: readonly object[]): Promise<void> {
  return writeFile(notes, lines.map((line) => JSON.stringify(line)).join("\n"));
}
