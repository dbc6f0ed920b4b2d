import { type CollectionsClient, connect, type RecordCollection, type Space } from "nigh";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { vectorOf } from "./collections/embedders.js";
import { distanceOf } from "./collections/oracle.js";
import { refused } from "./collections/refused.js";
import { TestPostgres } from "./remote/postgres.js";

const DIMENSION = 6;
const COUNT = 400;
/** From how many records on there is an index. */
const THRESHOLD = 300;

describe("collections in Postgres", () => {
  let postgres: TestPostgres;
  let client: CollectionsClient;
  beforeAll(async () => {
    postgres = await TestPostgres.start();
  });
  afterAll(() => postgres.close());
  beforeEach(async () => {
    await postgres.wipe();
    client = await connect(postgres.url);
  });
  afterEach(async () => {
    await client.close();
    await postgres.db.exec("RESET ALL");
  });

  const ids = Array.from({ length: COUNT }, (_, i) => `id-${i}`);
  /** Some without a length, which a cosine index does not hold. */
  const vectors = ids.map((id, i) =>
    i % 100 === 50 ? new Float32Array(DIMENSION) : vectorOf(id, DIMENSION),
  );

  async function many(space: Space): Promise<RecordCollection> {
    const notes = await client.createCollection({
      ...{ name: `notes-${space}`, embeddingFunction: null },
      configuration: { hnsw: { space, sync_threshold: THRESHOLD, ef_search: 40 } },
    });
    await notes.add({ ids, embeddings: vectors, metadatas: ids.map((_, i) => ({ i })) });
    return notes;
  }

  async function indexes(): Promise<string[]> {
    const { rows } = await postgres.db.query<{ name: string }>(
      "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'nigh' AND indexdef LIKE '%hnsw%'",
    );
    return rows.map(({ name }) => name);
  }

  it("are tables as their documentation says, which SQL can read", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    await notes.add({
      ids: ["a"],
      embeddings: [[1, 2, 3]],
      documents: ["text"],
      metadatas: [{ n: 1, f: 0.5, list: ["x"] }],
    });
    const { rows } = await postgres.db.query(
      "SELECT id, document, metadata->>'n' AS n, metadata, embedding::text FROM nigh.records_1",
    );
    expect(rows).toEqual([
      {
        ...{ id: "a", document: "text", n: "1", embedding: "[1,2,3]" },
        metadata: { n: 1, f: 0.5, list: ["x"] },
      },
    ]);
    const catalogue = await postgres.db.query(
      "SELECT name, space, dimension FROM nigh.collections",
    );
    expect(catalogue.rows).toEqual([{ name: "notes", space: "cosine", dimension: 3 }]);
  });

  it("get an index with the record that reaches their threshold, not before", async () => {
    const notes = await client.createCollection({
      ...{ name: "notes", embeddingFunction: null },
      configuration: { hnsw: { sync_threshold: 3 } },
    });
    await notes.add({ ids: ["a", "b"], embeddings: [[1], [2]] });
    expect(await indexes()).toEqual([]);
    await notes.add({ ids: ["c"], embeddings: [[3]] });
    expect(await indexes()).toEqual(["records_1_embedding"]);
    await notes.add({ ids: ["d"], embeddings: [[4]] });
    expect((await notes.query({ queryEmbeddings: [[1]] })).ids[0]?.length).toBe(4);
  });

  /** How often an index was walked through. */
  async function walks(): Promise<number> {
    await postgres.db.query("SELECT pg_stat_force_next_flush()");
    const { rows } = await postgres.db.query<{ scans: number }>(
      "SELECT idx_scan AS scans FROM pg_stat_user_indexes WHERE indexrelname = 'records_1_embedding'",
    );
    return Number(rows[0]?.scans);
  }

  it.each<Space>(["cosine", "l2", "ip"])(
    "with an index give as many as match, in order, with distances of space %s",
    async (space) => {
      const notes = await many(space);
      expect(await indexes()).toEqual(["records_1_embedding"]);
      // In so small a table Postgres would rather not. All connections of the test's Postgres are one session.
      await postgres.db.exec("SET enable_seqscan = off; SET enable_sort = off");
      const before = await walks();
      for (const [nResults, below] of [
        [10, COUNT],
        [COUNT, COUNT],
        [10, 12],
        [20, 3],
        [60, 200],
      ] as const) {
        for (const query of [vectorOf("q", DIMENSION), new Float32Array(DIMENSION)]) {
          const found = await notes.query({
            ...{ queryEmbeddings: [query], nResults },
            ...(below === COUNT ? {} : { where: { i: { $lt: below } } }),
          });
          const distances = found.distances?.[0] ?? [];
          expect(distances.length).toBe(Math.min(nResults, below));
          expect(new Set(found.ids[0]).size).toBe(distances.length);
          expect(distances).toEqual([...distances].sort((a, b) => a - b));
          const true_ = vectors.slice(0, below).map((vector) => distanceOf(space, query, vector));
          for (const [place, id] of (found.ids[0] ?? []).entries()) {
            const own = true_[ids.indexOf(id)] as number;
            expect(distances[place]).toBeCloseTo(own, 4);
          }
          const isWithoutLength = query.every((value) => value === 0);
          // All cosines are the same then: the order is that of adding.
          if (space === "cosine" && isWithoutLength) {
            expect(found.ids[0]).toEqual(ids.slice(0, distances.length));
          }
          // The walk through so small an index finds them all.
          const nearest = true_.sort((a, b) => a - b).slice(0, nResults);
          for (const [place, distance] of nearest.entries()) {
            expect(distances[place]).toBeCloseTo(distance, 4);
          }
        }
      }
      expect((await walks()) - before).toBeGreaterThanOrEqual(5);
    },
  );

  it("find by the index what was added, changed and deleted after it was made", async () => {
    const notes = await many("l2");
    const far = new Float32Array(DIMENSION).fill(100);
    await notes.add({ ids: ["far"], embeddings: [far] });
    await notes.update({ ids: ["id-5"], embeddings: [far.map((x) => x + 1)] });
    const near = async () => (await notes.query({ queryEmbeddings: [far], nResults: 2 })).ids;
    expect(await near()).toEqual([["far", "id-5"]]);
    await notes.delete({ ids: ["far"] });
    expect((await near())[0]?.[0]).toBe("id-5");
  });

  it("take what looks like SQL as text, in every place", async () => {
    const odd = `'; DROP TABLE nigh.collections; -- " $1 \\ %s`;
    const notes = await client.createCollection({
      ...{ name: "notes", embeddingFunction: null, metadata: { [odd]: odd } },
    });
    await notes.add({
      ...{ ids: [odd], embeddings: [[1]], documents: [odd], uris: [odd] },
      metadatas: [{ [odd]: odd, list: [odd, '{"a":1}', "NULL", ""] }],
    });
    const where = { $and: [{ [odd]: odd }, { list: { $contains: odd } }] };
    const found = await notes.get({
      where,
      whereDocument: { $contains: odd },
      include: ["metadatas", "documents", "uris"],
    });
    expect(found.rows()).toEqual([
      {
        ...{ id: odd, document: odd, uri: odd },
        metadata: { [odd]: odd, list: [odd, '{"a":1}', "NULL", ""] },
      },
    ]);
    expect((await client.getCollection({ name: "notes" })).metadata).toEqual({ [odd]: odd });
    await notes.update({ ids: [odd], metadatas: [{ [odd]: null }] });
    expect((await notes.get({ where: { [odd]: { $ne: odd } } })).ids).toEqual([odd]);
  });

  it("match regular expressions of RE2, which Postgres' own are not, in any number of documents", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    const names = Array.from({ length: 2345 }, (_, i) => `n${i}`);
    await notes.add({
      ids: names,
      embeddings: names.map(() => [1]),
      documents: names.map((name, i) => (i % 1111 === 7 ? `Größe ${name}` : `size ${name}`)),
      metadatas: names.map((_, i) => ({ i })),
    });
    const whereDocument = { $regex: "^\\p{Lu}\\p{L}+\\s\\w+\\z" };
    const expected = ["n7", "n1118", "n2229"];
    expect((await notes.get({ whereDocument })).ids).toEqual(expected);
    expect((await notes.get({ whereDocument, where: { i: { $gt: 1000 } } })).ids).toEqual(
      expected.slice(1),
    );
    const not = await notes.query({
      ...{ queryEmbeddings: [[1]], nResults: 3000 },
      whereDocument: { $not_regex: whereDocument.$regex },
    });
    expect(not.ids[0]?.length).toBe(names.length - expected.length);
  });

  it("write all of a call or nothing", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    await notes.add({ ids: ["a"], embeddings: [[1, 2]] });
    const thousand = Array.from({ length: 1001 }, (_, i) => `n${i}`);
    // The last record is for a table that refuses it.
    await postgres.db.exec("ALTER TABLE nigh.records_1 ADD CHECK (id <> 'n1000')");
    await refused(
      () => notes.add({ ids: thousand, embeddings: thousand.map(() => [1, 1]) }),
      "ERR_SERVER",
      "check constraint",
    );
    expect(await notes.count()).toBe(1);
    await refused(
      () =>
        notes.upsert({
          ids: ["b", "c"],
          embeddings: [
            [1, 2],
            [1, 2, 3],
          ],
        }),
      "ERR_DIMENSION",
    );
    expect((await notes.get()).ids).toEqual(["a"]);
  });

  it("take calls at once: each record is added once, and all are there", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        notes.add({
          ids: ["same", `own-${i}`],
          embeddings: [
            [i, 1],
            [i, 2],
          ],
        }),
      ),
    );
    expect(results.filter(({ skipped }) => skipped.length === 0).length).toBe(1);
    expect(await notes.count()).toBe(13);
  });

  it("are made once when several ask for them at once", async () => {
    await postgres.wipe();
    const clients = await Promise.all([1, 2, 3, 4].map(() => connect(postgres.url)));
    const made = await Promise.all(
      clients.map((each) => each.getOrCreateCollection({ name: "notes", embeddingFunction: null })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    for (const each of clients) await each.close();
  });

  it("of one tenant and database are not those of another", async () => {
    const other = await connect(postgres.url, { tenant: "acme", database: "archive" });
    await client.createCollection({ name: "notes", embeddingFunction: null });
    await other.createCollection({ name: "notes", embeddingFunction: null });
    expect([await client.countCollections(), await other.countCollections()]).toEqual([1, 1]);
    await other.deleteCollection({ name: "notes" });
    expect([await client.countCollections(), await other.countCollections()]).toEqual([1, 0]);
    await other.close();
  });

  it.each([
    ["55P03", "ERR_BUSY", "nothing was changed"],
    ["40P01", "ERR_BUSY", "nothing was changed"],
    ["53100", "ERR_DISK_FULL", "oh"],
    ["25006", "ERR_READ_ONLY", "oh"],
    ["57P01", "ERR_CONNECTION", "not reached"],
    ["XX000", "ERR_SERVER", "refuses"],
  ] as const)(
    "tell Postgres' error %s as %s, and the write is undone",
    async (state, code, says) => {
      const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
      await postgres.db.exec(`
      CREATE FUNCTION nigh.fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'oh' USING ERRCODE = '${state}'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON nigh.records_1 FOR EACH ROW WHEN (NEW.id = 'b')
        EXECUTE FUNCTION nigh.fail()`);
      const two = { ids: ["a", "b"], embeddings: [[1], [2]] };
      await refused(() => notes.add(two), code, says, state);
      expect(await notes.count()).toBe(0);
      await notes.add({ ids: ["a"], embeddings: [[1, 2]] });
      expect(await notes.count()).toBe(1);
    },
  );

  it("are not to be used after their client was closed", async () => {
    const other = await connect(postgres.url);
    const notes = await other.createCollection({ name: "notes", embeddingFunction: null });
    await other.close();
    await other.close();
    await refused(() => notes.count(), "ERR_CLOSED");
    await refused(() => notes.add({ ids: ["a"], embeddings: [[1]] }), "ERR_CLOSED");
  });

  it("that is not reached is ERR_CONNECTION, naming host and database, never the password", async () => {
    const error = await refused(
      () => connect("postgres://me:top-secret@127.0.0.1:1/db"),
      "ERR_CONNECTION",
      "postgres://127.0.0.1:1/db",
      "ECONNREFUSED",
    );
    expect(error.message).not.toContain("secret");
    const odd = await refused(
      () => connect("postgres://me:top secret#@:1:2/db"),
      "ERR_INVALID_ARGUMENT",
    );
    expect(odd.message).not.toContain("secret");
  });

  it("refuse vectors of more dimensions than pgvector has", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    await refused(
      () => notes.add({ ids: ["a"], embeddings: [new Float32Array(16_001).fill(1)] }),
      "ERR_DIMENSION",
      "16000",
    );
    await notes.add({ ids: ["a"], embeddings: [new Float32Array(4000).fill(1)] });
    expect(await notes.count()).toBe(1);
  });
});
