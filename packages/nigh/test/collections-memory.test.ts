import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Collection, connect, EphemeralClient, Matrix, PersistentClient } from "nigh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AnyClient, bare } from "./collections/clients.js";
import { clustered } from "./collections/clustered.js";
import { refused } from "./collections/refused.js";
import { temporaryFolder } from "./shared/temporary-folder.js";
import { until } from "./shared/until.js";

const MIB = 2 ** 20;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes outside of JavaScript's heap, where vectors are: those of the whole process depend on its allocator. */
function bytesOfVectors(): number {
  collectGarbage();
  return process.memoryUsage().external;
}

async function add(notes: Collection, vectors: Matrix): Promise<void> {
  const ids = Array.from(vectors, (_, i) => `${i}`);
  await notes.add({ ids, embeddings: vectors });
}

async function filled(client: AnyClient, name: string, vectors: Matrix): Promise<Collection> {
  const notes = await bare(client, { name });
  await add(notes, vectors);
  return notes;
}

/** Looks at another collection now and then, until something holds. */
function whileUsing(other: Collection, holds: () => boolean): Promise<void> {
  return until(async () => {
    await other.query({ queryEmbeddings: [[1, 2]] });
    return holds();
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(["EphemeralClient", "PersistentClient"])(
  "%s: vectors that are not used leave memory",
  (kind) => {
    let client: AnyClient | undefined;
    const open = (indexMemoryBytes?: number) => {
      const options = indexMemoryBytes === undefined ? {} : { indexMemoryBytes };
      client =
        kind === "EphemeralClient"
          ? new EphemeralClient(options)
          : new PersistentClient({ path: temporaryFolder(), ...options });
      return client;
    };
    afterEach(() => client?.close());

    it("many collections take no more than indexMemoryBytes, and each answers when it is asked again", async () => {
      const vectors = clustered(1500, 384);
      const grown = async (enough: (bytes: number) => boolean, indexMemoryBytes?: number) => {
        const made = open(indexMemoryBytes);
        const all: Collection[] = [];
        for (let i = 0; i < 24; i++) all.push(await filled(made, `notes-${i}`, vectors));
        for (const notes of all) await notes.query({ queryEmbeddings: [vectors.row(3)] });
        // What is collected is given back a moment later.
        await until(() => enough(bytesOfVectors()));
        for (const notes of all) {
          const found = await notes.query({ queryEmbeddings: [vectors.row(7)], nResults: 1 });
          expect(found.ids).toEqual([["7"]]);
        }
        await made.close();
      };
      await grown((bytes) => bytes > 60 * MIB);
      await grown((bytes) => bytes < 40 * MIB, 10 * MIB);
    });

    it("with room for none, what is written between two questions is found by the second", async () => {
      const made = open(0);
      const [one, two] = [
        await filled(made, "one", Matrix.from([[1, 0]])),
        await filled(made, "two", Matrix.from([[1, 0]])),
      ];
      const where = { n: { $gte: 0 } };
      for (let i = 1; i < 20; i++) {
        for (const notes of [one, two]) {
          const record = { ids: [`r${i}`], embeddings: [[1, i]], metadatas: [{ n: i }] };
          await notes.add(record);
          const query = { queryEmbeddings: [[1, i]], nResults: 50 };
          const { ids } = await notes.query(query);
          expect(ids[0]?.[0]).toBe(`r${i}`);
          expect(ids[0]).toHaveLength(i + 1);
          expect((await notes.query({ ...query, where })).ids[0]).toHaveLength(i);
        }
      }
    });
  },
);

describe("PersistentClient: graphs that are not used leave memory", () => {
  let path: string;
  let client: PersistentClient;
  let big: Collection;
  let other: Collection;
  const vectors = clustered(8000, 512);
  const file = () => join(path, `${big.id}.graph`);

  beforeEach(async () => {
    path = temporaryFolder();
    client = new PersistentClient({ path, indexMemoryBytes: 0 });
    const configuration = { hnsw: { sync_threshold: 4000 } };
    big = await bare(client, { name: "big", configuration });
    await add(big, vectors);
    other = await filled(client, "other", Matrix.from([[1, 2]]));
  });
  afterEach(() => client.close());

  it("not while a graph is being built", async () => {
    await big.query({ queryEmbeddings: [vectors.row(0)] });
    await whileUsing(other, () => existsSync(file()));
    expect((await big.stats()).index).toMatchObject({ kind: "hnsw", inGraph: 8000 });
  });

  it("not before what has changed is saved: the graph is there when it is next used", async () => {
    await big.query({ queryEmbeddings: [vectors.row(0)] });
    await until(async () => !(await big.stats()).index.isBuilding);
    await until(() => existsSync(file()));
    const ids = Array.from({ length: 800 }, (_, i) => `${i}`);
    await big.update({ ids, embeddings: ids.map((_, i) => vectors.row(799 - i)) });
    const { mtimeMs } = statSync(file());
    await whileUsing(other, () => statSync(file()).mtimeMs > mtimeMs);
    // Until it has left for sure.
    const saved = performance.now();
    await whileUsing(other, () => performance.now() > saved + 500);
    expect((await big.stats()).index).toMatchObject({ kind: "hnsw", inGraph: 8000 });
    for (const i of [5, 700, 4000]) {
      const { ids: found } = await big.query({
        queryEmbeddings: [vectors.row(i)],
        nResults: 1,
      });
      expect(found).toEqual([[`${i < 800 ? 799 - i : i}`]]);
    }
  });
});

describe("where the process has no memory left", () => {
  const noMemory = () =>
    vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no memory");
    });

  it("a write that is stored is fulfilled, though its vectors cannot follow: they are read when they are next needed", async () => {
    const client = new EphemeralClient();
    const notes = await filled(client, "notes", clustered(10, 384));
    await notes.query({ queryEmbeddings: [new Float32Array(384).fill(1)] });
    const more = clustered(5000, 384);
    const ids = Array.from(more, (_, i) => `more${i}`);
    const memory = noMemory();
    expect(await notes.add({ ids, embeddings: more })).toMatchObject({ added: 5000 });
    expect(memory).toHaveBeenCalled();
    expect(await notes.count()).toBe(5010);
    const question = { queryEmbeddings: [more.row(4321)], nResults: 1 };
    await refused(() => notes.query(question), "ERR_OUT_OF_MEMORY");
    // A question that failed leaves nothing half done.
    await refused(() => notes.query(question), "ERR_OUT_OF_MEMORY");
    vi.restoreAllMocks();
    expect((await notes.query(question)).ids).toEqual([["more4321"]]);
    expect((await notes.query({ ...question, nResults: 9999 })).ids[0]).toHaveLength(5010);
    await client.close();
  });

  it("a graph that cannot be built is none: questions are answered exactly", async () => {
    const client = new EphemeralClient();
    const configuration = { hnsw: { sync_threshold: 2000 } };
    const notes = await bare(client, { configuration });
    const vectors = clustered(2500, 384);
    await add(notes, vectors);
    await notes.query({ queryEmbeddings: [vectors.row(0)] });
    const memory = noMemory();
    await until(async () => !(await notes.stats()).index.isBuilding);
    expect(memory).toHaveBeenCalled();
    expect((await notes.stats()).index).toMatchObject({ kind: "exact", exact: 2500 });
    const { ids } = await notes.query({ queryEmbeddings: [vectors.row(77)], nResults: 1 });
    expect(ids).toEqual([["77"]]);
    await client.close();
  });
});

it.each([-1, 1.5, "1 GB", null])(
  "indexMemoryBytes %s is refused by clients and connect",
  async (given) => {
    const indexMemoryBytes = given as number;
    const bad = ["ERR_INVALID_ARGUMENT", "indexMemoryBytes"] as const;
    await refused(async () => new EphemeralClient({ indexMemoryBytes }), ...bad);
    await refused(
      async () => new PersistentClient({ path: temporaryFolder(), indexMemoryBytes }),
      ...bad,
    );
    await refused(() => connect(":memory:", { indexMemoryBytes }), ...bad);
  },
);

it("indexMemoryBytes means nothing for a server", async () => {
  const open = () => connect("http://127.0.0.1:1", { indexMemoryBytes: 1 });
  await refused(open, "ERR_INVALID_ARGUMENT", '"indexMemoryBytes" means nothing for a server');
});
