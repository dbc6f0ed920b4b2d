import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { describe, expect, it } from "vitest";
import { readParquet } from "../src/store/exchange/parquet-reader.js";
import { countRows } from "../src/store/exchange/parquet-row-groups.js";
import { writeParquet } from "../src/store/exchange/parquet-writer.js";
import { Float, type Metadata } from "../src/store/metadata.js";
import type { StoredRecord } from "../src/store/record.js";
import {
  brokenTexts,
  EXAMPLES,
  exact,
  HEADER,
  headerFor,
  readAll,
  records,
} from "./exchange/records.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const folder = temporaryFolder();
const path = join(folder, "notes.parquet");

function withMetadata(...all: (Metadata | null)[]): StoredRecord[] {
  return all.map((metadata, i) => ({
    id: `${i}`,
    document: null,
    uri: null,
    metadata,
    embedding: Float32Array.of(i),
  }));
}

/** The file's bytes as hyparquet takes them. */
function bytes(): ArrayBuffer {
  return Uint8Array.from(readFileSync(path)).buffer;
}

/** The columns of metadata and their types, as another tool finds them. */
async function columnTypes(...all: (Metadata | null)[]): Promise<Record<string, string>> {
  await writeParquet(() => withMetadata(...all), path, { ...HEADER, dimension: 1 });
  const nodes = parquetSchema(parquetMetadata(bytes())).children.slice(5);
  return Object.fromEntries(
    nodes.map(({ element, children }) => [
      element.name,
      children.length > 0 ? `list of ${children[0]?.children[0]?.element.type}` : `${element.type}`,
    ]),
  );
}

describe("a Parquet file", () => {
  it("gives records back exactly: kinds of numbers, odd texts, every bit of embeddings", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (wanted) => {
        const header = headerFor(wanted);
        expect(await writeParquet(() => wanted, path, header)).toBe(wanted.length);
        const file = await readParquet(path);
        expect(file.header).toEqual(header);
        expect(file.count).toBe(wanted.length);
        expect((await readAll(file)).map(exact)).toEqual(wanted.map(exact));
      }),
      { numRuns: 300 },
    );
  });

  it("gives records back from many row groups", async () => {
    const many = Array.from({ length: 25_001 }, (_, i) => ({
      id: `id ${i}`,
      document: i % 3 ? `document ${i}` : null,
      uri: null,
      metadata: { year: i },
      embedding: Float32Array.of(i, -i, 0.1),
    }));
    await writeParquet(() => many, path, HEADER);
    expect(parquetMetadata(bytes()).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
      10_000, 10_000, 5_001,
    ]);
    expect((await readAll(await readParquet(path))).map(exact)).toEqual(many.map(exact));
  });

  it("has a typed column for each key of metadata whose values are of one kind", async () => {
    expect(
      await columnTypes(
        {
          year: 1,
          big: 2n ** 62n,
          score: new Float(1),
          draft: true,
          tag: "x",
          tags: ["x"],
          ns: [1, 2n ** 62n],
        },
        null,
        { score: 0.5, tags: [] },
      ),
    ).toEqual({
      year: "INT64",
      big: "INT64",
      score: "DOUBLE",
      draft: "BOOLEAN",
      tag: "BYTE_ARRAY",
      tags: "list of BYTE_ARRAY",
      ns: "list of INT64",
    });
    const rows = await parquetReadObjects({
      file: bytes(),
      columns: ["id", "big", "tags", "metadata"],
    });
    expect(rows).toEqual([
      { id: "0", big: 2n ** 62n, tags: ["x"], metadata: expect.stringContaining('"score":1.0') },
      { id: "1", big: null, tags: undefined, metadata: null },
      { id: "2", big: null, tags: [], metadata: '{"score":0.5,"tags":[]}' },
    ]);
  });

  it("has none for a key of several kinds, of a record's own name, or whose integers a float would change", async () => {
    expect(
      await columnTypes(
        {
          id: 1,
          metadata: 1,
          mixed: 1,
          shape: 1,
          both: 1,
          tooBig: 2n ** 53n + 1n,
          "\ufeffx": 1,
          none: [],
        },
        { id: 1, metadata: 1, mixed: "a", shape: [1], both: 0.5, tooBig: 0.5 },
      ),
    ).toEqual({ both: "DOUBLE" });
  });

  it("refuses halves of characters, which UTF-8 cannot hold", async () => {
    await fc.assert(
      fc.asyncProperty(
        brokenTexts,
        fc.constantFrom("id", "document", "uri", "value", "key", "item"),
        async (text, where) => {
          const [record] = withMetadata(
            where === "value"
              ? { a: text }
              : where === "key"
                ? { [text]: 1 }
                : where === "item"
                  ? { a: [text] }
                  : null,
          );
          const broken = {
            ...record,
            ...(["id", "document", "uri"].includes(where) ? { [where]: text } : {}),
          };
          await expect(
            writeParquet(() => [broken as StoredRecord], path, HEADER),
          ).rejects.toMatchObject({
            code: "ERR_INVALID_TEXT",
            message: expect.stringContaining("Export to .jsonl"),
          });
        },
      ),
    );
  });

  it("is replaced only once all is written", async () => {
    writeFileSync(path, "before");
    let calls = 0;
    function* failing() {
      yield* EXAMPLES;
      calls += 1;
      if (calls === 2) throw new Error("the source failed");
    }
    await expect(writeParquet(failing, path, HEADER)).rejects.toThrow("the source failed");
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["notes.parquet"]);
  });

  it("with a row group that memory would not hold is refused, with what to do", async () => {
    await writeParquet(() => EXAMPLES, path, HEADER);
    const metadata = parquetMetadata(bytes());
    expect(countRows("x.parquet", metadata, 9)).toBe(3);
    expect(() => countRows("x.parquet", metadata, 8)).toThrowError(
      expect.objectContaining({
        code: "ERR_FILE",
        message: expect.stringContaining(
          'x.parquet: a row group holds 9 values in the column "embedding"; expected at most 8',
        ),
      }),
    );
  });

  it("cut off anywhere is refused", async () => {
    await writeParquet(() => EXAMPLES, path, HEADER);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      const found = await outcome(whole.subarray(0, length));
      if (found !== "ERR_FILE") expect.fail(`${found} at ${length} bytes`);
    }
  });

  it("with any byte changed is refused, or the records are the same", async () => {
    await writeParquet(() => EXAMPLES, path, HEADER);
    const changed = readFileSync(path);
    const results = new Map<string, number>();
    for (const [offset, byte] of changed.entries()) {
      for (const value of [byte ^ 1, byte ^ 0x80]) {
        changed[offset] = value;
        const found = await outcome(changed);
        results.set(found, (results.get(found) ?? 0) + 1);
      }
      changed[offset] = byte;
    }
    expect([...results.keys()].sort()).toEqual(["ERR_FILE", "the same"]);
    // Changes that make it a file of another program: the name of the one that wrote it.
    expect(results.get("the same")).toBeLessThan(20);
  });
});

const WANTED = JSON.stringify(EXAMPLES.map(exact));

async function outcome(content: Uint8Array): Promise<string> {
  writeFileSync(path, content);
  try {
    const found = await readAll(await readParquet(path));
    return JSON.stringify(found.map(exact)) === WANTED ? "the same" : "other records";
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
}
