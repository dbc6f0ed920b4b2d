import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ImportedRecord } from "../src/store/exchange/exchange.js";
import { readJsonl, writeJsonl } from "../src/store/exchange/jsonl-format.js";
import { Float } from "../src/store/metadata.js";
import {
  brokenTexts,
  EXAMPLES,
  exact,
  HEADER,
  headerFor,
  metadatas,
  readAll,
  records,
  texts,
} from "./exchange/records.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();
const path = join(folder, "notes.jsonl");

async function read(text: string | Uint8Array): Promise<ImportedRecord[]> {
  writeFileSync(path, text);
  return readAll(await readJsonl(path));
}

async function refusal(text: string | Uint8Array): Promise<string> {
  const error: unknown = await read(text).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ name: "NighError", code: "ERR_FILE" });
  return (error as Error).message.replace(path, "notes.jsonl");
}

async function written(): Promise<string> {
  await writeJsonl(() => EXAMPLES, path, HEADER);
  return readFileSync(path, "utf8");
}

describe("JSON Lines", () => {
  it("give records back exactly: kinds of numbers, odd texts, every bit of embeddings", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (wanted) => {
        const header = headerFor(wanted);
        expect(await writeJsonl(() => wanted, path, header)).toBe(wanted.length);
        const file = await readJsonl(path);
        expect(file.header).toEqual(header);
        expect(file.count).toBe(wanted.length);
        expect((await readAll(file)).map(exact)).toEqual(wanted.map(exact));
      }),
      { numRuns: 500 },
    );
  });

  it("keep halves of characters, as escapes", async () => {
    const parts = fc.oneof(brokenTexts, texts);
    await fc.assert(
      fc.asyncProperty(parts, parts, metadatas, async (text, key, metadata) => {
        const wanted = {
          id: text,
          document: text,
          metadata: { ...metadata, [key]: text },
          uri: text,
          embedding: Float32Array.of(1),
        };
        await writeJsonl(() => [wanted], path, headerFor([wanted]));
        expect((await readAll(await readJsonl(path))).map(exact)).toEqual([exact(wanted)]);
      }),
    );
  });

  it("hold numbers that other tools read: large integers as integers, floats with a point, few digits", async () => {
    const [header, first, second] = (await written()).split("\n");
    expect(header).toMatch(
      /^\{"nigh":"collection","version":1,"name":"notes",.*"dimension":3,"count":3 +\}$/u,
    );
    expect(first).toBe(
      '{"id":"first","document":"Über 😀\\nsecond line","uri":"file:///first.md","metadata":{"year":1999,"score":1.0,"big":4611686018427387905,"tags":["a","b"],"draft":true},"embedding":[0.1,-0,1.40129846e-45]}',
    );
    expect(second).toBe('{"id":"second","embedding":[1,-2.5,1.00000002e+30]}');
  });

  it("are read without a header, with any fields left out, blank lines, CRLF and a byte order mark", async () => {
    const found = await read(
      '\ufeff{"id":"a"}\r\n\r\n  \n{"id":"b","document":null,"embedding":null,"metadata":{"gone":null},"uri":null}\n{"id":"c","metadata":{"n":1e3,"m":-0},"embedding":[1,2.0,-0.0,9007199254740993]}',
    );
    const empty = { document: null, metadata: null, uri: null, embedding: null };
    expect(found).toEqual([
      { id: "a", ...empty, place: `${path}:1` },
      { id: "b", ...empty, place: `${path}:4` },
      {
        ...empty,
        id: "c",
        metadata: { n: new Float(1000), m: new Float(-0) },
        embedding: Float32Array.of(1, 2, -0, 9007199254740992),
        place: `${path}:5`,
      },
    ]);
    expect(await readJsonl(path)).toMatchObject({ header: null, count: null });
  });

  it.each([
    ["{", "notes.jsonl:1: the line is not valid JSON: Quoted object key or end of object"],
    ["[1]", "notes.jsonl:1: the line holds an array of length 1; expected an object"],
    ['{"document":"x"}', 'notes.jsonl:1: "id" is missing; expected a text.'],
    ['{"id":"a"}\n{"id":7}', 'notes.jsonl:2: "id" is the number 7; expected a text.'],
    [
      '{"id":"a","docment":"x"}',
      'unknown field "docment"; expected "id", "document", "uri", "metadata", "embedding". Did you mean "document"?',
    ],
    [
      '{"id":"a","year":1}',
      'unknown field "year"; expected "id", "document", "uri", "metadata", "embedding". Put other values into "metadata".',
    ],
    ['{"id":"a","id":"b"}', "Duplicate key 'id'"],
    ['{"id":"a","metadata":{"x":{"y":1}}}', '"metadata.x" has an object; expected a text'],
    ['{"id":"a","metadata":{"x":[1,"y"]}}', '"metadata.x" is a list of different kinds'],
    ['{"id":"a","metadata":{"x":[null]}}', '"metadata.x" has null in its list'],
    [
      '{"id":"a","metadata":{"x":9223372036854775808}}',
      '"metadata.x" has the bigint 9223372036854775808',
    ],
    ['{"id":"a","metadata":{"x":1e999}}', '"metadata.x" has the number Infinity'],
    ['{"id":"a","metadata":1.0}', '"metadata" is the number 1; expected an object'],
    [
      '{"id":"a","embedding":[1,"2"]}',
      'number 1 of "embedding" is the string "2"; expected a finite number',
    ],
    [
      '{"id":"a","embedding":[1e39]}',
      'number 0 of "embedding" is a Float; expected a finite number within the range of float32',
    ],
    ['{"id":"a","embedding":[]}', '"embedding" is an empty list'],
    [
      '{"id":"a","embedding":[1]}\n{"id":"b","embedding":[1,2]}',
      'notes.jsonl:2: "embedding" has 2 dimensions; expected 1',
    ],
    [
      '{"nigh":"collection","version":2}',
      "notes.jsonl:1: the header has version 2; expected 1. A newer nigh wrote the file",
    ],
    ['{"nigh":"other","version":1}', "notes.jsonl:1: the header is not one of a collection"],
    [Uint8Array.of(123, 34, 0xff), "notes.jsonl:1: the line is not valid UTF-8"],
  ])("that are %j are refused: what is wrong, where, and what to do", async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  it("that are not there are refused", async () => {
    await expect(readJsonl(join(folder, "none.jsonl"))).rejects.toMatchObject({
      code: "ERR_FILE",
      message: expect.stringContaining("none.jsonl: the file cannot be read: ENOENT"),
    });
  });

  it("with a header are refused where a record is missing or too many", async () => {
    const lines = (await written()).split("\n");
    expect(await refusal(lines.slice(0, 3).join("\n"))).toContain("found 2 records; expected 3");
    expect(await refusal([...lines, lines[2]].join("\n"))).toContain("found 4 records; expected 3");
    expect(await refusal([...lines, lines[0]].join("\n"))).toContain("a second header");
  });

  it("cut off at any byte are refused, or all records are there", async () => {
    const bytes = Buffer.from(await written());
    for (let length = 1; length < bytes.length - 1; length++) {
      const found = await outcome(bytes.subarray(0, length));
      // What is left of a header alone is no record.
      if (found !== "ERR_FILE") expect.fail(`${found} at ${length} bytes`);
    }
    expect(await outcome(bytes.subarray(0, -1))).toBe("3 records");
  });

  it("with any byte changed are refused, or hold as many records", async () => {
    const bytes = Buffer.from(await written());
    const results = new Set<string>();
    for (const [offset, byte] of bytes.entries()) {
      for (const value of [byte ^ 1, byte ^ 0x20, byte ^ 0x80, 0x0a, 0x22]) {
        bytes[offset] = value;
        results.add(await outcome(bytes));
      }
      bytes[offset] = byte;
    }
    expect([...results].sort()).toEqual(["3 records", "ERR_FILE"]);
  });

  it("replace a file only once all is written", async () => {
    writeFileSync(path, "before");
    async function* failing() {
      yield* EXAMPLES;
      throw new Error("the source failed");
    }
    await expect(writeJsonl(failing, path, HEADER)).rejects.toThrow("the source failed");
    await expect(
      writeJsonl(
        () => [{ ...EXAMPLES[1], id: "x", embedding: Float32Array.of(Infinity) } as never],
        path,
        HEADER,
      ),
    ).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: 'The embedding of the string "x" holds Infinity; expected finite numbers.',
    });
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["notes.jsonl"]);
    await expect(
      writeJsonl(() => EXAMPLES, join(folder, "none", "x.jsonl"), HEADER),
    ).rejects.toMatchObject({
      code: "ERR_FILE",
    });
  });

  it("of more than a chunk are read whole, whatever lines meet its borders", async () => {
    const [first] = EXAMPLES;
    const many = Array.from({ length: 3000 }, (_, i) => ({
      ...first,
      id: `id ${i}`,
      document: "é😀".repeat(i % 400),
    })) as typeof EXAMPLES;
    await writeJsonl(() => many, path, HEADER);
    expect((await readAll(await readJsonl(path))).map(exact)).toEqual(many.map(exact));
  });
});

async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    return `${(await read(bytes)).length} records`;
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
}
