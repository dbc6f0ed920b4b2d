import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exchangeFormat } from "../src/store/exchange/exchange-format.js";
import { readParquet } from "../src/store/exchange/parquet-reader.js";
import { Float } from "../src/store/metadata.js";
import { EXAMPLES, exact, HEADER, readAll } from "./exchange/records.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const fixture = (name: string) => join(import.meta.dirname, "fixtures/exchange", name);
const folder = temporaryFolder();

async function read(name: string) {
  const file = await readParquet(fixture(name));
  const records = await readAll(file);
  return {
    header: file.header,
    count: file.count,
    records: records.map(({ place, ...record }) => record),
  };
}

describe("a file of another tool", () => {
  it("from pyarrow gives its columns as metadata, each with its kind of number", async () => {
    expect(await read("pyarrow.parquet")).toEqual({
      header: null,
      count: 3,
      records: [
        {
          id: "a",
          document: "text of a",
          uri: null,
          embedding: Float32Array.of(0.1, -0),
          metadata: {
            year: 2001,
            small: 1,
            score: new Float(1),
            half: 1.5,
            draft: true,
            tags: ["x", "y"],
          },
        },
        {
          id: "b",
          document: null,
          uri: null,
          embedding: null,
          metadata: { small: 2, score: 0.5, draft: false, tags: [] },
        },
        {
          id: "c",
          document: "Über 😀",
          uri: null,
          embedding: Float32Array.of(2 ** -149, 3),
          metadata: { year: 2n ** 62n + 1n, small: 255, half: new Float(2) },
        },
      ],
    });
  });

  it("from pandas, packed with gzip, is read", async () => {
    const { records } = await read("pandas.parquet");
    expect(records).toEqual([
      { id: "a", document: "one", uri: null, embedding: null, metadata: { year: new Float(2001) } },
      { id: "b", document: "two", uri: null, embedding: null, metadata: null },
    ]);
  });

  it("from polars, packed with zstd, is read, its float64 embeddings rounded to float32", async () => {
    const { records } = await read("polars.parquet");
    expect(records).toEqual([
      {
        id: "a",
        document: "one",
        uri: null,
        embedding: Float32Array.of(0.1, 0.2),
        metadata: { year: 2001 },
      },
      {
        id: "b",
        document: "two",
        uri: null,
        embedding: Float32Array.of(0.3, 0.4),
        metadata: { year: 2002 },
      },
    ]);
  });

  it("from DuckDB, with its type JSON, is read without loss", async () => {
    const { records } = await read("duckdb.parquet");
    expect(records).toEqual([
      {
        id: "a",
        document: "one",
        uri: null,
        embedding: Float32Array.of(0.25, -1.5),
        metadata: { year: 9007199254740993n, score: new Float(1), rank: 7 },
      },
    ]);
  });

  it("with a type that metadata cannot hold is refused: column and type", async () => {
    await expect(readParquet(fixture("timestamp.parquet"))).rejects.toMatchObject({
      code: "ERR_FILE",
      message: expect.stringContaining(
        'the column "written" is of type INT64 (TIMESTAMP); expected text',
      ),
    });
  });

  it.each(["pyarrow.parquet", "polars.parquet", "duckdb.parquet"])(
    "%s, with any byte changed, is read or refused, and no record is missing",
    async (name) => {
      const path = join(folder, name);
      const content = readFileSync(fixture(name));
      const { count } = await read(name);
      const results = new Set<string>();
      for (const [offset, byte] of content.entries()) {
        content[offset] = byte ^ (offset % 2 === 0 ? 1 : 0x80);
        writeFileSync(path, content);
        results.add(await outcome(path));
        content[offset] = byte;
      }
      expect([...results].sort()).toEqual([`${count} records`, "ERR_FILE"]);
    },
  );
});

describe("a file of nigh's version 1", () => {
  it.each(["nigh.jsonl", "nigh.parquet"])("%s is read", async (name) => {
    const file = await exchangeFormat(name).read(fixture(name));
    expect(file).toMatchObject({ header: HEADER, count: 3 });
    expect((await readAll(file)).map(exact)).toEqual(EXAMPLES.map(exact));
  });

  it("is read with its header when pyarrow wrote it anew, with fewer rows", async () => {
    const file = await readParquet(fixture("nigh-by-pyarrow.parquet"));
    expect(file).toMatchObject({ header: HEADER, count: 2 });
    expect((await readAll(file)).map(exact)).toEqual(EXAMPLES.slice(1).map(exact));
  });

  it("is refused when a column was changed and no longer says what metadata says", async () => {
    await expect(read("nigh-changed.parquet")).rejects.toMatchObject({
      code: "ERR_FILE",
      message: expect.stringContaining(
        'row 1: the column "year" has the number 1998, but "metadata" has the number 1999 for it.',
      ),
    });
  });
});

describe("the format", () => {
  it.each([
    ["notes.jsonl", "jsonl"],
    ["a/b.x/NOTES.NDJSON", "jsonl"],
    ["notes.parquet", "parquet"],
  ])("of %s is %s", (path, name) => {
    expect(exchangeFormat(path).name).toBe(name);
  });

  it.each(["notes.csv", "notes", "notes.toString", ".jsonl"])(
    "of %s is refused, with what is supported",
    (path) => {
      expect(() => exchangeFormat(path)).toThrowError(
        expect.objectContaining({
          code: "ERR_INVALID_ARGUMENT",
          message: expect.stringContaining(
            "expected a file that ends in .jsonl, .ndjson, .parquet.",
          ),
        }),
      );
    },
  );
});

async function outcome(path: string): Promise<string> {
  try {
    return `${(await readAll(await readParquet(path))).length} records`;
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
}
