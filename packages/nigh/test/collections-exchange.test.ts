import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Collection, EphemeralClient, Float } from "nigh";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "./shared/temporary-folder.js";

const RECORDS = {
  ids: ["a", "b", "c"],
  embeddings: [
    [0.1, 0.2, -0.3],
    [1, 0, 0],
    [0, 1e-20, 5],
  ],
  documents: ["one", null, "three\nlines é 🦆"],
  metadatas: [
    { integer: 9007199254740993n, float: new Float(1), text: "x", list: [1, 2], yes: true },
    null,
    { only: "c" },
  ],
  uris: [null, "file:///b", null],
};

/** Vectors of three numbers that count letters. */
const counting = {
  name: "counting",
  getConfig: () => ({}),
  generate: async (texts: string[]) => texts.map((text) => [text.length, 1, 0]),
};

let client: EphemeralClient;
let collection: Collection;
let folder: string;
beforeEach(async () => {
  folder = temporaryFolder();
  client = new EphemeralClient();
  collection = await client.createCollection({
    name: "origin",
    metadata: { version: new Float(2), topic: "exchange" },
    configuration: { hnsw: { space: "l2", ef_search: 77 } },
    embeddingFunction: counting,
  });
  await collection.add(RECORDS);
});

describe.each(["jsonl", "parquet"])("export and importCollection by %s", (kind) => {
  it("carry all of a collection exactly, into another client", async () => {
    const path = join(folder, `all.${kind}`);
    expect(await collection.export(path)).toEqual({ records: 3 });
    const other = new EphemeralClient();
    const { collection: copy, ...counts } = await other.importCollection(path);
    expect(counts).toEqual({ added: 3, updated: 0, skipped: [], encoded: 0, truncated: 0 });
    for (const name of ["name", "metadata", "configuration", "embedder"] as const)
      expect(copy[name]).toEqual(collection[name]);
    const page = { limit: 10 };
    expect((await copy.readPage(page)).records).toEqual((await collection.readPage(page)).records);
    // Floats of the collection's own metadata are floats still: the copy's file is the same.
    const again = join(folder, `again.${kind}`);
    await copy.export(again);
    expect(await readFile(again)).toEqual(await readFile(path));
  });

  it("leave records that are there as they are, or make them what the file says", async () => {
    const path = join(folder, `some.${kind}`);
    await collection.export(path);
    const before = (await collection.readPage({ limit: 10 })).records;
    await collection.update({
      ids: ["a", "b"],
      documents: ["changed", "new"],
      metadatas: [{ more: 1 }, { more: 2 }],
    });
    await collection.delete({ ids: ["c"] });
    const kept = await client.importCollection(path);
    expect(kept).toMatchObject({ added: 1, updated: 0, skipped: ["a", "b"] });
    expect((await collection.get({ ids: ["a"] })).documents).toEqual(["changed"]);
    expect(await client.importCollection(path, { upsert: true })).toMatchObject({ updated: 3 });
    expect((await collection.readPage({ limit: 10 })).records).toEqual(before);
  });
});

