import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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
    ["one text to compare", ["similarity", "alone"], "Found one text, expected two or more"],
  ])("answers %s with exit 2 and a hint on stderr", async (_, args, message) => {
    const { code, stdout, stderr } = await nigh(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });

  it("answers an unknown model with exit 1, the nearest name and a code", async () => {
    const { code, stderr } = await nigh(["encode", "x", "--model", "all-MiniLM-L6"]);
    expect(code).toBe(1);
    expect(stderr).toContain('Did you mean "all-MiniLM-L6-v2"?');
    expect(stderr).toContain("[ERR_MODEL_NOT_FOUND]");
  });
});

describe("nigh models", () => {
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
        ["bad", undefined],
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

function nigh(args: readonly string[], input = ""): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...process.env, NO_COLOR: "1" },
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
