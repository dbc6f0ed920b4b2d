import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { nigh, nighJson } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const PETS = [
  "The kitten sleeps on the sofa.",
  "A young cat naps in the sun.",
  "My cat purrs on my lap.",
];
const BANKS = [
  "The central bank raised interest rates.",
  "Higher rates make a loan costly.",
  "Banks pay interest on savings, <at last>.",
];
const TEXTS = [...PETS, ...BANKS];

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await writeFile(at("texts.txt"), `\uFEFF${[...PETS, "", ...BANKS].join("\r\n")}\n\n`);
  const lines = TEXTS.map((body, i) => JSON.stringify({ id: `t${i}`, body, other: "x" }));
  await writeFile(at("texts.jsonl"), lines.join("\n"));
});

describe("nigh cluster", () => {
  it("prints clusters with size, words and central text, and says what it chose", async () => {
    const { code, stdout } = await nigh(["cluster", at("texts.txt")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/cluster\s+texts\s+words\s+most central text/u);
    expect(stdout).toMatch(/^ +0 +3 .*\n +1 +3 /mu);
    expect(stdout).toContain("cat");
    expect(stdout).toMatch(
      /6 texts of texts\.txt, 2 clusters, by kmeans .*best at k = 2: 0\.\d{3}/u,
    );
  });

  it.each([
    ["kmeans", ["-k", "2"]],
    ["community", ["--threshold", "0.25", "--min-size", "2"]],
    ["hierarchical", ["-k", "2", "--linkage", "average"]],
  ])("--method %s finds both topics, in JSON", async (method, flags) => {
    const found = await nighJson(["cluster", at("texts.jsonl"), "--method", method, ...flags]);
    expect(found).toMatchObject({
      source: "texts.jsonl",
      model: "all-MiniLM-L6-v2",
      method,
      texts: 6,
      unclustered: 0,
    });
    const ids = found.clusters.map((cluster: { ids: string[] }) => cluster.ids.toSorted());
    expect(ids.toSorted()).toEqual([
      ["t0", "t1", "t2"],
      ["t3", "t4", "t5"],
    ]);
    for (const { size, words, central, ids } of found.clusters) {
      expect(size).toBe(3);
      expect(words.length).toBeGreaterThan(0);
      expect(ids).toContain(central.id);
    }
  });

  it("reads tables, by the column of the texts", async () => {
    const table = ["title,label", ...TEXTS.map((text) => `"${text}",x`)].join("\n");
    await writeFile(at("table.csv"), table);
    const missing = await nigh(["cluster", at("table.csv"), "-k", "2"]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining("columns title, label"),
    ]);
    const found = await nighJson(["cluster", at("table.csv"), "-k", "2", "--text-field", "title"]);
    expect(found.clusters.map(({ size }: { size: number }) => size)).toEqual([3, 3]);
    expect(found.clusters[0].ids.length + found.clusters[1].ids.length).toBe(6);
  });

  it("writes CSV and a picture, in which texts are escaped, and counts texts in no cluster", async () => {
    const { code, stdout } = await nigh([
      ...["cluster", at("texts.txt"), "--method", "hdbscan", "--min-size", "5"],
      ...["--csv", at("out.csv"), "--plot", at("out.svg")],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("6 texts in none");
    const csv = await readFile(at("out.csv"), "utf8");
    expect(csv).toBe(
      `id,cluster,text\r\n${TEXTS.map((text, i) => `${i < 3 ? i + 1 : i + 2},,${text.includes(",") ? `"${text}"` : text}\r\n`).join("")}`,
    );
    const svg = await readFile(at("out.svg"), "utf8");
    expect(svg.match(/<circle/gu)?.length).toBe(6);
    expect(svg).toContain("&lt;at last&gt;");
    expect(svg).not.toContain("NaN");
  });

  it("takes the records of a collection with the vectors they have", async () => {
    const db = at("db");
    expect((await nigh(["index", at("texts.jsonl"), "--db", db])).code).toBe(0);
    const found = await nighJson(["cluster", "--db", db, "-k", "2"]);
    expect(found).toMatchObject({ source: "documents", model: "all-MiniLM-L6-v2", texts: 6 });
    expect(found.clusters.map(({ size }: { size: number }) => size)).toEqual([3, 3]);
    const twins = await nighJson(["duplicates", "--db", db, "--threshold", "-1"]);
    expect(twins.kept.length).toBe(1);
  });

  it.each<[string, string[], string]>([
    ["k above the texts", ["texts.txt", "-k", "7"], "k = 7 and 6 vectors"],
    ["a k that is none", ["texts.txt", "-k", "some"], 'Found "some"'],
    [
      "a flag of another method",
      ["texts.txt", "--threshold", "0.5"],
      "--method community and hierarchical",
    ],
    ["a hierarchy without an end", ["texts.txt", "--method", "hierarchical"], "found neither"],
    [
      "a threshold out of range",
      ["texts.txt", "--method", "community", "--threshold", "2"],
      "from -1 to 1",
    ],
    ["a file and a collection", ["texts.txt", "--collection", "x"], "expected one of them"],
    ["a model for a collection", ["", "--dtype", "int8"], "--dtype is for the texts of a file"],
  ])("%s is wrong use, exit 2", async (_, [file = "", ...flags], says) => {
    const { code, stderr, stdout } = await nigh(["cluster", ...(file ? [at(file)] : []), ...flags]);
    expect(stderr).toContain(says);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("fails with exit 1 where there is no file, no text or no database", async () => {
    await writeFile(at("empty.txt"), "\n\n");
    await writeFile(at("broken.jsonl"), '{"text": "a"}\n{"text": \n');
    for (const [args, says] of [
      [[at("missing.txt")], "cannot be read"],
      [[at("empty.txt")], "has no text"],
      [[at("broken.jsonl")], "broken.jsonl:2"],
      [["--db", at("nowhere")], "no database"],
      [[at("texts.txt"), "-k", "2", "--csv", at("no/such/folder.csv")], "cannot be written"],
    ] as const) {
      const { code, stderr } = await nigh(["cluster", ...args]);
      expect(stderr).toContain(says);
      expect(code).toBe(1);
    }
  });
});

describe("nigh classify", () => {
  it("gives each text a label, and counts them", async () => {
    const args = ["classify", at("texts.jsonl"), "--labels", "cats, finance"];
    const { code, stdout } = await nigh([...args, "--csv", at("labels.csv")]);
    expect(code).toBe(0);
    expect(stdout).toContain("6 texts: cats 3, finance 3");
    expect(await readFile(at("labels.csv"), "utf8")).toMatch(
      /^id,label,score,text\r\nt0,cats,0\.\d+,/u,
    );
    const found = await nighJson([...args, "--threshold", "0.99"]);
    expect(found.labels).toEqual(["cats", "finance"]);
    expect(found.texts.map(({ label }: { label: unknown }) => label)).toEqual(Array(6).fill(null));
  });

  it("refuses labels that are none, exit 2", async () => {
    for (const labels of ["", "a,,b", "a,a"]) {
      expect((await nigh(["classify", at("texts.txt"), "--labels", labels])).code).toBe(2);
    }
    expect((await nigh(["classify", at("texts.txt")])).code).toBe(2);
  });
});

describe("nigh duplicates", () => {
  it("says which texts repeat which, the most alike first", async () => {
    await writeFile(
      at("twice.txt"),
      ["A cat sleeps.", "It rains.", "A cat sleeps!", "It rains."].join("\n"),
    );
    const { code, stdout } = await nigh([
      "duplicates",
      at("twice.txt"),
      "--threshold",
      "0.9",
      "-k",
      "1",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1\.0000 +4 +It rains\. +2 +It rains\./mu);
    expect(stdout).toContain("and 1 more");
    expect(stdout).toContain("4 texts of twice.txt: 2 to keep, 2 near-duplicates");
  });
});
