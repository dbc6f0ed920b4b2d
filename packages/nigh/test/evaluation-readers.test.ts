import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBeir, readLabelledPairs, readStsPairs } from "nigh";
import { describe, expect, it } from "vitest";
import { failureOf } from "./evaluation/golden.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const HEADER = "query-id\tcorpus-id\tscore\n";

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "qrels"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const CORPUS = `{"_id": "1", "title": "A title", "text": "and a text"}\n{"_id": "2", "text": ""}\n`;
const QUERIES = `\uFEFF{"_id": "q1", "text": "one"}\r\n\r\n{"_id": "q2", "text": "two"}`;
const GOOD = {
  "corpus.jsonl": CORPUS,
  "queries.jsonl": QUERIES,
  "qrels/test.tsv": `${HEADER}q1\t1\t2\nq1\t2\t-1\n`,
};

describe("readBeir", () => {
  it("reads queries, documents as title, space, text, and grades; line ends and a byte order mark of any kind", async () => {
    const set = await readBeir(folderOf(GOOD));
    expect([...set.corpus]).toEqual([
      ["1", "A title and a text"],
      ["2", ""],
    ]);
    expect([...set.queries.keys()]).toEqual(["q1", "q2"]);
    expect([...(set.relevantDocs.get("q1") ?? [])]).toEqual([
      ["1", 2],
      ["2", -1],
    ]);
  });

  it("takes the split that is named, else test, else the only one, else qrels.tsv", async () => {
    const one = `${HEADER}q2\t2\t1\n`;
    const both = folderOf({ ...GOOD, "qrels/dev.tsv": one });
    expect([...(await readBeir(both)).relevantDocs.keys()]).toEqual(["q1"]);
    expect([...(await readBeir(both, { split: "dev" })).relevantDocs.keys()]).toEqual(["q2"]);
    const { "qrels/test.tsv": _, ...texts } = GOOD;
    for (const name of ["qrels/dev.tsv", "qrels.tsv"]) {
      const set = await readBeir(folderOf({ ...texts, [name]: one }));
      expect([...set.relevantDocs.keys()], name).toEqual(["q2"]);
    }
    const several = folderOf({ ...texts, "qrels/dev.tsv": one, "qrels/train.tsv": one });
    expect((await failureOf(() => readBeir(several))).message).toMatch(
      /several splits, qrels\/dev\.tsv, qrels\/train\.tsv: name one/u,
    );
    expect((await failureOf(() => readBeir(both, { split: "x" }))).message).toMatch(
      /no qrels\/x\.tsv; of judgments there are: qrels\/dev\.tsv, qrels\/test\.tsv/u,
    );
  });

  const BROKEN: [string, Record<string, string | Uint8Array>, string][] = [
    ["no JSON", { "corpus.jsonl": `${CORPUS}{"_id": 3,` }, "corpus.jsonl:3: the line is not valid"],
    ["no object", { "queries.jsonl": "[]" }, "queries.jsonl:1: expected a JSON object"],
    ["no id", { "corpus.jsonl": '{"text": "x"}' }, 'corpus.jsonl:1: "_id" must be a string'],
    ["no text", { "queries.jsonl": '{"_id": "q1"}' }, 'queries.jsonl:1: "text" must be a string'],
    [
      "an id twice",
      { "corpus.jsonl": CORPUS + CORPUS },
      'corpus.jsonl:3: the id "1" is there twice',
    ],
    ["nothing", { "corpus.jsonl": "\n\n" }, "corpus.jsonl: the file is empty"],
    [
      "bytes that are no UTF-8",
      { "corpus.jsonl": Uint8Array.from([...Buffer.from(CORPUS), 0xff, 0x0a]) },
      "corpus.jsonl:3: the line is not valid UTF-8",
    ],
    ["another header", { "qrels/test.tsv": "q1\t1\t2\n" }, "test.tsv:1: expected the columns"],
    ["no number", { "qrels/test.tsv": `${HEADER}q1\t1\tyes\n` }, "test.tsv:2: expected an id"],
    ["too few columns", { "qrels/test.tsv": `${HEADER}q1 1 1\n` }, "test.tsv:2: expected an id"],
    [
      "an unknown document",
      { "qrels/test.tsv": `${HEADER}q1\t1\t1\nq1\t9\t1\n` },
      'test.tsv:3: there is no document "9" in corpus.jsonl',
    ],
    [
      "an unknown query",
      { "qrels/test.tsv": `${HEADER}q9\t1\t1\n` },
      'test.tsv:2: there is no query "q9" in queries.jsonl',
    ],
    [
      "a judgment twice",
      { "qrels/test.tsv": `${HEADER}q1\t1\t1\nq1\t1\t2\n` },
      'test.tsv:3: the document "1" is judged twice for the query "q1"',
    ],
    ["no judgments", { "qrels/test.tsv": HEADER }, "test.tsv: the file has no judgments"],
  ];
  it.each(BROKEN)("names file and line of %s", async (_, files, message) => {
    const folder = folderOf({ ...GOOD, ...files });
    const { code, message: found } = await failureOf(() => readBeir(folder));
    expect(code).toBe("ERR_FILE");
    expect(found).toContain(message);
  });

  it("says what is missing in a folder that is none of BEIR's", async () => {
    const { message } = await failureOf(() => readBeir(temporaryFolder()));
    expect(message).toContain("there is no corpus.jsonl: expected a folder in BEIR's layout");
  });
});

