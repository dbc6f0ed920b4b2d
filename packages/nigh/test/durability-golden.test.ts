import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { doctor, type EmbeddingFunction, PersistentClient, type Space, type Where } from "nigh";
import { describe, expect, it } from "vitest";
import { SCHEMA_VERSION } from "../src/store/schema.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { distanceOf } from "./collections/oracle.js";
import { seededRandom } from "./database/seeded-random.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

const FIXTURES = join(import.meta.dirname, "fixtures/databases");

interface Expected {
  readonly collections: readonly {
    id: string;
    name: string;
    metadata: object | null;
    configuration: { hnsw: { space: Space } };
    embedder: object | null;
    records: { id: string; embedding: number[] }[];
    filters: { filter: { where?: Where }; ids: string[] }[];
    words: { query: string; ids: string[] }[];
  }[];
}

function expectedOf(version: number): Expected {
  const text = readFileSync(join(FIXTURES, `v${version}/expected.json`), "utf8");
  return JSON.parse(text, (_, value) => {
    if (value?.$bigint !== undefined) return BigInt(value.$bigint);
    return value?.$minusZero ? -0 : value;
  }) as Expected;
}

function opened(version: number): string {
  const path = temporaryFolder();
  const packed = readFileSync(join(FIXTURES, `v${version}/nigh.sqlite3.gz`));
  writeFileSync(join(path, "nigh.sqlite3"), gunzipSync(packed));
  return path;
}

/** An embedder of the fixture's by its identity. */
function embedder(name: string, dimension: number): SmallEmbedder & EmbeddingFunction {
  return new SmallEmbedder(name, dimension) as SmallEmbedder & EmbeddingFunction;
}

for (let version = 1; version <= SCHEMA_VERSION; version++) {
  describe(`a database of schema version ${version}`, () => {
    it("is among the fixtures (made by test/fixtures/databases/make.mjs)", () => {
      expect(existsSync(join(FIXTURES, `v${version}/nigh.sqlite3.gz`))).toBe(true);
    });

    it("is read: every collection, record, filter, word and nearest record", async () => {
      const path = opened(version);
      const client = new PersistentClient({ path });
      const { collections } = expectedOf(version);
      expect((await client.listCollections()).map(({ name }) => name)).toEqual(
        collections.map(({ name }) => name),
      );
      const random = seededRandom(version);
      for (const expected of collections) {
        const { id, name, metadata, configuration, records, filters, words } = expected;
        const collection = await client.getCollection({ name, embeddingFunction: null });
        expect({
          id: collection.id,
          metadata: collection.metadata,
          embedder: collection.embedder,
        }).toEqual({
          id,
          metadata,
          embedder: expected.embedder,
        });
        expect(collection.configuration).toMatchObject(configuration);
        const all = await collection.get({
          include: ["documents", "metadatas", "embeddings", "uris"],
        });
        expect(
          all.rows().map((row) => ({ ...row, embedding: [...(row.embedding ?? [])] })),
        ).toEqual(records);
        for (const { filter, ids } of filters) {
          expect(
            (await collection.get({ ...filter, include: [] })).ids,
            JSON.stringify(filter),
          ).toEqual(ids);
        }
        for (const { query, ids } of words) {
          const rows = await collection.search({ query, mode: "keyword", limit: 100 });
          expect(rows.map((row) => row.id).sort(), query).toEqual(ids);
        }
        const d = records[0]?.embedding.length ?? 0;
        for (let q = 0; d > 0 && q < 5; q++) {
          const query = Float32Array.from({ length: d }, () => random() * 2 - 1);
          const { space } = configuration.hnsw;
          const nearest = records
            .map((record) => ({
              id: record.id,
              at: distanceOf(space, query, Float32Array.from(record.embedding)),
            }))
            .sort((a, b) => a.at - b.at)
            .slice(0, 7);
          const found = await collection.query({ queryEmbeddings: [query], nResults: 7 });
          expect(found.ids[0]).toEqual(nearest.map((one) => one.id));
          for (const [i, { at }] of nearest.entries())
            expect(found.distances?.[0]?.[i]).toBeCloseTo(at, 4);
        }
      }
      const acme = new PersistentClient({ path, tenant: "acme", database: "archive" });
      const notes = await acme.getCollection({ name: "notes", embeddingFunction: null });
      expect((await notes.get()).documents).toEqual(["the only one"]);
      await acme.close();
      await client.close();
      expect((await doctor({ path })).problems).toEqual([]);
    });

    it("is written to, and goes on where re-embedding stopped", async () => {
      const path = opened(version);
      const client = new PersistentClient({ path });
      const moving = await client.getCollection({
        name: "moving",
        embeddingFunction: embedder("first", 8),
      });
      expect(await moving.reembed(embedder("second", 6))).toMatchObject({ embedded: 2 });
      const peeked = await moving.peek();
      expect(peeked.embeddings?.map(({ length }) => length)).toEqual([6, 6, 6]);
      const notes = await client.getCollection({
        name: "notes",
        embeddingFunction: embedder("first", 8),
      });
      await notes.upsert({
        ids: ["note-0", "new"],
        documents: ["a changed boiler", "new river"],
        metadatas: [{ year: 2025 }, null],
      });
      await notes.delete({ where: { big: { $lt: 0 } } });
      expect((await notes.get({ where: { year: 2025 }, include: [] })).ids).toEqual(["note-0"]);
      expect((await notes.get({ include: [] })).ids).toEqual([
        "note-0",
        "note-1",
        "note-2",
        "note-4",
        "note-5",
        "note-7",
        "bare",
        "new",
      ]);
      await client.close();
      expect((await doctor({ path })).problems).toEqual([]);
    });
  });
}
