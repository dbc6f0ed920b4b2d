import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cosineSimilarity } from "nigh";
import { describe, expect, it } from "vitest";
import { BIN, nigh } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const COMMANDS = [
  ...[
    "demo",
    "models",
    "encode",
    "similarity",
    "index",
    "search",
    "cluster",
    "classify",
    "duplicates",
  ],
  ...["collections", "export", "import", "serve", "doctor", "evaluate", "calibrate"],
];

const folder = temporaryFolder();

describe("nigh", () => {
  it.each(["", ...COMMANDS])("%s --help says what it does, exit 0", async (name) => {
    const { code, stdout } = await nigh([...(name ? [name] : []), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: nigh ${name}`.trim());
    if (name) expect(stdout).toContain("--json");
  });

  it.each([
    ["an unknown command", ["serch", "x"], "Did you mean search?"],
    ["an unknown flag", ["search", "x", "--treshold", "1"], "Did you mean --threshold?"],
    [
      "a number that is none",
      ["search", "x", "-k", "many"],
      'Found "many", expected a whole number of at least 1.',
    ],
    [
      "a filter that is no JSON",
      ["search", "x", "--where", "{year: 2024}"],
      "Expected JSON, such as",
    ],
    [
      "a filter that is null",
      ["search", "x", "--where", "null"],
      "'--where <json>' argument 'null' is invalid. Expected an object, found null",
    ],
    ["a mode that is none", ["search", "x", "--mode", "words"], "semantic, keyword, hybrid"],
    ["two ways to mend", ["doctor", "--repair", "--save-to", "x"], "expected one of them"],
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

  it.each([["collections"], ["doctor"], ["search", "x"], ["export", "x.jsonl"]])(
    "%s of a folder without a database says so with one code, and makes none",
    async (...args) => {
      const db = join(temporaryFolder(), "none");
      const { code, stderr } = await nigh([...args, "--db", db]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/There is no database in .*\[ERR_NOT_FOUND\]/u);
      expect(existsSync(db)).toBe(false);
    },
  );

  it.each([
    ["encode", ["x"]],
    ["similarity", ["x", "y"]],
  ])(
    "%s answers an unknown model with exit 1, the nearest name and a code",
    async (name, texts) => {
      const args = [name, ...texts, "--model", "all-MiniLM-L6"];
      const { code, stderr } = await nigh(args, "", { NO_COLOR: "1", HF_HUB_OFFLINE: "1" });
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
