import { PersistentClient } from "nigh";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OtherProcess } from "./database/other-process.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const NOTES = { name: "notes", embeddingFunction: null };
const ROUNDS = 20;

describe("two processes on one path", () => {
  let path: string;
  let client: PersistentClient;
  const others: OtherProcess[] = [];

  function another(waitMs?: number): OtherProcess {
    const other = new OtherProcess(path, waitMs === undefined ? {} : { waitMs });
    others.push(other);
    return other;
  }

  beforeEach(() => {
    path = temporaryFolder();
    client = new PersistentClient({ path, waitMs: 300 });
  });
  afterEach(async () => {
    await Promise.all(others.splice(0).map((other) => other.end()));
    await client.close();
  });

  it("a writer waits for another process's transaction, and gives up after waitMs with ERR_BUSY and nothing written", async () => {
    const notes = await client.createCollection(NOTES);
    const other = another();
    await other.do("sql", "BEGIN IMMEDIATE");
    const start = performance.now();
    await expect(notes.add({ ids: ["a"], embeddings: [[1, 2]] })).rejects.toMatchObject({
      name: "NighError",
      code: "ERR_BUSY",
      message: expect.stringMatching(/another process.*0\.3 s.*waitMs/u),
    });
    expect(performance.now() - start).toBeGreaterThan(299);
    expect(await notes.count()).toBe(0);
    await other.do("sql", "COMMIT");
    expect(await notes.add({ ids: ["a"], embeddings: [[1, 2]] })).toMatchObject({ added: 1 });
  });

  it("a writer that waits goes on when the other process lets go", async () => {
    const patient = new PersistentClient({ path, waitMs: 60_000 });
    const notes = await patient.createCollection(NOTES);
    const other = another();
    await other.do("sql", "BEGIN IMMEDIATE");
    let done = false;
    const added = notes.add({ ids: ["a"], embeddings: [[1, 2]] }).finally(() => {
      done = true;
    });
    // Reading is not held up, and neither is the program.
    expect(await notes.count()).toBe(0);
    await other.do("sql", "SELECT 1");
    expect(done).toBe(false);
    await other.do("sql", "COMMIT");
    expect(await added).toMatchObject({ added: 1 });
    await patient.close();
  });

  it("compact waits as writes do, and gives up after waitMs with ERR_BUSY", async () => {
    const notes = await client.createCollection(NOTES);
    await notes.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["a text"] });
    const patient = new PersistentClient({ path, waitMs: 60_000 });
    const other = another();
    await other.do("sql", "BEGIN IMMEDIATE");
    const start = performance.now();
    await expect(client.compact()).rejects.toMatchObject({
      code: "ERR_BUSY",
      message: expect.stringMatching(/another process.*0\.3 s.*waitMs/u),
    });
    expect(performance.now() - start).toBeGreaterThan(299);
    let done = false;
    const compacted = patient.compact().finally(() => {
      done = true;
    });
    expect(await notes.count()).toBe(1);
    await other.do("sql", "SELECT 1");
    expect(done).toBe(false);
    await other.do("sql", "COMMIT");
    await compacted;
    await patient.close();
  });

  it("a process that writes without end lets another's writes through, each within 2.5 s", async () => {
    const patient = new PersistentClient({ path, waitMs: 2500 });
    const notes = await patient.createCollection(NOTES);
    const other = another();
    await other.do("open");
    await other.do("writeOn", "notes", 20_000);
    while ((await notes.count()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    for (let i = 0; i < 12; i++) {
      const added = await notes.add({ ids: [`own${i}`], embeddings: [[i, 2]] });
      expect(added).toMatchObject({ added: 1 });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await other.end();
    await patient.close();
  });

  it("two processes that write at once: every record of both is there", async () => {
    await client.createCollection(NOTES);
    const [one, two] = [another(60_000), another(60_000)];
    await Promise.all([one.do("open"), two.do("open")]);
    const write = async (other: OtherProcess, name: string) => {
      for (let round = 0; round < ROUNDS; round++) {
        const ids = [`${name}${round}`, `shared${round}`];
        const embeddings = ids.map(() => [round, 1]);
        await other.do("collection", "notes", "upsert", { ids, embeddings });
      }
    };
    await Promise.all([write(one, "one"), write(two, "two")]);
    const notes = await client.getCollection(NOTES);
    expect(await notes.count()).toBe(3 * ROUNDS);
    const found = await notes.query({ queryEmbeddings: [[1, 1]], nResults: 1000 });
    expect(new Set(found.ids[0]).size).toBe(3 * ROUNDS);
  });

  it(`a process sees every write of another at its next call, ${ROUNDS} times each way`, async () => {
    const notes = await client.createCollection(NOTES);
    const other = another();
    await other.do("open");
    const query = { queryEmbeddings: [[1, 0]], nResults: 100, include: ["metadatas"] as const };
    const filter = { where: { round: { $gte: 0 } }, include: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const record = (id: string) => ({
        ids: [id],
        embeddings: [[round + 1, round % 3]],
        metadatas: [{ round }],
        documents: [`round ${round}`],
      });
      await notes.upsert(record(`here${round % 7}`));
      expect(await other.do("collection", "notes", "count")).toBe(await notes.count());
      expect(await other.do("collection", "notes", "query", query)).toEqual(
        JSON.parse(JSON.stringify(await notes.query(query))),
      );
      await other.do("collection", "notes", "upsert", record(`there${round % 5}`));
      if (round % 4 === 3) await other.do("collection", "notes", "delete", { ids: ["here1"] });
      const seen = await notes.query({ ...query, include: ["metadatas"] });
      expect(JSON.parse(JSON.stringify(seen))).toEqual(
        await other.do("collection", "notes", "query", query),
      );
      expect((await notes.get({ ...filter, include: [] })).ids).toEqual(
        ((await other.do("collection", "notes", "get", filter)) as { ids: string[] }).ids,
      );
    }
  });

  it("a process in the middle of reading keeps its state while another commits, and even compacts", async () => {
    const notes = await client.createCollection(NOTES);
    const many = (prefix: string) => Array.from({ length: 300 }, (_, i) => `${prefix}${i}`);
    const add = (prefix: string) =>
      notes.add({ ids: many(prefix), embeddings: many(prefix).map((_, i) => [i, 1]) });
    await add("old");
    const other = another();
    const count = "SELECT count(*) AS n, min(id) AS first FROM records_1";
    await other.do("sql", "BEGIN");
    expect(await other.do("sql", count)).toEqual([{ n: 300, first: "old0" }]);
    await add("new");
    await notes.delete({ ids: many("old") });
    await client.compact();
    expect(await other.do("sql", count)).toEqual([{ n: 300, first: "old0" }]);
    expect(await notes.count()).toBe(300);
    await other.do("sql", "COMMIT");
    expect(await other.do("sql", count)).toEqual([{ n: 300, first: "new0" }]);
  });

  it("a collection that another process deletes is gone at the next call, even when there is a new one of its name", async () => {
    const notes = await client.createCollection(NOTES);
    await notes.add({ ids: ["a"], embeddings: [[1, 2]] });
    await notes.query({ queryEmbeddings: [[1, 2]] });
    const other = another();
    await other.do("open");
    await other.do("client", "deleteCollection", { name: "notes" });
    const gone = { code: "ERR_NOT_FOUND", message: expect.stringContaining('"notes" was deleted') };
    await expect(notes.count()).rejects.toMatchObject(gone);
    await expect(notes.query({ queryEmbeddings: [[1, 2]] })).rejects.toMatchObject(gone);
    await other.do("client", "createCollection", NOTES);
    await expect(notes.add({ ids: ["b"], embeddings: [[1, 2]] })).rejects.toMatchObject(gone);
    expect(await (await client.getCollection(NOTES)).count()).toBe(0);
  });

  it("a process that is killed in the middle of a transaction is in nobody's way, and nothing of it is there", async () => {
    const notes = await client.createCollection(NOTES);
    const other = another();
    await other.do("sql", "BEGIN IMMEDIATE");
    await other.do("sql", "DELETE FROM collections");
    await other.end();
    expect(await notes.add({ ids: ["a"], embeddings: [[1, 2]] })).toMatchObject({ added: 1 });
    expect(await client.countCollections()).toBe(1);
  });
});
