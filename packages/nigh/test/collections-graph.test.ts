import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Collection, doctor, Matrix, PersistentClient } from "nigh";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bare } from "./collections/clients.js";
import { clustered } from "./collections/clustered.js";
import { seededRandom } from "./database/seeded-random.js";
import { temporaryFolder } from "./shared/temporary-folder.js";
import { until } from "./shared/until.js";

const COUNT = 8000;
const vectors = clustered(COUNT, 512);
const ids = Array.from(vectors, (_, i) => `r${i}`);

let path: string;
let client: PersistentClient;
let notes: Collection;
const file = () => join(path, `${notes.id}.graph`);
const index = async () => (await notes.stats()).index;

async function make(embeddings: Matrix, hnsw = {}): Promise<void> {
  notes = await bare(client, { configuration: { hnsw: { sync_threshold: 4000, ...hnsw } } });
  await notes.add({ ids, embeddings });
}

async function built(): Promise<void> {
  await until(async () => !(await index()).isBuilding);
}

async function reopen(): Promise<void> {
  await client.close();
  client = new PersistentClient({ path });
  notes = await client.getCollection({ name: "notes", embeddingFunction: null });
}

beforeEach(() => {
  path = temporaryFolder();
  client = new PersistentClient({ path });
});
afterEach(() => client.close());

describe("a saved graph", () => {
  beforeEach(async () => {
    await make(vectors);
    await built();
    await until(() => existsSync(file()));
  });

  it("outlives changes of metadata in any number, of one call or of many", async () => {
    const other = ids.filter((_, i) => i % 2 === 0);
    const change = (some: string[], n: number) =>
      notes.update({ ids: some, metadatas: some.map(() => ({ n })) });
    for (let n = 0; n < 6; n++) {
      await change(other, n);
      expect((await index()).kind).toBe("hnsw");
    }
    for (let n = 0; n < 30; n++) {
      for (let from = 0; from < 2700; from += 900) await change(other.slice(from, from + 900), n);
      expect((await index()).kind).toBe("hnsw");
    }
    await reopen();
    expect(await index()).toMatchObject({ kind: "hnsw", inGraph: COUNT, isBuilding: false });
    const found = await notes.query({ queryEmbeddings: [vectors.row(9)], where: { n: 5 } });
    expect(found.ids[0]).toHaveLength(10);
    expect(await doctor({ path })).toMatchObject({ problems: [] });
  });

  it("keeps as many candidates as modify says, at once and when it is opened again", async () => {
    const { efSearch } = await index();
    const wider = { hnsw: { ef_search: efSearch + 100 } };
    await notes.modify({ configuration: wider });
    expect((await index()).efSearch).toBe(efSearch + 100);
    await reopen();
    expect((await index()).efSearch).toBe(efSearch + 100);
  });

  it("of a collection that is deleted while it is written leaves no file", async () => {
    const some = ids.slice(0, 800);
    await notes.update({ ids: some, embeddings: some.map((_, i) => vectors.row(799 - i)) });
    // Opened by another client, which does not know that the collection is deleted, and saves when it is closed.
    const other = new PersistentClient({ path });
    const same = await other.getCollection({ name: "notes", embeddingFunction: null });
    await same.query({ queryEmbeddings: [vectors.row(0)] });
    await same.update({ ids: some, embeddings: some.map((_, i) => vectors.row(i)) });
    const closing = client.close();
    await other.deleteCollection({ name: "notes" });
    await Promise.all([closing, other.close()]);
    client = new PersistentClient({ path });
    expect(readdirSync(path).filter((name) => name.includes(".graph"))).toEqual([]);
    expect(await doctor({ path })).toMatchObject({ problems: [] });
  });

  it("that a process left unfinished is swept by doctor and by compact, one that is being written is not", async () => {
    const leftover = `${file()}.${2 ** 31 - 2}-abc.new`;
    const current = `${file()}.${process.pid}-abc.new`;
    writeFileSync(current, "part");
    for (const sweep of [() => notes.compact(), () => doctor({ path, repair: true })]) {
      writeFileSync(leftover, "part");
      const { problems } = await doctor({ path });
      expect(problems.map(({ message }) => message)).toEqual([
        `${leftover} was left by a process that ended while it wrote it.`,
      ]);
      await sweep();
      expect(existsSync(leftover)).toBe(false);
    }
    expect(existsSync(current)).toBe(true);
    expect((await index()).kind).toBe("hnsw");
  });
});

it("modify of sync_threshold begins a graph where there are so many vectors", async () => {
  await make(vectors, { sync_threshold: 50_000 });
  expect(await index()).toMatchObject({ kind: "exact", isBuilding: false });
  await notes.modify({ configuration: { hnsw: { sync_threshold: 5000 } } });
  expect((await index()).isBuilding).toBe(true);
});

it("a graph that was of no use is not tried again when the collection is opened, but when it has other settings or twice as many vectors", async () => {
  const random = seededRandom(3);
  const d = 64;
  const noise = (count: number) =>
    Matrix.from(Array.from({ length: count }, () => Float32Array.from({ length: d }, random)));
  // Two links of each vector lead nowhere.
  await make(noise(COUNT), { max_neighbors: 2, ef_construction: 4 });
  await built();
  expect((await index()).kind).toBe("exact");
  await until(() => existsSync(file()));
  expect(statSync(file()).size).toBeLessThan(1000);
  await reopen();
  expect(await index()).toMatchObject({ kind: "exact", isBuilding: false });
  expect(await doctor({ path })).toMatchObject({ problems: [] });
  await notes.modify({ configuration: { hnsw: { ef_search: 200 } } });
  await reopen();
  expect((await index()).isBuilding).toBe(true);
  await built();
  await notes.add({ ids: ids.map((id) => `${id}+`), embeddings: noise(COUNT) });
  expect((await index()).isBuilding).toBe(true);
});
