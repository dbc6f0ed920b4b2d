import { PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { bare, onEachClient, onFolder } from "./collections/clients.js";

const BIG = 20_000;
const many = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

onEachClient((client) => {
  it("many adds at once are all stored, each id once", async () => {
    const notes = await bare(client());
    const batches = Array.from({ length: 40 }, (_, b) => many(25, `b${b}-`));
    const reports = await Promise.all(
      batches.map((ids, b) => notes.add({ ids, embeddings: ids.map((_, i) => [b, i]) })),
    );
    expect(reports.every(({ added }) => added === 25)).toBe(true);
    expect(await notes.count()).toBe(1000);
    // Batches come in the order of their calls.
    expect((await notes.get({ include: [] })).ids).toEqual(batches.flat());
  });

  it("adds of the same id at once: one is stored, the others report it", async () => {
    const notes = await bare(client());
    const reports = await Promise.all(
      Array.from({ length: 20 }, (_, i) => notes.add({ ids: ["same"], embeddings: [[i, 1]] })),
    );
    expect(reports.map(({ added }) => added).reduce((a, b) => a + b)).toBe(1);
    expect(reports.filter(({ skipped }) => skipped.includes("same"))).toHaveLength(19);
    expect(await notes.count()).toBe(1);
  });

  it("getOrCreateCollection at once makes one collection, createCollection lets one win", async () => {
    const options = { name: "notes", embeddingFunction: null };
    const made = await Promise.all(
      Array.from({ length: 20 }, () => client().getOrCreateCollection(options)),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, () => client().createCollection({ ...options, name: "other" })),
    );
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await client().countCollections()).toBe(2);
  });

  it("a query or get during a big write sees all of it or nothing", async () => {
    const notes = await bare(client());
    await notes.add({ ids: ["first"], embeddings: [[0, 1]], metadatas: [{ n: 0 }] });
    await notes.query({ queryEmbeddings: [[0, 1]] });
    const ids = many(BIG, "r");
    let done = false;
    const write = notes
      .add({ ids, embeddings: ids.map((_, i) => [i, 1]), metadatas: ids.map(() => ({ n: 1 })) })
      .finally(() => {
        done = true;
      });
    const seen = new Set<number>();
    let looks = 0;
    while (!done) {
      const [count, got, found] = await Promise.all([
        notes.count(),
        notes.get({ where: { n: 1 }, include: [] }),
        notes.query({ queryEmbeddings: [[1, 1]], nResults: BIG + 1, include: [] }),
      ]);
      seen
        .add(count)
        .add(got.ids.length + 1)
        .add(found.ids[0]?.length ?? -1);
      looks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await write;
    expect([...seen].every((count) => count === 1 || count === BIG + 1)).toBe(true);
    expect(await notes.count()).toBe(BIG + 1);
    expect(looks).toBeGreaterThan(0);
  });

  it("a failed write between others takes nothing with it", async () => {
    const notes = await bare(client());
    const writes = Array.from({ length: 30 }, (_, i) =>
      notes.add({ ids: [`r${i}`], embeddings: [i % 3 === 1 ? [1, 2, 3] : [i, 1]] }),
    );
    const settled = await Promise.allSettled(writes);
    for (const [i, { status }] of settled.entries()) {
      expect(status).toBe(i % 3 === 1 ? "rejected" : "fulfilled");
    }
    const expected = Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 3 !== 1);
    expect((await notes.get()).ids).toEqual(expected.map((i) => `r${i}`));
    expect((await notes.query({ queryEmbeddings: [[1, 0]], nResults: 50 })).ids[0]).toHaveLength(
      20,
    );
  });

  it("reads, writes and deletions of many collections at once do not mix", async () => {
    const work = Array.from({ length: 12 }, async (_, c) => {
      const notes = await bare(client(), { name: `notes-${c}` });
      for (let round = 0; round < 5; round++) {
        const ids = many(10, `c${c}-${round}-`);
        await notes.add({ ids, embeddings: ids.map((_, i) => [c + 1, i]) });
        await notes.delete({ ids: ids.slice(5) });
        const found = await notes.query({ queryEmbeddings: [[1, 0]], nResults: 100 });
        expect(found.ids[0]).toHaveLength(5 * (round + 1));
        expect(found.ids[0]?.every((id) => id.startsWith(`c${c}-`))).toBe(true);
      }
      if (c % 2 === 0) await client().deleteCollection({ name: notes.name });
    });
    await Promise.all(work);
    expect(await client().countCollections()).toBe(6);
  });

  it("a collection deleted during a write: the write is whole or refused", async () => {
    const notes = await bare(client());
    const ids = many(2000, "r");
    const write = notes.add({ ids, embeddings: ids.map((_, i) => [i, 1]) });
    const [written] = await Promise.allSettled([
      write,
      client().deleteCollection({ name: "notes" }),
    ]);
    if (written.status === "rejected")
      expect(written.reason).toMatchObject({ code: "ERR_NOT_FOUND" });
    else expect(written.value.added).toBe(2000);
    expect(await client().countCollections()).toBe(0);
  });
});

describe("PersistentClient", () => {
  onFolder((client, folder) => {
    it("the event loop turns while a big batch is written", async () => {
      const notes = await bare(client());
      const ids = many(BIG, "r");
      let turns = 0;
      let done = false;
      const count = () => {
        turns++;
        if (!done) setImmediate(count);
      };
      setImmediate(count);
      await notes.add({ ids, embeddings: ids.map((_, i) => [i, 1]) });
      done = true;
      expect(turns).toBeGreaterThan(20);
    });

    it("two clients of one process write at once, and see the same in the end", async () => {
      const second = new PersistentClient({ path: folder(), waitMs: 30_000 });
      const first = await bare(client());
      const other = await second.getCollection({ name: "notes", embeddingFunction: null });
      await Promise.all(
        [first, other].flatMap((notes, c) =>
          Array.from({ length: 30 }, (_, i) =>
            notes.add({
              ids: [`c${c}-${i}`, `shared-${i}`],
              embeddings: [
                [c, i],
                [c, i],
              ],
            }),
          ),
        ),
      );
      expect(await first.count()).toBe(90);
      const query = { queryEmbeddings: [[1, 1]], nResults: 200 };
      expect(await other.query(query)).toEqual(await first.query(query));
      await second.close();
    });

    it("a client that waits for another's write gives up after waitMs with ERR_BUSY, and nothing is written", async () => {
      const notes = await bare(client());
      const hurried = new PersistentClient({ path: folder(), waitMs: 0 });
      const same = await hurried.getCollection({ name: "notes", embeddingFunction: null });
      const ids = many(BIG, "r");
      const write = notes.add({ ids, embeddings: ids.map((_, i) => [i, 1]) });
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      await expect(same.add({ ids: ["x"], embeddings: [[1, 1]] })).rejects.toMatchObject({
        code: "ERR_BUSY",
        message: expect.stringMatching(/another process.*waitMs/u),
      });
      await write;
      expect(await same.add({ ids: ["x"], embeddings: [[1, 1]] })).toMatchObject({ added: 1 });
      expect(await notes.count()).toBe(BIG + 1);
      await hurried.close();
    });
  });
});
