import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nigh, nighJson } from "./cli/run-nigh.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();
const place = (name: string) => join(folder, name);

const PAIRS = place("pairs.csv");
writeFileSync(
  PAIRS,
  `sentence1,sentence2,label
"cheap, clean hotel",affordable accommodation,1
a cat on the mat,a feline on the rug,1
a cat on the mat,quantum physics research,0
stock market crash,cooking recipes,0
mend the code,debug software,1
`,
);

const BEIR = place("beir");
mkdirSync(join(BEIR, "qrels"), { recursive: true });
writeFileSync(
  join(BEIR, "corpus.jsonl"),
  `{"_id": "ferry", "title": "Ferry", "text": "It is stuck in the ice."}
{"_id": "cat", "text": "A kitten sleeps on the piano."}
{"_id": "bank", "text": "Shares fell after the bank raised its rates."}
`,
);
writeFileSync(
  join(BEIR, "queries.jsonl"),
  `{"_id": "q1", "text": "a young cat at rest"}
{"_id": "q2", "text": "rates of the bank"}
{"_id": "q3", "text": "of another split"}
`,
);
writeFileSync(
  join(BEIR, "qrels/test.tsv"),
  "query-id\tcorpus-id\tscore\nq1\tcat\t2\nq1\tferry\t0\nq2\tbank\t1\n",
);

describe("nigh evaluate --pairs", () => {
  it("says of each pair whether it was judged as labelled at 0.5, and the accuracy", async () => {
    const { code, stdout } = await nigh(["evaluate", "--pairs", PAIRS]);
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("correct"))).toHaveLength(4);
    expect(lines.filter((line) => line.startsWith("WRONG"))).toEqual([
      expect.stringContaining("mend the code"),
    ]);
    expect(stdout).toContain("accuracy 0.8000 (4 of 5) at threshold 0.5, all-MiniLM-L6-v2 fp32");
    expect(stdout).toContain("cheap, clean hotel");
  });

  it("judges by another --threshold, and gives all figures as JSON", async () => {
    const found = await nighJson(["evaluate", "--pairs", PAIRS, "--threshold", "0.2"]);
    expect(found).toMatchObject({ threshold: 0.2, metrics: { accuracy: 1, f1: 1, ap: 1 } });
    expect(found.pairs[0]).toMatchObject({ label: 1, accepted: true, correct: true });
  });
});

