import { appendFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDocuments } from "../src/ingest/read-documents.js";
import { LineSplitter } from "../src/shared/line-splitter.js";
import { folderOf, readOne } from "./ingest/files.js";

const jsonl = (...records: unknown[]): string => records.map((r) => JSON.stringify(r)).join("\n");

describe("a line of JSONL", () => {
  it("is a document: text, id, and the other fields as metadata", async () => {
    const record = { id: "d1", text: "Words.", year: 2020, open: true, by: "Ann", n: null };
    const { documents, problems, path } = await readOne("a.jsonl", jsonl(record));
    expect(problems).toEqual([]);
    expect(documents).toEqual([
      {
        type: "document",
        id: "d1",
        text: "Words.",
        metadata: { year: 2020, open: true, by: "Ann" },
        source: `${path}:1`,
      },
    ]);
  });

  it("keeps nested fields as JSON", async () => {
    const record = { text: "x", tags: ["a", "b"], place: { lat: 1.5 } };
    const { documents } = await readOne("a.ndjson", jsonl(record));
    expect(documents[0]?.metadata).toEqual({ tags: '["a","b"]', place: '{"lat":1.5}' });
  });

  it("keeps a number that JavaScript does not have as a string", async () => {
    const { documents } = await readOne("a.jsonl", '{"text":"x","n":1e999}');
    expect(documents[0]?.metadata).toEqual({ n: "Infinity" });
  });

  it("has its id in id, else _id, else it is file:line", async () => {
    const lines = jsonl(
      { text: "a", id: "x", _id: "y" },
      { text: "b", _id: "y" },
      { text: "c" },
      {
        text: "d",
        id: 7,
      },
    );
    const { documents, path } = await readOne("a.jsonl", lines);
    expect(documents.map((d) => d.id)).toEqual(["x", "y", `${path}:3`, "7"]);
    expect(documents[0]?.metadata).toEqual({ _id: "y" });
  });

  it.each(["text", "document", "content", "body", "abstract"])(
    "may have its text in %s",
    async (name) => {
      const { documents } = await readOne("a.jsonl", jsonl({ [name]: "Words.", other: "x" }));
      expect(documents).toMatchObject([{ text: "Words.", metadata: { other: "x" } }]);
    },
  );

  it("has its title before the text, and also as metadata", async () => {
    const { documents } = await readOne(
      "a.jsonl",
      jsonl(
        { title: "A Title", text: "Words." },
        { title: "Only", text: "" },
        { title: "", text: "x" },
      ),
    );
    expect(documents.map((d) => d.text)).toEqual(["A Title Words.", "Only", "x"]);
    expect(documents[0]?.metadata).toEqual({ title: "A Title" });
  });

  it("has text and id where the options say", async () => {
    const lines = jsonl({ text: "t", says: "s", key: "k", id: "i" }, { text: "t" }, { says: "s" });
    const options = { textField: "says", idField: "key" };
    const { documents, problems } = await readOne("a.jsonl", lines, options);
    expect(documents).toMatchObject([{ id: "k", text: "s", metadata: { text: "t", id: "i" } }]);
    expect(problems.map((p) => p.reason)).toEqual([
      'no text: found the fields "text"; expected "says"',
      'no id: expected "key"',
    ]);
  });

  it("may have fields that every JavaScript object has", async () => {
    const line = '{"text":"x","__proto__":"p","constructor":"c","toString":{"a":1}}';
    const { documents } = await readOne("a.jsonl", line);
    expect(Object.entries(documents[0]?.metadata ?? {})).toEqual([
      ["__proto__", "p"],
      ["constructor", "c"],
      ["toString", '{"a":1}'],
    ]);
    expect((await readOne("a.jsonl", "{}", { textField: "toString" })).problems).toHaveLength(1);
  });

  it.each([
    ["{text: 1}", /not valid JSON/],
    ['{"text":"a"} {"text":"b"}', /not valid JSON/],
    ['["a"]', /holds an array of length 1; expected a JSON object/],
    ['"words"', /holds the string "words"; expected a JSON object/],
    ["null", /holds null/],
    ["{}", /no text: found no fields; expected "text", "document", .* or "abstract"/],
    ['{"txt":"a","n":1}', /no text: found the fields "txt", "n"/],
    ['{"text":null}', /no text/],
    ['{"text":5}', /"text" is the number 5; expected a string/],
    ['{"text":"  "}', /"text" is empty/],
    ['{"text":"a \\ud83d"}', /"text" holds a lone surrogate/],
    ['{"text":"a","title":"\\ude00\\ud83d"}', /"title" holds a lone surrogate/],
    ['{"text":"a","k":"\\ud83d"}', /"k" holds a lone surrogate/],
    ['{"text":"a","\\ude00":"b"}', /"\\ude00" holds a lone surrogate/],
    ['{"text":"a","_id":"\\ud83d"}', /"_id" holds a lone surrogate/],
    ['{"text":"a","id":true}', /"id" is the boolean true; expected a string/],
    ['{"text":"a","id":12345678901234567890}', /"id" is the number .*; expected one of at most/],
    [`{"text":"a","n":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, /nested too deeply/],
  ])("that reads %.40s is a problem with its line, and the rest is read", async (line, reason) => {
    const { documents, problems, path } = await readOne(
      "a.jsonl",
      `{"text":"a"}\n\n${line}\n{"text":"b"}`,
    );
    expect(documents.map((d) => d.text)).toEqual(["a", "b"]);
    expect(problems).toEqual([
      {
        type: "problem",
        kind: "bad",
        source: path,
        line: 3,
        reason: expect.stringMatching(reason),
      },
    ]);
  });

  it("may hold whole surrogate pairs, escaped or not", async () => {
    const { documents } = await readOne("a.jsonl", '{"text":"\\ud83d\\ude00 😀"}');
    expect(documents[0]?.text).toBe("😀 😀");
  });

  it("over 64 MB is a problem, and the rest is read", async () => {
    const line = Buffer.concat([
      Buffer.from('{"text":"'),
      Buffer.alloc(64 * 2 ** 20, "a"),
      Buffer.from('"}'),
    ]);
    const file = Buffer.concat([
      Buffer.from('{"text":"a"}\n'),
      line,
      Buffer.from('\n{"text":"b"}\n'),
    ]);
    const { documents, problems } = await readOne("a.jsonl", file);
    expect(documents.map((d) => d.text)).toEqual(["a", "b"]);
    expect(problems).toMatchObject([
      { line: 2, reason: expect.stringMatching(/longer than 64 MB/) },
    ]);
  });
});

describe("a JSONL file", () => {
  it("may begin with a byte order mark and end its lines with \\r\\n", async () => {
    const { documents, problems } = await readOne(
      "a.jsonl",
      '\ufeff{"text":"a"}\r\n\r\n{"text":"b"}\r\n',
    );
    expect(documents.map((d) => d.text)).toEqual(["a", "b"]);
    expect(problems).toEqual([]);
  });

  it("that is not UTF-8 in one line has one problem", async () => {
    const bytes = Buffer.from('{"text":"a"}\n{"text":"caf\xe9"}\n{"text":"b"}', "latin1");
    const { documents, problems } = await readOne("a.jsonl", bytes);
    expect(documents.map((d) => d.text)).toEqual(["a", "b"]);
    expect(problems).toMatchObject([{ line: 2, reason: "the line is not valid UTF-8" }]);
  });

  it("that is binary has one problem, not one for each line", async () => {
    const { problems } = await readOne("a.jsonl", Buffer.from("\0\n\0\n\0\n"));
    expect(problems).toMatchObject([{ reason: expect.stringMatching(/binary/) }]);
  });

  it("is read as a stream: what is appended after the first document is found, too", async () => {
    const folder = folderOf({ "a.jsonl": '{"text":"words"}\n'.repeat(100_000) });
    const texts: string[] = [];
    for await (const found of readDocuments([folder])) {
      if (texts.length === 0) appendFileSync(join(folder, "a.jsonl"), '{"text":"last"}');
      texts.push(found.type === "document" ? found.text : found.reason);
    }
    expect(texts).toHaveLength(100_001);
    expect(texts.at(-1)).toBe("last");
  });
});

describe("LineSplitter", () => {
  it("gives the same lines whatever the borders of the chunks", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 8 }).map((s) => s.replaceAll("\n", ""));
    const property = fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (texts, step) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
      const splitter = new LineSplitter(1000);
      const lines = [];
      for (let i = 0; i < bytes.length; i += step)
        lines.push(...splitter.push(bytes.subarray(i, i + step)));
      lines.push(...splitter.end());
      expect(lines.map(({ number, bytes }) => [number, bytes?.toString()])).toEqual(
        texts.map((text, i) => [i + 1, text]),
      );
    });
    fc.assert(property);
  });

  it("gives no bytes for a line over its limit, and none of them to the next line", () => {
    const splitter = new LineSplitter(4);
    const lines = ["12", "34", "5\n12", "34\n", "123456"].flatMap((s) =>
      splitter.push(Buffer.from(s)),
    );
    expect([...lines, ...splitter.end()].map((l) => l.bytes?.toString())).toEqual([
      undefined,
      "1234",
      undefined,
    ]);
  });
});