describe("readLabelledPairs and readStsPairs", () => {
  const fileOf = (name: string, text: string) => join(folderOf({ [name]: text }), name);

  it("read CSV with quotation marks and line feeds in fields, TSV, and JSON Lines, by either name of the columns", async () => {
    const csv = fileOf(
      "a.csv",
      '\uFEFFid,sentence1,sentence2,label\r\n1,"a ""b"", c","two\nlines",1\r\n2,x,y,0\r\n',
    );
    expect(await readLabelledPairs(csv)).toEqual([
      { sentence1: 'a "b", c', sentence2: "two\nlines", label: 1 },
      { sentence1: "x", sentence2: "y", label: 0 },
    ]);
    const tsv = fileOf("a.tsv", 'text1\ttext2\tscore\n6" pipe\t"quoted" word\t3.5\n');
    expect(await readStsPairs(tsv)).toEqual({
      sentences1: ['6" pipe'],
      sentences2: ['"quoted" word'],
      scores: [3.5],
    });
    const jsonl = fileOf("a.jsonl", '{"query": "q", "document": "d", "label": 0}\n');
    expect(await readLabelledPairs(jsonl)).toEqual([{ sentence1: "q", sentence2: "d", label: 0 }]);
  });

  const HEAD = "sentence1,sentence2,label\n";
  const BROKEN: [string, string, string][] = [
    ["a label of 2", `${HEAD}"a\nb",c,1\nd,e,2\n`, 'x.csv:4: "label" must be 1'],
    ["a record of two lines", `${HEAD}"a\nb",c,2\n`, 'x.csv:2: "label" must be 1'],
    ["an empty label", `${HEAD}a,b,\n`, 'x.csv:2: "label" must be 1'],
    ["an empty text", `${HEAD}a,b,1\n,b,1\n`, 'x.csv:3: "sentence1" must be a text'],
    ["too many columns", `${HEAD}a,b,1\na,b,c,1\n`, "x.csv:3: Invalid Record Length"],
    ["an open quotation mark", `${HEAD}a,"b,1\n`, "x.csv:"],
    ["another column", "a,b,label\nx,y,1\n", 'x.csv:2: there is no column "sentence1" or "text1"'],
    ["no rows", HEAD, "x.csv: the file has no pairs"],
  ];
  it.each(BROKEN)("name file and line of %s", async (_, text, message) => {
    const path = fileOf("x.csv", text);
    const { code, message: found } = await failureOf(() => readLabelledPairs(path));
    expect(code).toBe("ERR_FILE");
    expect(found).toContain(message);
  });
});
