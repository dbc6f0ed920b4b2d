import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { cosineSimilarity, PassageDatabase, SentenceTransformer } from "nigh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BIN = resolve(import.meta.dirname, "../bin/nigh.js");

interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nigh-command-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("nigh", () => {
  it.each(["", "demo", "models", "encode", "similarity", "index", "search"])(
    "%s --help says what it does, exit 0",
    async (name) => {
      const { code, stdout } = await nigh([...(name ? [name] : []), "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: nigh ${name}`.trim());
      if (name) expect(stdout).toContain("--json");
    },
  );

  it.each([
    ["an unknown command", ["serch", "x"], "Did you mean search?"],
    ["an unknown flag", ["search", "x", "--treshold", "1"], "Did you mean --threshold?"],
    [
      "a number that is none",
      ["search", "x", "-k", "many"],
      'Found "many", expected a whole number of at least 1.',
    ],
    ["a missing argument", ["search"], "missing required argument 'query'"],
    ["texts and a file at once", ["encode", "x", "--file", "y.txt"], "Found texts and --file"],
    ["no text at all", ["encode"], 'No text was given: nigh encode "a text"'],
    ["one text to compare", ["similarity", "alone"], "Found one text, expected two or more"],
  ])("answers %s with exit 2 and a hint on stderr", async (_, args, message) => {
    const { code, stdout, stderr } = await nigh(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });

  it.each([
    ["encode", ["x"]],
    ["similarity", ["x", "y"]],
  ])(
    "%s answers an unknown model with exit 1, the nearest name and a code",
    async (name, texts) => {
      const { code, stderr } = await nigh([name, ...texts, "--model", "all-MiniLM-L6"]);
      expect(code).toBe(1);
      expect(stderr).toContain('Did you mean "all-MiniLM-L6-v2"?');
      expect(stderr).toContain("[ERR_MODEL_NOT_FOUND]");
    },
  );
});

describe("nigh models", () => {
  it("ends with exit 0 when its reader leaves early", async () => {
    const child = spawn(process.execPath, [BIN, "models"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("lists the bundled model, as a table and as JSON", async () => {
    expect((await nigh(["models"])).stdout).toContain("all-MiniLM-L6-v2");
    const [first] = JSON.parse((await nigh(["models", "--json"])).stdout);
    expect(first).toMatchObject({ name: "all-MiniLM-L6-v2", dimension: 384, maxSeqLength: 256 });
  });
});

describe("nigh encode", () => {
  it("gives a vector for every argument, line of a file or line of stdin", async () => {
    const file = join(folder, "lines.txt");
    await writeFile(file, "first line\r\n\nthird line\n");
    const fromFile = JSON.parse((await nigh(["encode", "--file", file, "--json"])).stdout);
    expect(fromFile.texts).toEqual(["first line", "", "third line"]);
    const fromArguments = JSON.parse(
      (await nigh(["encode", "first line", "", "third line", "--json"])).stdout,
    );
    const fromStdin = JSON.parse(
      (await nigh(["encode", "--json"], "first line\n\nthird line")).stdout,
    );
    expect(fromArguments.vectors).toEqual(fromFile.vectors);
    expect(fromStdin.vectors).toEqual(fromFile.vectors);
    expect(fromFile.vectors[0]).toHaveLength(384);
  });

  it("gives the vectors of int8 weights when asked: near those of fp32, and others", async () => {
    const texts = ["encode", "a cat", "a kitten", "--json"];
    const fp32 = JSON.parse((await nigh(texts)).stdout);
    const int8 = JSON.parse((await nigh([...texts, "--dtype", "int8"])).stdout);
    expect([fp32.dtype, int8.dtype]).toEqual(["fp32", "int8"]);
    expect(int8.vectors[0]).not.toEqual(fp32.vectors[0]);
    expect(cosineSimilarity(int8.vectors[0], fp32.vectors[0])).toBeGreaterThan(0.99);
  });

  it("leaves out a byte order mark, and names the line that is not UTF-8", async () => {
    const file = join(folder, "marked.txt");
    await writeFile(file, "\ufefffirst\nsecond\n");
    const { texts } = JSON.parse((await nigh(["encode", "--file", file, "--json"])).stdout);
    expect(texts).toEqual(["first", "second"]);
    await writeFile(
      file,
      Buffer.concat([Buffer.from("good\nna"), Buffer.from([0xef]), Buffer.from("ve\n")]),
    );
    const { code, stderr } = await nigh(["encode", "--file", file]);
    expect(code).toBe(1);
    expect(stderr).toContain("marked.txt:2 is not valid UTF-8");
    expect(stderr).toContain("[ERR_FILE]");
  });

  it("says on the terminal when a text was cut", async () => {
    const { stdout } = await nigh(["encode", "word ".repeat(400), "short"]);
    expect(stdout).toContain("1 of 2 texts are longer than 256 tokens");
  });

  it("names a file that is not there, exit 1", async () => {
    const { code, stderr } = await nigh(["encode", "--file", join(folder, "none.txt")]);
    expect(code).toBe(1);
    expect(stderr).toContain("none.txt cannot be read");
  });
});

describe("nigh similarity", () => {
  it("gives a number for two texts and a table for more", async () => {
    const two = Number((await nigh(["similarity", "a cat", "a kitten"])).stdout);
    expect(two).toBeGreaterThan(0.5);
    expect(two).toBeLessThan(1);
    const { stdout } = await nigh(["similarity", "a cat", "a kitten", "shares", "--json"]);
    const { similarity } = JSON.parse(stdout);
    expect(similarity).toHaveLength(3);
    expect(similarity[0][1]).toBeCloseTo(two, 4);
    expect(similarity[0][2]).toBeLessThan(two);
  });
});

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
    expect(answers[0].text).toBe("A kitten sleeps on the piano.");
    const text = await nigh(["search", "what to cook with cumin", "--db", db, "-k", "1"]);
    expect(text.stdout).toContain("Simmer the lentils with cumin.");
    expect(text.stdout).toContain("Soup");
    const none = await nigh(["search", "zzz", "--db", db, "--threshold", "0.99"]);
    expect(none).toMatchObject({ code: 0, stdout: "No passage reaches the threshold.\n" });

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
    expect(answers[0]).toMatchObject({ text: "A kitten sleeps on the piano." });
    expect(answers[0].highlight).toBeUndefined();
    const marked = JSON.parse(
      (await nigh(["search", "cat", "--db", db, "--json", "--highlight"])).stdout,
    );
    expect(marked.answers[0].highlight).toEqual({ start: 0, end: 29 });
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

  it("say that a database is empty", async () => {
    const db = join(folder, "empty-db");
    const model = await SentenceTransformer.load("all-MiniLM-L6-v2");
    await (await PassageDatabase.open(db)).index([], model);
    await model.close();
    const { stdout } = await nigh(["search", "x", "--db", db, "--threshold", "0.1"]);
    expect(stdout).toBe("The database is empty.\n");
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

describe("nigh demo", () => {
  it("shows similarity, answers and speed in order, and leaves a database that answers", async () => {
    const db = join(folder, "demo-db");
    const { code, stdout } = await nigh(["demo", "--db", db, "--seconds", "1"]);
    expect(code).toBe(0);
    const places = [
      "cosine similarity",
      "State of the Union",
      "passages/s",
      "sending people to the moon",
      "exact search through",
      "npx nigh search",
    ].map((part) => stdout.indexOf(part));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const { answers } = JSON.parse(
      (await nigh(["search", "space exploration", "--db", db, "--json"])).stdout,
    );
    expect(answers).toHaveLength(5);
    expect(answers[0].metadata.year).toBeGreaterThan(1789);
  });

  it("gives a report as JSON, and indexes nothing less when it runs again", async () => {
    const db = join(folder, "demo-twice");
    const first = JSON.parse((await nigh(["demo", "--db", db, "--seconds", "8", "--json"])).stdout);
    expect(first).toMatchObject({ model: "all-MiniLM-L6-v2", dtype: "int8", db });
    expect(first.similarity.cosine).toHaveLength(5);
    expect(first.answers[0]).toMatchObject({
      question: "sending people to the moon",
      answers: [{ score: expect.any(Number) }, {}],
    });
    expect(first.milliseconds.exactSearch).toBeGreaterThan(0);
    const again = JSON.parse((await nigh(["demo", "--db", db, "--seconds", "1", "--json"])).stdout);
    expect(again.passages.indexed).toBe(first.passages.indexed);
    expect((await PassageDatabase.open(db)).size).toBe(first.passages.indexed);
  });

  it("leaves another database alone", async () => {
    const db = join(folder, "own-db");
    const file = join(folder, "own.txt");
    await writeFile(file, "My own note.");
    await nigh(["index", file, "--db", db]);
    const { code, stderr } = await nigh(["demo", "--db", db, "--seconds", "1"]);
    expect(code).toBe(1);
    expect(stderr).toContain("give the demo a folder of its own");
  });
});

function nigh(
  args: readonly string[],
  input = "",
  environment: Record<string, string> = { NO_COLOR: "1" },
): Promise<Run> {
  return new Promise((done, fail) => {
    const { NO_COLOR: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...inherited, ...environment },
    });
    const run: Run = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      run.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      run.stderr += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done({ ...run, code }));
    child.stdin.end(input);
  });
}