describe("importCollection", () => {
  it("embeds records without a vector, and adopts another name", async () => {
    const path = join(folder, "plain.jsonl");
    await writeFile(path, '{"id": "x", "document": "four"}\n{"id": "y", "embedding": [1, 2, 3]}\n');
    const { collection: made, ...counts } = await client.importCollection(path, {
      name: "named",
      embeddingFunction: counting,
    });
    expect(counts).toMatchObject({ added: 2, encoded: 1 });
    const { embeddings } = await made.get({ include: ["embeddings"] });
    expect(embeddings?.map((vector) => [...vector])).toEqual([
      [4, 1, 0],
      [1, 2, 3],
    ]);
    await expect(client.importCollection(path)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringContaining('give "name"'),
    });
  });

  it.each([
    ["a line that is no JSON", "not json"],
    ["a record without document and embedding", '{"id": "z"}'],
    ["an empty id", '{"id": "", "document": "x"}'],
    ["a key that metadata cannot have", '{"id": "z", "document": "x", "metadata": {"$k": 1}}'],
    ["vectors of two lengths", '{"id": "z", "embedding": [1]}'],
  ])("writes nothing when the file has %s, and names the line", async (_, line) => {
    const path = join(folder, "bad.jsonl");
    await writeFile(path, `{"id": "x", "embedding": [1, 2, 3]}\n${line}\n`);
    const options = { name: "fresh", embeddingFunction: counting };
    await expect(client.importCollection(path, options)).rejects.toMatchObject({
      code: "ERR_FILE",
      message: expect.stringContaining("bad.jsonl:2"),
    });
    expect(await client.countCollections()).toBe(1);
  });

  describe("writes nothing when its last records cannot be written", () => {
    const mixed = async () => {
      const path = join(folder, "mixed.jsonl");
      const given = Array.from(
        { length: 600 },
        (_, i) => `{"id": "v${i}", "embedding": [${i}, 1, 2]}`,
      );
      const texts = ["a", "b"].map((id) => `{"id": "${id} text", "document": "text"}`);
      await writeFile(path, `${[...given, ...texts].join("\n")}\n`);
      return path;
    };
    const four = {
      name: "four",
      generate: async (texts: string[]) => texts.map(() => [1, 2, 3, 4]),
    };

    it.each([
      ["an embedder of another dimension than the vectors", four, "ERR_DIMENSION", '"four"'],
      ["no embedder for them", null, "ERR_INVALID_ARGUMENT", "mixed.jsonl:601"],
    ])("%s, into a new collection", async (_, embeddingFunction, code, says) => {
      const path = await mixed();
      const load = client.importCollection(path, { name: "fresh", embeddingFunction });
      await expect(load).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
      expect(await client.countCollections()).toBe(1);
    });

    it("into a collection that is there: of another dimension, or of another embedder", async () => {
      const path = await mixed();
      const wide = await client.createCollection({ name: "wide", embeddingFunction: null });
      await wide.add({ ids: ["w"], embeddings: [[1, 2, 3, 4, 5]] });
      const load = (name: string, embeddingFunction: typeof four | typeof counting) =>
        client.importCollection(path, { name, embeddingFunction });
      await expect(load("wide", counting)).rejects.toMatchObject({ code: "ERR_DIMENSION" });
      expect(await wide.count()).toBe(1);
      await expect(load("origin", { ...counting, name: "another" })).rejects.toMatchObject({
        code: "ERR_EMBEDDER",
      });
      expect(await collection.count()).toBe(3);
    });
  });

  it("and export refuse a path that is none", async () => {
    for (const call of [
      () => client.importCollection(5 as never),
      () => collection.export(5 as never),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: "NighError",
        code: "ERR_INVALID_ARGUMENT",
        message: expect.stringContaining("found the number 5"),
      });
    }
  });

  it("makes a record what the file says last of it", async () => {
    const path = join(folder, "twice.jsonl");
    const lines = ["one", "two"].map(
      (key) => `{"id": "a", "embedding": [1, 2, 3], "metadata": {"${key}": 1}}`,
    );
    await writeFile(path, `${lines.join("\n")}\n`);
    await client.importCollection(path, { name: "origin", upsert: true, embeddingFunction: null });
    expect((await collection.get({ ids: ["a"] })).metadatas).toEqual([{ two: 1 }]);
  });

  it("refuses a collection that is there with another space", async () => {
    const path = join(folder, "l2.jsonl");
    await collection.export(path);
    const other = new EphemeralClient();
    const there = await other.createCollection({ name: "origin", embeddingFunction: null });
    await expect(other.importCollection(path)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
      message: expect.stringMatching(/"cosine".*"l2"/),
    });
    expect(await there.count()).toBe(0);
  });

  it("refuses vectors of another embedder than those that are there", async () => {
    const path = join(folder, "other.jsonl");
    await collection.export(path);
    const other = new EphemeralClient();
    await other.createCollection({
      name: "origin",
      embeddingFunction: { ...counting, name: "another" },
    });
    await expect(other.importCollection(path)).rejects.toMatchObject({ code: "ERR_EMBEDDER" });
  });

  it("refuses unknown options with the nearest name", async () => {
    const options = { upsrt: true } as never;
    await expect(client.importCollection("x.jsonl", options)).rejects.toMatchObject({
      code: "ERR_UNKNOWN_OPTION",
      message: expect.stringContaining('Did you mean "upsert"?'),
    });
  });
});

describe("export", () => {
  it("writes no file when the collection changes meanwhile", async () => {
    await collection.add({
      ids: Array.from({ length: 2000 }, (_, i) => `n${i}`),
      embeddings: Array.from({ length: 2000 }, () => [1, 2, 3]),
    });
    const path = join(folder, "busy.jsonl");
    let wrote: Promise<unknown> | undefined;
    const exporting = collection.export(path, {
      onProgress: () => {
        wrote ??= collection.add({ ids: ["late"], embeddings: [[1, 2, 3]] });
      },
    });
    await expect(exporting).rejects.toMatchObject({ code: "ERR_BUSY" });
    await wrote;
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
