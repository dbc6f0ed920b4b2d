import type { Metadata, PersistentClient, Space, WhereDocument } from "nigh";
import { expect } from "vitest";
import { distanceOf } from "../collections/oracle.js";
import type { Batch, Columns, Values } from "./batches.js";
import { DIMENSION } from "./batches.js";
import { seededRandom } from "./seeded-random.js";

interface Kept {
  document: string | null;
  metadata: Record<string, unknown> | null;
  embedding: number[];
}

interface KeptCollection {
  readonly space: Space;
  readonly records: Map<string, Kept>;
}

/** What a database has to hold after some batches: plain maps. */
export class Model {
  readonly collections = new Map<string, KeptCollection>();

  static of(batches: Iterable<Batch>): Model {
    const model = new Model();
    for (const batch of batches) model.apply(batch);
    return model;
  }

  apply(batch: Batch): void {
    const { collection } = batch;
    const there = this.collections.get(collection);
    if (batch.verb === "create") {
      if (there !== undefined) return;
      this.collections.set(collection, { space: batch.space as Space, records: new Map() });
    } else if (batch.verb === "drop") this.collections.delete(collection);
    else if (there === undefined) return;
    else if (batch.verb === "delete") for (const id of batch.ids) there.records.delete(id);
    else write(there.records, batch.verb, batch.records);
  }

  /** What it is after one more batch. */
  after(batch: Batch): Model {
    const next = new Model();
    for (const [name, collection] of structuredClone(this.collections))
      next.collections.set(name, collection);
    next.apply(batch);
    return next;
  }

  /** All of it as plain data, collections by name. */
  dump(): Dump {
    return [...this.collections]
      .map(([name, { space, records }]) => ({
        name,
        space,
        records: [...records].map(([id, kept]) => ({ id, ...kept })),
      }))
      .sort(byName);
  }
}

export type Dump = {
  name: string;
  space: string;
  records: { id: string; document: string | null; metadata: object | null; embedding: number[] }[];
}[];

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function merged(old: Record<string, unknown> | null, changes: Values | undefined) {
  if (changes === undefined) return old;
  const all = Object.entries({ ...old, ...changes }).filter(([, value]) => value !== null);
  return all.length === 0 ? null : Object.fromEntries(all);
}

function write(kept: Map<string, Kept>, verb: "add" | "upsert" | "update", columns: Columns): void {
  const { ids, embeddings, documents, metadatas } = columns;
  for (const [i, id] of ids.entries()) {
    const old = kept.get(id);
    if (verb === "add" ? old !== undefined : verb === "update" && old === undefined) continue;
    kept.set(id, {
      document: documents?.[i] ?? old?.document ?? null,
      metadata: merged(old?.metadata ?? null, metadatas?.[i]),
      embedding: embeddings?.[i] ?? (old?.embedding as number[]),
    });
  }
}

/** Everything that a client shows, in the form of {@link Model.dump}. */
export async function dumpOf(client: PersistentClient): Promise<Dump> {
  const dump: Dump = [];
  for (const { name } of await client.listCollections()) {
    const collection = await client.getCollection({ name, embeddingFunction: null });
    const all = await collection.get({ include: ["documents", "metadatas", "embeddings"] });
    expect(await collection.count()).toBe(all.ids.length);
    dump.push({
      name,
      space: collection.configuration.hnsw.space,
      records: all.rows().map(({ id, document = null, metadata = null, embedding }) => ({
        id,
        document,
        metadata,
        embedding: [...(embedding as Float32Array)],
      })),
    });
  }
  return dump.sort(byName);
}

/** Which of some models a client shows; fails where it is none of them. Metadata keys may come in any order. */
export async function whichModel(
  client: PersistentClient,
  models: readonly Model[],
): Promise<number> {
  const found = await dumpOf(client);
  const at = models.findIndex((model) => sameDump(found, model.dump()));
  // Tells what differs.
  if (at < 0) expect(found).toEqual(models[0]?.dump());
  expect(at, "one of the states that may be there").toBeGreaterThanOrEqual(0);
  return at;
}

/** Whether two dumps say the same; keys of metadata may come in any order. */
export function sameDump(a: Dump, b: Dump): boolean {
  return JSON.stringify(sorted([...a].sort(byName))) === JSON.stringify(sorted(b));
}

function sorted(dump: Dump): unknown {
  return JSON.parse(JSON.stringify(dump), (_, value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** Queries, filters and searches by words give what a scan of the model gives. */
export async function expectAnswers(
  client: PersistentClient,
  model: Model,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  for (const [name, { space, records }] of model.collections) {
    const collection = await client.getCollection({ name, embeddingFunction: null });
    const all = [...records].map(([id, kept]) => ({
      id,
      ...kept,
      vector: Float32Array.from(kept.embedding),
    }));
    const idsWhere = (test: (record: (typeof all)[number]) => boolean) =>
      all.filter(test).map(({ id }) => id);
    const some = all[Math.floor(random() * all.length)];
    const batch = (some?.metadata as Metadata | undefined)?.["batch"] ?? 0;
    const word = some?.document?.match(/batch\d+/u)?.[0] ?? "batch0";
    const got = async (options: { where?: object; whereDocument?: WhereDocument }) =>
      (await collection.get({ ...(options as object), include: [] })).ids;
    expect(await got({ where: { batch } })).toEqual(
      idsWhere((r) => r.metadata?.["batch"] === batch),
    );
    expect(await got({ where: { tags: { $contains: "t1" } } })).toEqual(
      idsWhere((r) => (r.metadata?.["tags"] as string[] | undefined)?.includes("t1") ?? false),
    );
    expect(await got({ whereDocument: { $contains: word } })).toEqual(
      idsWhere((r) => r.document?.includes(word) ?? false),
    );
    const byWord = await collection.search({ query: word, mode: "keyword", limit: 1000 });
    expect(byWord.map(({ id }) => id).sort()).toEqual(
      idsWhere((r) => r.document?.match(/batch\d+/u)?.[0] === word).sort(),
    );
    for (let q = 0; q < 3; q++) {
      const query = Float32Array.from({ length: DIMENSION }, () => random() * 2 - 1);
      const where = q === 2 ? { even: true } : undefined;
      const passing = all.filter((r) => where === undefined || r.metadata?.["even"] === true);
      const answer = await collection.query({
        queryEmbeddings: [query],
        nResults: 15,
        ...(where ? { where } : {}),
      });
      const distances = new Map(passing.map((r) => [r.id, distanceOf(space, query, r.vector)]));
      const nearest = [...distances.values()].sort((a, b) => a - b).slice(0, 15);
      const ids = answer.ids[0] as string[];
      expect(ids).toHaveLength(nearest.length);
      for (const [i, id] of ids.entries()) {
        expect(answer.distances?.[0]?.[i]).toBeCloseTo(nearest[i] as number, 4);
        expect(distances.get(id)).toBeCloseTo(nearest[i] as number, 4);
      }
    }
  }
}
