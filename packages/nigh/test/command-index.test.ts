import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { nigh } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();

describe("nigh index and search", () => {
  it("put JSONL, text and Markdown of a folder into a database that answers, and name what is bad", async () => {
    const notes = join(folder, "notes");
    await mkdir(notes);
    await writeFile(
      join(notes, "log.jsonl"),
      '{"id": "a", "text": "The ferry is stuck in the ice."}\n{"id": "b", "text": 7}\nnot json\n{"id": "d", "text": "Rates rose again."}\n{"id": "a", "text": "Twice."}\n',
    );
    await writeFile(join(notes, "cat.txt"), "A kitten sleeps on the piano.");
    await writeFile(join(notes, "soup.md"), "# Soup\n\nSimmer the lentils with **cumin**.\n");
    await writeFile(join(notes, "photo.png"), Buffer.from([0, 1, 2]));
    const db = join(folder, "notes-db");

    const index = await nigh(["index", notes, "--db", db, "--json"]);
    expect(index.code).toBe(0);
    const report = JSON.parse(index.stdout);
    expect(report).toMatchObject({ documents: 4, encoded: 4, total: 4 });
    expect(
      report.problems.map(({ kind, line }: { kind: string; line?: number }) => [kind, line]),
    ).toEqual(
      expect.arrayContaining([
        ["bad", 2],
        ["bad", 3],
        ["bad", 5],
        ["skipped", undefined],
      ]),
    );

    const search = await nigh([
      "search",
      "a",
      "young",
      "cat",
      "at",
      "rest",
      "--db",
      db,
      "-k",
      "2",
      "--json",
    ]);
    const { answers } = JSON.parse(search.stdout);
    expect(answers).toHaveLength(2);
    expect(answers[0].document).toBe("A kitten sleeps on the piano.");
    const text = await nigh(["search", "what to cook with cumin", "--db", db, "-k", "1"]);
    expect(text.stdout).toContain("Simmer the lentils with cumin.");
    expect(text.stdout).toContain("Soup");
    const none = await nigh(["search", "zzz", "--db", db, "--threshold", "0.99"]);
    expect(none).toMatchObject({ code: 0, stdout: "Nothing reaches the threshold.\n" });

    const again = await nigh(["index", notes, "--db", db]);
    expect(again.stdout).toContain("0 encoded, 4 unchanged");
    expect(again.stderr).toMatch(/bad .*log\.jsonl:2: /u);
    const strict = await nigh(["index", notes, "--db", db, "--strict"]);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain("nothing was indexed");
    const strictJson = await nigh(["index", notes, "--db", db, "--strict", "--json"]);
    expect(strictJson.code).toBe(1);
    expect(JSON.parse(strictJson.stdout)).toMatchObject({
      error: { code: "ERR_FILE" },
      problems: report.problems,
    });
  });

  it("leave the database out of what is indexed, and count passages that are gone", async () => {
    const notes = join(folder, "with-db");
    const db = join(notes, "db");
    await mkdir(notes);
    await writeFile(join(notes, "cat.jsonl"), '{"text": "A kitten."}\n{"text": "A cat."}\n');
    const first = JSON.parse((await nigh(["index", notes, "--db", db, "--json"])).stdout);
    const second = JSON.parse((await nigh(["index", notes, "--db", db, "--json"])).stdout);
    expect(second).toMatchObject({ documents: first.documents, total: 2, encoded: 0, removed: 0 });
    expect(second.problems).toMatchObject([
      { kind: "skipped", source: expect.stringMatching(/db$/u) },
    ]);

    const long = join(notes, "long.txt");
    await writeFile(long, "A sentence about ships on the sea. ".repeat(60));
    await nigh(["index", long, "--db", db]);
    await writeFile(long, "A short one.");
    expect((await nigh(["index", long, "--db", db])).stdout).toContain(
      "passages of earlier versions are gone",
    );
  });

  it("use the precision that the database was made in, where none is given", async () => {
    const db = join(folder, "int8-db");
    const file = join(folder, "int8.txt");
    await writeFile(file, "A kitten sleeps on the piano.");
    const first = JSON.parse(
      (await nigh(["index", file, "--db", db, "--json", "--dtype", "int8"])).stdout,
    );
    const second = JSON.parse((await nigh(["index", file, "--db", db, "--json"])).stdout);
    expect(first).toMatchObject({ dtype: "int8", encoded: 1 });
    expect(second).toMatchObject({ dtype: "int8", encoded: 0 });
    const { answers } = JSON.parse((await nigh(["search", "cat", "--db", db, "--json"])).stdout);
    expect(answers[0]).toMatchObject({ document: "A kitten sleeps on the piano." });
    expect(answers[0].highlight).toBeUndefined();
    const marked = JSON.parse(
      (await nigh(["search", "cat", "--db", db, "--json", "--highlight"])).stdout,
    );
    expect(marked.answers[0].highlight).toMatchObject({ start: 0, end: 29 });
  });

  it("send no control character of a document to the terminal", async () => {
    const db = join(folder, "escape-db");
    const file = join(folder, "escape.jsonl");
    const text = "red \u001b[31m alert\u0007 \u009b2J";
    const lines = [
      { id: "e\u001b]0;x\u0007", text },
      { id: "e\u001b]0;x\u0007", text: "twice" },
    ];
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join("\n"));
    const index = await nigh(["index", file, "--db", db]);
    expect(index.stderr).toContain("must differ");
    const { stdout } = await nigh(["search", "alert", "--db", db]);
    expect(stdout).toContain("red [31m alert 2J");
    expect(stdout + index.stderr.replace(/.*passages\/s.*/gu, "")).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it("wrap Japanese at the width, and keep the best sentence bold", async () => {
    const db = join(folder, "japanese-db");
    const file = join(folder, "japanese.txt");
    const sentences = [
      "港は一月に凍りついた。",
      "子猫がピアノの上で眠っている。",
      "株価は大きく下がった。",
    ];
    await writeFile(file, sentences.join("").repeat(4));
    await nigh(["index", file, "--db", db]);
    const { stdout } = await nigh(["search", "子猫", "--db", db], "", { FORCE_COLOR: "1" });
    const shown = stdout.split("\n").filter((line) => line.includes("猫") || line.includes("港"));
    expect(shown.length).toBeGreaterThan(2);
    for (const line of shown) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(55);
    expect(stdout.split("\u001b[1m").length - 1).toBeGreaterThan(1);
    expect(stripVTControlCharacters(stdout).replace(/\s/gu, "")).toContain(sentences.join(""));
  });

  it("say that a collection is empty, or that there is none", async () => {
    const db = join(folder, "empty-db");
    const client = new PersistentClient({ path: db });
    await client.createCollection({ name: "empty" });
    const { stdout } = await nigh(["search", "x", "--db", db, "--threshold", "0.1"]);
    expect(stdout).toBe("The collection is empty.\n");
    await client.deleteCollection({ name: "empty" });
    await client.close();
    const none = await nigh(["search", "x", "--db", db]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("has no collection") });
  });

  it("refuse a plain database of earlier days, and say what to do", async () => {
    const db = join(folder, "plain-db");
    await mkdir(db);
    await writeFile(join(db, "nigh.json"), "{}");
    const note = join(folder, "note.txt");
    await writeFile(note, "A note.");
    for (const args of [
      ["search", "x"],
      ["index", note],
    ]) {
      const { code, stderr } = await nigh([...args, "--db", db]);
      expect(code).toBe(1);
      expect(stderr).toContain("index your files again into an empty folder");
    }
  });

  it("say what to do where there is no database, no file, or nothing to index", async () => {
    const search = await nigh(["search", "x", "--db", join(folder, "nowhere")]);
    expect(search).toMatchObject({ code: 1, stderr: expect.stringContaining("nigh index FILES") });
    const index = await nigh(["index", join(folder, "missing.jsonl"), "--db", join(folder, "x")]);
    expect(index).toMatchObject({ code: 1, stderr: expect.stringContaining("missing.jsonl") });
    const empty = join(folder, "empty");
    await mkdir(empty);
    const nothing = await nigh(["index", empty, "--db", join(folder, "x")]);
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing to index") });
  });
});
