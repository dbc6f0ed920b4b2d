import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { doctor, Float, PersistentClient, type Problem } from "nigh";
import { describe, expect, it } from "vitest";
import { openSqlite } from "../src/store/sqlite.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { bytesOfFolder } from "./database/bytes-of-folder.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const FILE = "nigh.sqlite3";
const COUNT = 400;
const IDS = Array.from({ length: COUNT }, (_, i) => `id-${i}`);

/** A database of two tenants with three collections, of which the first is `records_1` and so on. */
async function filled(): Promise<string> {
  const path = temporaryFolder();
  const client = new PersistentClient({ path });
  const embedder = new SmallEmbedder("small", 8);
  const notes = await client.createCollection({
    name: "notes",
    metadata: { of: "many" },
    configuration: { hnsw: { space: "l2" } },
    embeddingFunction: embedder,
  });
  await notes.add({
    ids: IDS,
    documents: IDS.map((id, i) => `the document ${id} of winter${i % 7}`),
    metadatas: IDS.map((_, i) => ({
      i,
      half: new Float(i),
      tags: ["a", `t${i % 3}`],
      even: i % 2 === 0,
    })),
    uris: IDS.map((id) => `file:${id}`),
  });
  await notes.delete({ ids: ["id-3", "id-399"] });
  const mails = await client.createCollection({ name: "mails", embeddingFunction: null });
  await mails.add({
    ids: ["a", "b"],
    embeddings: [
      [1, 2],
      [3, 4],
    ],
  });
  await client.createTenant({ name: "other" });
  await client.createDatabase({ name: "space", tenant: "other" });
  await client.close();
  const second = new PersistentClient({ path, tenant: "other", database: "space" });
  const notes2 = await second.createCollection({ name: "notes", embeddingFunction: null });
  await notes2.add({ ids: ["x"], embeddings: [[1, 2, 3]], documents: ["alone"] });
  await second.close();
  return path;
}

function alter(path: string, ...sqls: string[]): void {
  for (const sql of sqls) {
    const db = openSqlite(join(path, FILE));
    // Node's own SQLite refuses to change the list of tables otherwise.
    (db as unknown as { enableDefensive?: (on: boolean) => void }).enableDefensive?.(false);
    db.exec(sql);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
  }
}

/** What every kind of reading shows. */
async function shown(path: string, tenant?: string) {
  const client = new PersistentClient({ path, ...(tenant ? { tenant, database: "space" } : {}) });
  const all: unknown[] = [];
  for (const { id, name, metadata, configuration, embedder } of await client.listCollections()) {
    const notes = await client.getCollection({ name, embeddingFunction: null });
    const include = ["documents", "metadatas", "embeddings", "uris"] as const;
    all.push({
      ...{ id, name, metadata, configuration, embedder },
      records: (await notes.get({ include })).rows(),
      even: (await notes.get({ where: { even: true }, include: [] })).ids,
      tags: (await notes.get({ where: { tags: { $contains: "t2" } }, include: [] })).ids,
      big: (await notes.get({ where: { half: { $gt: 390 } }, include: [] })).ids,
      winter: (await notes.search({ query: "winter3", mode: "keyword", limit: 500 })).map(
        (row) => row.id,
      ),
      near:
        (await notes.count()) < 100
          ? []
          : (await notes.query({ queryEmbeddings: [new Float32Array(8).fill(0.5)] })).ids,
    });
  }
  await client.close();
  return all;
}

const kinds = (problems: readonly Problem[]) => [
  ...new Set(
    problems.map(({ part, remedy, collection }) => `${collection ?? "-"}: ${part}, ${remedy}`),
  ),
];

