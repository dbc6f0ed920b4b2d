import { join } from "node:path";
import { PersistentClient } from "nigh";
import { expect, it } from "vitest";
import { openSqlite } from "../src/store/sqlite.js";
import { bare } from "./collections/clients.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

/** More than are read at a time. */
const COUNT = 300;
const DIMENSIONS = 64;

/** Bytes of every value, among them what no text may hold. */
const vector = (n: number) =>
  Float32Array.from({ length: DIMENSIONS }, (_, i) => (i === 0 ? n : Math.sin(n * DIMENSIONS + i)));

it.each(["UTF-8", "UTF-16le", "UTF-16be"])(
  "vectors are read as they were written, some of them removed, where SQLite keeps texts as %s",
  async (encoding) => {
    const path = temporaryFolder();
    const db = openSqlite(join(path, "nigh.sqlite3"));
    db.exec(`PRAGMA encoding = '${encoding}'; CREATE TABLE t (a); DROP TABLE t`);
    db.close();

    const numbers = Array.from({ length: COUNT }, (_, n) => n);
    const writer = new PersistentClient({ path });
    const written = await bare(writer, { configuration: { hnsw: { space: "l2" } } });
    await written.add({ ids: numbers.map(String), embeddings: numbers.map(vector) });
    await written.delete({ ids: numbers.filter((n) => n % 7 === 0).map(String) });
    await writer.close();

    const reader = new PersistentClient({ path });
    const read = await reader.getCollection({ name: "notes", embeddingFunction: null });
    const kept = numbers.filter((n) => n % 7 > 0);
    const { ids, distances } = await read.query({
      queryEmbeddings: kept.map(vector),
      nResults: 1,
      include: ["distances"],
    });
    expect(ids.flat()).toEqual(kept.map(String));
    expect(distances?.flat()).toEqual(kept.map(() => 0));
    await reader.close();
  },
);