describe("nigh evaluate --sts", () => {
  it("gives Spearman's and Pearson's correlation, and fails below --min", async () => {
    const file = place("sts.jsonl");
    const rows = [
      ["a cat on the mat", "a feline on the rug", 4.5],
      ["a cat on the mat", "a dog in the yard", 2],
      ["a cat on the mat", "shares fell", 0],
    ];
    const lines = rows.map(([sentence1, sentence2, score]) =>
      JSON.stringify({ sentence1, sentence2, score }),
    );
    writeFileSync(file, lines.join("\n"));
    const good = await nigh(["evaluate", "--sts", file, "--min", "spearman=0.9"]);
    expect(good.stdout).toMatch(/spearman_cosine +1\.0000/u);
    expect(good.stdout).toMatch(/reached +spearman +1\.0000 +0\.9/u);
    expect(good.code).toBe(0);
    const bad = await nigh(["evaluate", "--sts", file, "--min", "pearson_cosine=1.1"]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("BELOW");
    expect(bad.stderr).toMatch(/pearson_cosine is 0\.\d{4}, required is 1\.1/u);
  });
});

describe("nigh evaluate --beir", () => {
  it("measures the model's vectors under Python's keys", async () => {
    const found = await nighJson(["evaluate", "--beir", BEIR, "--min", "ndcg@3=0.5"]);
    expect(found).toMatchObject({ documents: 3, queries: 2, unjudged: 1, mode: "semantic" });
    expect(found.primaryMetric).toBe("cosine_ndcg@10");
    expect(found.metrics).toMatchObject({ "cosine_ndcg@10": 1, "cosine_ndcg@3": 1 });
    expect(found.minimums).toEqual([{ metric: "ndcg@3", atLeast: 0.5, value: 1, reached: true }]);
  });

  it("measures search by words without a model, and by both with a reranker", async () => {
    const words = await nigh(["evaluate", "--beir", BEIR, "--mode", "keyword"]);
    expect(words.stdout).toContain("no model, mode keyword");
    expect(words.stdout).toMatch(/ndcg +1\.0000/u);
    const reranker = join(import.meta.dirname, "fixtures/models/tiny-cross-bert");
    const flags = ["--mode", "hybrid", "--rerank", reranker, "--candidates", "2"];
    const both = await nighJson(["evaluate", "--beir", BEIR, ...flags]);
    expect(both).toMatchObject({ mode: "hybrid", rerank: reranker, primaryMetric: "ndcg@10" });
    expect(both.metrics["recall@10"]).toBe(1);
  });

  it("names file and line of what is wrong, exit 1", async () => {
    const broken = place("broken");
    mkdirSync(broken, { recursive: true });
    for (const name of ["corpus.jsonl", "queries.jsonl"])
      writeFileSync(join(broken, name), readFileSync(join(BEIR, name)));
    const judgments = join(broken, "qrels.tsv");
    writeFileSync(judgments, "query-id\tcorpus-id\tscore\nq1\tdog\t1\n");
    const { code, stderr } = await nigh(["evaluate", "--beir", broken]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${judgments}:2: there is no document "dog" in corpus.jsonl`);
  });
});

describe("nigh evaluate", () => {
  it.each([
    ["no data", [], "Found none, expected one of --beir"],
    ["a flag of other data", ["--sts", "a", "--mode", "hybrid"], "--mode is for --beir, not for"],
    ["a minimum that is none", ["--sts", "a", "--min", "0.5"], "expected METRIC=NUMBER"],
    ["an unknown figure", ["--beir", "a", "--min", "ndgc@10=1"], 'Did you mean "ndcg@10"?'],
  ])("refuses %s, exit 2", async (_, flags, message) => {
    const { code, stderr } = await nigh(["evaluate", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("says that a file is not there, exit 1", async () => {
    const { code, stderr } = await nigh(["evaluate", "--pairs", place("none.csv")]);
    expect(code).toBe(1);
    expect(stderr).toContain("none.csv cannot be read");
  });
});

describe("nigh calibrate", () => {
  it("finds a threshold by pairs, by which nigh search then rejects and says how probable answers are; refuses pairs of one label", async () => {
    const db = place("db");
    const notes = place("notes.jsonl");
    const texts = ["A kitten sleeps on the piano.", "Shares fell after the bank raised its rates."];
    writeFileSync(notes, texts.map((text, i) => JSON.stringify({ id: `${i}`, text })).join("\n"));
    expect((await nigh(["index", notes, "--db", db])).code).toBe(0);
    const search = ["search", "a young cat at rest", "--db", db, "--threshold", "calibrated"];
    const before = await nigh(search);
    expect(before.code).toBe(2);
    expect(before.stderr).toContain("nigh calibrate --pairs FILE");

    const { code, stdout } = await nigh(["calibrate", "--pairs", PAIRS, "--db", db]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/documents: an answer is what scores 0\.\d{4} or more \(best F1/u);
    expect(stdout).toContain("on these 5 pairs, 3 of which belong together: precision 1.0000");
    const shown = await nigh(search);
    expect(shown.stdout).toContain("kitten");
    expect(shown.stdout).toMatch(/\d+% probable/u);
    expect(shown.stdout).not.toContain("Shares");
    const { answers } = await nighJson(search);
    expect(answers).toHaveLength(1);
    expect(answers[0].probability).toBeGreaterThan(0.5);

    const same = place("same.csv");
    writeFileSync(same, "query,document,label\na,b,1\nc,d,1\n");
    const refused = await nigh(["calibrate", "--pairs", same, "--db", db]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("all 2 pairs have the label 1");
  });
});
