import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { NighError, PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { databaseError, openSqlite } from "../src/store/sqlite.js";
import { bare, onFolder } from "./collections/clients.js";

const PAGE = 16_384;

describe("a file with a page of nonsense in it", () => {
  onFolder((client, folder) => {
    it("is answered from, or is an ERR_DATABASE that names nigh doctor, whichever page it is", async () => {
      const notes = await bare(client());
      const ids = Array.from({ length: 400 }, (_, i) => `r${i}`);
      await notes.add({
        ids,
        embeddings: ids.map((_, i) => new Float32Array(128).fill(i + 1)),
        documents: ids.map((id) => `${id} ${"text ".repeat(50)}`),
        metadatas: ids.map((_, i) => ({ n: i })),
      });
      await client().close();
      const path = join(folder(), "nigh.sqlite3");
      const pages = (await stat(path)).size / PAGE;
      expect(pages).toBeGreaterThan(20);
      const file = await open(path, "r+");
      const codes = new Set<string>();
      for (let page = 1; page < pages; page++) {
        const good = (await file.read(Buffer.alloc(PAGE), 0, PAGE, page * PAGE)).buffer;
        await file.write(Buffer.alloc(PAGE, 0xa5), 0, PAGE, page * PAGE);
        const errors = await readAll(folder());
        for (const error of errors) {
          expect(error).toBeInstanceOf(NighError);
          codes.add((error as NighError).code);
          if ((error as NighError).message.includes("malformed")) {
            expect((error as NighError).message).toContain("nigh doctor");
          }
        }
        await file.write(good, 0, PAGE, page * PAGE);
      }
      await file.close();
      expect(codes).toContain("ERR_DATABASE");
      expect(await readAll(folder())).toEqual([]);
    });
  });
});

it.each(["get", "all", "iterate"] as const)(
  "an error of SQLite's in %s is one of nigh's",
  (way) => {
    const db = openSqlite(":memory:");
    const statement = db.prepare("SELECT 1 LIMIT ?");
    let thrown: unknown;
    try {
      const rows = statement[way](1e300);
      if (way === "iterate") [...(rows as Iterable<unknown>)];
    } catch (error) {
      thrown = databaseError(error, "file.sqlite3");
    }
    db.close();
    expect(thrown).toMatchObject({
      name: "NighError",
      code: "ERR_DATABASE",
      message: "The database file.sqlite3: datatype mismatch.",
    });
  },
);

/** The errors of calls that read in all ways. */
async function readAll(path: string): Promise<unknown[]> {
  const errors: unknown[] = [];
  const attempt = async <T>(call: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await call();
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  };
  const client = await attempt(() => new PersistentClient({ path }));
  if (client === undefined) return errors;
  await attempt(() => client.listCollections());
  const notes = await attempt(() =>
    client.getCollection({ name: "notes", embeddingFunction: null }),
  );
  if (notes !== undefined) {
    await attempt(() => notes.get({ include: ["documents", "metadatas", "embeddings"] }));
    await attempt(() => notes.get({ where: { n: { $gt: 7 } } }));
    await attempt(() => notes.query({ queryEmbeddings: [new Float32Array(128).fill(1)] }));
  }
  await attempt(() => client.close());
  return errors;
}
