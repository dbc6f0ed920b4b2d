import { statSync } from "node:fs";
import { join } from "node:path";
import { type Collection, PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { bare, onEachClient, onFolder } from "./collections/clients.js";
import { seededRandom } from "./database/seeded-random.js";

const D = 384;
const random = seededRandom(11);

async function add(notes: Collection, first: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => `r${first + i}`);
  await notes.add({
    ids,
    embeddings: ids.map(() => Float32Array.from({ length: D }, random)),
    documents: ids.map((id) => `the document of ${id}`),
    metadatas: ids.map((_, i) => ({ n: first + i })),
  });
}

onEachClient((client) => {
  it("bytes of vectors are those of their numbers and little more; all parts together are less than the database", async () => {
    const notes = await bare(client());
    await add(notes, 0, 3000);
    const { records, dimension, bytes, database } = await notes.stats();
    expect({ records, dimension }).toEqual({ records: 3000, dimension: D });
    const numbers = 3000 * D * 4;
    expect(bytes.vectors).toBeGreaterThan(numbers);
    // In memory a page of 4 KB holds two of them.
    expect(bytes.vectors).toBeLessThan(1.4 * numbers);
    expect(bytes.memory).toBeGreaterThan(numbers);
    for (const part of [bytes.records, bytes.metadata, bytes.words]) {
      expect(part).toBeGreaterThan(3000 * 8);
      expect(part).toBeLessThan(numbers);
    }
    const parts = bytes.records + bytes.vectors + bytes.metadata + bytes.words;
    expect(database.file).toBeGreaterThan(parts);
    expect(database.file).toBeLessThan(1.1 * parts);
    expect(database.live + database.dead + database.slack).toBe(database.file);
    expect(database.dead).toBe(0);
  });

  it("bytes of each collection are its own", async () => {
    const names = ["one", "ten"];
    const [one, ten] = await Promise.all(names.map((name) => bare(client(), { name })));
    await add(one as Collection, 0, 200);
    await add(ten as Collection, 0, 2000);
    const [small, large] = [await (one as Collection).stats(), await (ten as Collection).stats()];
    for (const part of ["records", "vectors", "metadata", "words"] as const) {
      expect(large.bytes[part]).toBeGreaterThan(small.bytes[part]);
    }
    expect(large.bytes.vectors).toBeGreaterThan(8 * small.bytes.vectors);
    expect(small.database).toEqual(large.database);
  });

  it("whole pages of what is deleted are dead, parts of pages are slack, and compact() gives both back", async () => {
    const notes = await bare(client());
    await add(notes, 0, 3000);
    const full = await notes.stats();
    // Every page of vectors holds some still.
    await notes.delete({ ids: Array.from({ length: 1500 }, (_, i) => `r${2 * i}`) });
    const half = await notes.stats();
    expect(half.database.slack - full.database.slack).toBeGreaterThan(0.35 * full.bytes.vectors);
    const first = await notes.compact();
    const compacted = await notes.stats();
    expect(first.freed).toBe(half.database.file - compacted.database.file);
    expect(compacted.database.file).toBeLessThan(0.65 * full.database.file);
    expect(compacted.database.slack).toBeLessThan(0.5 * half.database.slack);
    expect(compacted.bytes.vectors).toBeLessThan(0.6 * full.bytes.vectors);
    await notes.delete({ ids: Array.from({ length: 700 }, (_, i) => `r${2 * i + 1}`) });
    const rest = await notes.stats();
    expect(rest.database.dead).toBeGreaterThan(0.9 * (700 * D * 4));
    const { freed } = await notes.compact();
    expect(freed).toBeGreaterThanOrEqual(rest.database.dead);
    expect((await notes.stats()).database.dead).toBe(0);
  });

  it("nothing is dead in a database from which nothing was deleted, and compact() does not promise what it cannot give", async () => {
    const notes = await bare(client());
    await add(notes, 0, 1);
    expect((await notes.stats()).database.dead).toBe(0);
    expect(await notes.compact()).toEqual({ freed: 0 });
  });

  it("each write counts at once, whatever its size", async () => {
    const notes = await bare(client());
    let before = (await notes.stats()).bytes.vectors;
    for (const [i, count] of [20, 2000, 20, 300].entries()) {
      await add(notes, i * 10_000, count);
      const { records, bytes } = await notes.stats();
      expect(bytes.vectors - before).toBeGreaterThan(0.9 * count * D * 4);
      before = bytes.vectors;
      expect(records).toBeGreaterThanOrEqual(count);
    }
  });
});

describe("PersistentClient", () => {
  onFolder((client, folder) => {
    it("the database's bytes are those of its file, and another client's writes count", async () => {
      const notes = await bare(client());
      const other = new PersistentClient({ path: folder() });
      const same = await other.getCollection({ name: "notes", embeddingFunction: null });
      await add(same, 0, 1000);
      const before = await notes.stats();
      expect(before.records).toBe(1000);
      expect(before.bytes.vectors).toBeGreaterThan(1000 * D * 4);
      await add(same, 1000, 1000);
      const after = await notes.stats();
      expect(after.bytes.vectors).toBeGreaterThan(1.9 * before.bytes.vectors);
      expect(after.database.log).toBe(statSync(join(folder(), "nigh.sqlite3-wal")).size);
      await other.close();
      await notes.compact();
      const { file, log } = (await notes.stats()).database;
      expect(file).toBe(statSync(join(folder(), "nigh.sqlite3")).size);
      expect(log).toBe(0);
    });

    it("others have turns while the pages are read, and closing meanwhile ends it", async () => {
      const notes = await bare(client());
      for (let first = 0; first < 20_000; first += 2000) await add(notes, first, 2000);
      await notes.query({ queryEmbeddings: [new Float32Array(D).fill(1)] });
      let turns = 0;
      let done = false;
      const count = () => {
        turns++;
        if (!done) setImmediate(count);
      };
      setImmediate(count);
      await notes.stats();
      done = true;
      expect(turns).toBeGreaterThan(0);
      await add(notes, 20_000, 1);
      const ended = expect(notes.stats()).rejects.toMatchObject({ code: "ERR_CLOSED" });
      await client().close();
      await ended;
    });
  });
});