describe("doctor", () => {
  it("finds nothing wrong with a sound database, and changes no byte of it", async () => {
    const path = await filled();
    const before = readFileSync(join(path, FILE));
    const { problems, collections, repaired } = await doctor({ path, repair: true });
    expect(problems).toEqual([]);
    expect(repaired).toEqual([]);
    expect(collections).toEqual([
      {
        name: "notes",
        tenant: "default_tenant",
        database: "default_database",
        records: COUNT - 2,
        dimension: 8,
      },
      {
        name: "mails",
        tenant: "default_tenant",
        database: "default_database",
        records: 2,
        dimension: 2,
      },
      { name: "notes", tenant: "other", database: "space", records: 1, dimension: 3 },
    ]);
    expect(readFileSync(join(path, FILE)).equals(before)).toBe(true);
  });

  it("compacts where it is asked to", async () => {
    const path = await filled();
    const client = new PersistentClient({ path });
    await client.deleteCollection({ name: "notes" });
    await client.close();
    const size = readFileSync(join(path, FILE)).length;
    const { problems, compacted } = await doctor({ path, compact: true });
    expect(problems).toEqual([]);
    const smaller = readFileSync(join(path, FILE)).length;
    expect(smaller).toBeLessThan(size);
    expect(compacted).toEqual({ freed: size - smaller });
  });

  const schema = "SELECT rootpage FROM sqlite_schema WHERE name = 'records_1_keys'";
  it.each<[string, string[], string]>([
    [
      "values that filters lack",
      ["DELETE FROM metadata_1 WHERE name = 'even' AND key < 50"],
      "notes: metadata, repair",
    ],
    [
      "values that no record has",
      ["INSERT INTO metadata_1 VALUES ('even', 0, 1, 5)"],
      "notes: metadata, repair",
    ],
    [
      "another kind of a value",
      ["UPDATE metadata_1 SET kind = 2 WHERE name = 'half' AND key = 395"],
      "notes: metadata, repair",
    ],
    ["the whole table of metadata", ["DROP TABLE metadata_1"], "notes: metadata, repair"],
    [
      "documents that keyword search lacks",
      ["DELETE FROM words_1 WHERE rowid < 50"],
      "notes: words, repair",
    ],
    [
      "other words than a document's",
      [
        "DELETE FROM words_1 WHERE rowid = 10; INSERT INTO words_1 (rowid, document) VALUES (10, 'the document id 10 of summer3')",
      ],
      "notes: words, repair",
    ],
    [
      "a damaged full-text index",
      ["UPDATE words_1_data SET block = x'00010203' WHERE id > 10"],
      "notes: words, repair",
    ],
    [
      "a gap in the journal",
      ["DELETE FROM journal_1 WHERE position = 2"],
      "notes: journal, repair",
    ],
    [
      "a journal that does not end where it should",
      ["UPDATE collections SET log_position = 99 WHERE number = 1"],
      "notes: journal, repair",
    ],
    ["changes that are none", ["UPDATE journal_1 SET change = 77"], "notes: journal, repair"],
    ["vectors of no record", ["INSERT INTO vectors_1 VALUES (3, x'00')"], "notes: vectors, repair"],
    [
      "a next key that is taken",
      ["UPDATE collections SET next_key = 7 WHERE number = 1"],
      "notes: catalogue, repair",
    ],
    [
      "half a way to another embedder",
      [
        `UPDATE collections SET next_embedder = '{"name":"n","fingerprint":"f","dimension":4}' WHERE number = 1`,
      ],
      "notes: vectors, repair",
    ],
    [
      "tables of a collection that is gone",
      ["CREATE TABLE records_77 (x); CREATE TABLE vectors_77 (x)"],
      "-: tables, repair",
    ],
    [
      "an index that lacks rows",
      [
        `PRAGMA writable_schema = ON; CREATE TABLE kept AS ${schema}; UPDATE sqlite_schema SET sql = 'CREATE INDEX records_1_keys ON records_1 (key) WHERE key < 0' WHERE name = 'records_1_keys'`,
        "REINDEX records_1_keys; DROP TABLE kept",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX records_1_keys ON records_1 (key)' WHERE name = 'records_1_keys'",
      ],
      "-: file, repair",
    ],
  ])("mends %s", async (_, sqls, expected) => {
    const path = await filled();
    const before = [await shown(path), await shown(path, "other")];
    alter(path, ...sqls);
    const examined = await doctor({ path });
    expect(kinds(examined.problems)).toContain(expected);
    expect(examined.problems.every(({ remedy }) => remedy === "repair")).toBe(true);
    // Another process has all of it in memory.
    const other = new PersistentClient({ path });
    const there = await other.getCollection({ name: "mails", embeddingFunction: null });
    await there.query({ queryEmbeddings: [[1, 1]] });
    const { repaired, problems } = await doctor({ path, repair: true });
    expect(problems).toEqual([]);
    expect(kinds(repaired)).toContain(expected);
    expect([await shown(path), await shown(path, "other")]).toEqual(before);
    await there.add({ ids: ["c"], embeddings: [[5, 6]] });
    await other.close();
    const client = new PersistentClient({ path });
    const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
    await notes.add({
      ids: ["new"],
      embeddings: [new Float32Array(8).fill(1)],
      metadatas: [{ even: true }],
    });
    expect((await notes.get({ where: { even: true }, include: [] })).ids).toContain("new");
    await client.close();
    expect((await doctor({ path })).problems).toEqual([]);
  });

  it("mends one of two collections of one name, and leaves the other, which is empty, as it is", async () => {
    const path = await filled();
    const place = { path, tenant: "other", database: "space" };
    const client = new PersistentClient(place);
    const empty = await client.getCollection({ name: "notes", embeddingFunction: null });
    await empty.delete({ ids: ["x"] });
    await client.close();
    const before = await shown(path, "other");
    alter(path, "UPDATE collections SET next_key = 5 WHERE number = 1");
    const { repaired, problems } = await doctor({ path, repair: true });
    expect(problems).toEqual([]);
    expect(kinds(repaired)).toContain("notes: catalogue, repair");
    expect(new Set(repaired.map(({ collectionId }) => collectionId)).size).toBe(1);
    expect(await shown(path, "other")).toEqual(before);
    const again = new PersistentClient(place);
    const notes = await again.getCollection({ name: "notes", embeddingFunction: null });
    await notes.add({ ids: ["y"], embeddings: [[1, 2, 3]] });
    expect((await notes.readPage({ after: 0, limit: 10 })).records).toHaveLength(1);
    await again.close();
  });

  it("a process that has a collection in memory sees what repairing took away", async () => {
    const path = await filled();
    const client = new PersistentClient({ path });
    const notes = await client.getCollection({ name: "notes", embeddingFunction: null });
    alter(path, `INSERT INTO metadata_1 VALUES ('ghost', 2, 'boo', 5)`);
    expect((await notes.get({ where: { ghost: "boo" }, include: [] })).ids).toEqual(["id-5"]);
    const query = { queryEmbeddings: [new Float32Array(8)], where: { ghost: "boo" } };
    expect((await notes.query(query)).ids).toEqual([["id-5"]]);
    await doctor({ path, repair: true });
    expect((await notes.query(query)).ids).toEqual([[]]);
    await client.close();
  });

  it.each<[string, string, string]>([
    ["a record without a vector", "DELETE FROM vectors_1 WHERE key = 10", "notes: vectors, saveTo"],
    [
      "a vector that is too short",
      "UPDATE vectors_1 SET vector = x'0000' WHERE key = 10",
      "notes: vectors, saveTo",
    ],
    [
      "a vector that is no number",
      "UPDATE vectors_1 SET vector = x'000000000000000000000000000000000000000000000000000000000000c07f' WHERE key = 10",
      "notes: vectors, saveTo",
    ],
    [
      "metadata that is no JSON",
      "UPDATE records_1 SET metadata = '{\"i\":' WHERE key = 10",
      "notes: records, saveTo",
    ],
    [
      "a text that is no UTF-8",
      "UPDATE records_1 SET document = CAST(x'41ff42' AS TEXT) WHERE key = 10",
      "notes: records, saveTo",
    ],
  ])(
    "tells of %s, and saves it as far as it goes, with everything else as it was",
    async (_, sql, expected) => {
      const path = await filled();
      const [before] = (await shown(path)) as [{ records: { id: string }[] }];
      alter(path, sql);
      const bytes = bytesOfFolder(path)[FILE];
      expect(kinds((await doctor({ path })).problems)).toContain(expected);
      const target = join(temporaryFolder(), "saved");
      const { saved } = await doctor({ path, saveTo: target });
      expect(bytesOfFolder(path)[FILE]).toBe(bytes);
      const [notes, mails, others] = saved?.collections ?? [];
      expect(notes?.partial).toHaveLength(1);
      expect(notes?.partial[0]?.id).toBe("id-10");
      expect(notes).toMatchObject({ name: "notes", lost: 0, lostIds: [] });
      expect([mails?.saved, others?.saved]).toEqual([2, 1]);
      const [after] = (await shown(target)) as [{ records: { id: string }[] }];
      const notTen = ({ id }: { id: string }) => id !== "id-10";
      expect(after.records.filter(notTen)).toEqual(before.records.filter(notTen));
      if (notes?.withoutVectors) {
        expect(notes.saved).toBe(COUNT - 3);
        const line = JSON.parse(readFileSync(notes.withoutVectors, "utf8"));
        expect(line).toMatchObject({
          id: "id-10",
          document: expect.stringMatching(/id-10/u),
          uri: "file:id-10",
        });
        expect(line.embedding).toBeUndefined();
      } else expect(notes?.saved).toBe(COUNT - 2);
      expect((await doctor({ path: target })).problems).toEqual([]);
    },
  );

  it("saves a sound database as it is: ids, order, tenants, embedder, and floats", async () => {
    const path = await filled();
    const target = join(temporaryFolder(), "saved");
    const { saved } = await doctor({ path, saveTo: target });
    expect(saved?.collections.map((one) => [one.saved, one.lost])).toEqual([
      [COUNT - 2, 0],
      [2, 0],
      [1, 0],
    ]);
    expect(await shown(target)).toEqual(await shown(path));
    expect(await shown(target, "other")).toEqual(await shown(path, "other"));
    const columns = "SELECT id, document, uri, metadata, hash FROM records_1 ORDER BY key";
    const [one, two] = [path, target].map((folder) => {
      const db = openSqlite(join(folder, FILE), { readOnly: true });
      const rows = db.prepare(columns).all();
      db.close();
      return rows;
    });
    expect(two).toEqual(one);
  });

  it("names the records that were on a page that is lost", async () => {
    const path = await filled();
    const db = openSqlite(join(path, FILE), { readOnly: true });
    const [page] = db
      .prepare(
        "SELECT pageno FROM dbstat WHERE name = 'records_1' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 1",
      )
      .all();
    db.close();
    const bytes = readFileSync(join(path, FILE));
    const at = (Number(page?.["pageno"]) - 1) * 16384;
    writeFileSync(join(path, FILE), bytes.fill(0, at, at + 16384));
    const { problems } = await doctor({ path });
    expect(problems.some(({ part, remedy }) => part === "file" && remedy === "saveTo")).toBe(true);
    const { repaired } = await doctor({ path, repair: true });
    expect(repaired).toEqual([]);
    expect(readFileSync(join(path, FILE)).equals(bytes)).toBe(true);
    const target = join(temporaryFolder(), "saved");
    const { saved } = await doctor({ path, saveTo: target });
    const notes = saved?.collections[0];
    expect(notes?.lost).toBeGreaterThan(10);
    expect(notes?.lost).toBeLessThan(COUNT - 10);
    expect(notes?.lostIds).toHaveLength(notes?.lost as number);
    expect((notes?.saved as number) + (notes?.lost as number)).toBe(COUNT - 2);
    const client = new PersistentClient({ path: target });
    const { ids } = await (
      await client.getCollection({ name: "notes", embeddingFunction: null })
    ).get();
    expect([...ids, ...(notes?.lostIds ?? [])].sort()).toEqual(
      IDS.filter((id) => id !== "id-3" && id !== "id-399").sort(),
    );
    await client.close();
  });

  it("refuses a folder without a database, a target that has one, unknown options", async () => {
    const path = await filled();
    await expect(doctor({ path: temporaryFolder() })).rejects.toMatchObject({
      code: "ERR_NOT_FOUND",
    });
    await expect(doctor({ path, saveTo: path })).rejects.toMatchObject({ code: "ERR_EXISTS" });
    await expect(doctor({ path, fix: true } as never)).rejects.toMatchObject({
      code: "ERR_UNKNOWN_OPTION",
    });
    await expect(doctor({ path: 7 } as never)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
    });
  });
});
