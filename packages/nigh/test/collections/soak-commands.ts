import { fork } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { type Collection, EphemeralClient, Float, NighError, PersistentClient } from "nigh";
import { expect } from "vitest";
import { perform } from "./calls.mjs";
import type { AnyClient } from "./clients.js";
import { SmallEmbedder, vectorOf } from "./embedders.js";
import { DOCUMENTS, metadata, where, whereDocument } from "./filters.js";
import { type CollectionPlan, type Near, PlainCollection, type Row, type Write } from "./oracle.js";

/** All collections, in the order in which they were made. */
export class PlainDatabase {
  collections: PlainCollection[] = [];
  /** Of collections that were deleted. */
  readonly ghosts: Collection[] = [];
}

/** One database behind two clients, of which the second is opened when it is used; or one in memory. */
export class RealDatabase {
  readonly folder: string | undefined;
  /** How many writers may still be killed. */
  kills: number;
  readonly #clients: (AnyClient | undefined)[] = [];
  readonly #handles: Map<string, Collection>[] = [new Map(), new Map()];

  constructor(folder: string | undefined, kills: number) {
    this.folder = folder;
    this.kills = kills;
  }

  client(via: number): AnyClient {
    const place = this.folder === undefined ? 0 : via;
    this.#clients[place] ??=
      this.folder === undefined
        ? new EphemeralClient()
        : new PersistentClient({ path: this.folder, waitMs: 60_000 });
    return this.#clients[place];
  }

  /** A handle of a collection: the one that was used before, where there is one. */
  async collection(via: number, { id, name, embeds, d }: PlainCollection): Promise<Collection> {
    const handles = this.#handles[this.folder === undefined ? 0 : via] as Map<string, Collection>;
    const known = handles.get(id);
    if (known !== undefined) return known;
    const embeddingFunction = embeds ? new SmallEmbedder("small", d) : null;
    const opened = await this.client(via).getCollection({ name, embeddingFunction });
    handles.set(id, opened);
    return opened;
  }

  async reopen(via: number): Promise<void> {
    const place = this.folder === undefined ? 0 : via;
    await this.#clients[place]?.close();
    this.#clients[place] = undefined;
    this.#handles[place]?.clear();
  }

  async close(): Promise<void> {
    for (const via of [0, 1]) await this.reopen(via);
  }
}

type Command = fc.AsyncCommand<PlainDatabase, RealDatabase>;

const NAMES = ["notes", "books", "harbours", "a.b-c_d"] as const;
const PROGRAM = join(import.meta.dirname, "write-until-killed.mjs");

const via = fc.constantFrom(0, 0, 1);
const which = fc.nat(7);
const seed = fc.noBias(fc.nat(2 ** 31 - 1));

/** What a row is made of, whatever the collection's dimension. */
const rowPlan = fc.record({
  id: fc.oneof(
    { weight: 8, arbitrary: fc.nat(40).map((i) => `r${i}`) },
    fc.constantFrom("__proto__", "😀", "a'b\"c"),
  ),
  vector: fc.option(fc.nat(300), { freq: 8 }),
  document: fc.option(fc.constantFrom(...DOCUMENTS)),
  metadata: fc.option(metadata, { freq: 4 }),
  uri: fc.option(fc.constantFrom("file:a", "file:b"), { freq: 2 }),
});
type RowPlan = typeof rowPlan extends fc.Arbitrary<infer T> ? T : never;

const rowPlans = fc.oneof(
  { weight: 12, arbitrary: fc.uniqueArray(rowPlan, { selector: ({ id }) => id, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.array(rowPlan, { maxLength: 12 }) },
);
const filter = fc.record({
  ids: fc.option(
    fc.array(
      fc.nat(40).map((i) => `r${i}`),
      { maxLength: 15 },
    ),
    { nil: undefined, freq: 3 },
  ),
  where: fc.option(where, { nil: undefined, freq: 2 }),
  whereDocument: fc.option(whereDocument, { nil: undefined, freq: 2 }),
});
const writePlan = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ verb: fc.constantFrom("add", "upsert", "update"), rows: rowPlans }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("delete"),
      filter,
      limit: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
    }),
  },
);
type WritePlan =
  | { verb: "add" | "upsert" | "update"; rows: RowPlan[] }
  | { verb: "delete"; filter: object; limit?: number };

/** More rows than are written without a pause. */
const manyPlan = fc.record({
  seed,
  count: fc.integer({ min: 200, max: 1200 }),
  verb: fc.constantFrom("add", "upsert", "update"),
});
type ManyPlan = { seed: number; count: number; verb: "add" | "upsert" | "update" };

function manyOf(plain: PlainCollection, { seed, count, verb }: ManyPlan): Write {
  const rows = Array.from(
    { length: count },
    (_, i): Row => ({
      id: `many-${(seed % 5) * 100 + i}`,
      embedding: vectorFor(plain, (seed + i) % 1000),
      document: i % 7 === 0 ? (DOCUMENTS[i % DOCUMENTS.length] as string) : null,
      metadata: i % 3 === 0 ? { n: i % 4, s: `${seed % 10}` } : null,
      uri: null,
    }),
  );
  return { verb, rows };
}

export const collectionPlan: fc.Arbitrary<CollectionPlan> = fc.record({
  name: fc.constantFrom(...NAMES),
  space: fc.constantFrom("cosine", "l2", "ip"),
  d: fc.constantFrom(1, 3, 8),
  embeds: fc.boolean(),
  syncThreshold: fc.constantFrom(50_000, 50_000, 20),
});

/** Makes a collection whose name is free. */
export async function create(
  model: PlainDatabase,
  real: RealDatabase,
  via: number,
  plan: CollectionPlan,
): Promise<void> {
  const plain = new PlainCollection(plan);
  plain.id = (await createCollection(real, via, plan)).id;
  model.collections.push(plain);
}

function createCollection(
  real: RealDatabase,
  via: number,
  { name, space, d, embeds, syncThreshold }: CollectionPlan,
): Promise<Collection> {
  return real.client(via).createCollection({
    name,
    embeddingFunction: embeds ? new SmallEmbedder("small", d) : null,
    configuration: { hnsw: { space, sync_threshold: syncThreshold } },
  });
}

/** Small whole numbers, which make ties, and arithmetic without rounding; or any numbers. */
function vectorFor({ d, space }: PlainCollection, number: number): Float32Array {
  const any = vectorOf(`v${number}`, d);
  return space === "cosine" && number % 2 === 1 ? any : any.map((x) => Math.round(2 * x));
}

function writeOf(collection: PlainCollection, plan: WritePlan): Write {
  if (plan.verb === "delete") return plan as Write;
  const rows = plan.rows.map(
    ({ vector, ...rest }): Row => ({
      ...rest,
      embedding: vector === null ? null : vectorFor(collection, vector),
    }),
  );
  return { verb: plan.verb, rows };
}

/** Random calls; what they must do is asked of the plain database. */
export function commands(kills: boolean): fc.Arbitrary<Iterable<Command>> {
  const step = <T extends object>(
    name: string,
    parameters: { [K in keyof T]: fc.Arbitrary<T[K]> },
    run: (model: PlainDatabase, real: RealDatabase, chosen: T) => Promise<void>,
  ): fc.Arbitrary<Command> =>
    (fc.record(parameters) as fc.Arbitrary<T>).map((chosen) => ({
      check: () => true,
      toString: () => `${name}(${fc.stringify(chosen)})`,
      run: (model, real) => run(model, real, chosen),
    }));
  /** A step on a collection, if there is one. */
  const onCollection = <T extends object>(
    name: string,
    parameters: { [K in keyof T]: fc.Arbitrary<T[K]> },
    run: (
      plain: PlainCollection,
      collection: Collection,
      chosen: T & { via: number },
      model: PlainDatabase,
      real: RealDatabase,
    ) => Promise<void>,
  ): fc.Arbitrary<Command> =>
    step<{ via: number; which: number }>(
      name,
      { via, which, ...parameters } as never,
      async (model, real, chosen) => {
        const { collections } = model;
        if (collections.length === 0) return;
        const plain = collections[chosen.which % collections.length] as PlainCollection;
        const collection = await real.collection(chosen.via, plain);
        await run(plain, collection, chosen as never, model, real);
      },
    );

  const write = onCollection<{ plan: WritePlan }>(
    "write",
    { plan: writePlan as fc.Arbitrary<WritePlan> },
    async (plain, collection, { plan }) => {
      const made = writeOf(plain, plan);
      const expected = plain.apply(made);
      await expectOutcome(() => perform(collection, made), expected);
      expect(await collection.count()).toBe(plain.records.size);
    },
  );
  const query = onCollection<{ vectors: number[]; k: number; filter: object }>(
    "query",
    {
      vectors: fc.array(fc.nat(300), { minLength: 1, maxLength: 3 }),
      k: fc.integer({ min: 1, max: 60 }),
      filter,
    },
    async (plain, collection, { vectors, k, filter }) => {
      const queries = vectors.map((number) => vectorFor(plain, number));
      const found = await collection.query({
        queryEmbeddings: queries,
        nResults: k,
        ...filter,
        include: ["distances", "metadatas", "documents", "embeddings"],
      });
      for (const [q, vector] of queries.entries()) {
        const rows = found.rows()[q] ?? [];
        expectNearest(plain, rows as never, plain.nearest(vector, filter), k);
        for (const row of rows) {
          const { embedding, document, metadata } = plain.records.get(row.id) as never;
          expect(row).toMatchObject({ embedding, document, metadata });
        }
      }
    },
  );
  const all: fc.Arbitrary<Command>[] = [
    ...Array.from({ length: 6 }, () => write),
    ...Array.from({ length: 4 }, () => query),
    ...[1, 2].map(() =>
      step<{ via: number; plan: CollectionPlan }>(
        "create",
        { via, plan: collectionPlan },
        async (model, real, { via, plan }) => {
          if (model.collections.some(({ name }) => name === plan.name)) {
            await expectOutcome(() => createCollection(real, via, plan), { code: "ERR_EXISTS" });
          } else await create(model, real, via, plan);
        },
      ),
    ),
    onCollection(
      "deleteCollection",
      { sure: fc.constantFrom(true, false, false) },
      async (plain, collection, { via, sure }, model, real) => {
        if (!sure) return;
        await real.client(via).deleteCollection({ name: plain.name });
        model.collections = model.collections.filter((one) => one !== plain);
        model.ghosts.push(collection);
      },
    ),
    onCollection<{ name: string }>(
      "rename",
      { name: fc.constantFrom(...NAMES) },
      async (plain, collection, { name }, model) => {
        const taken = model.collections.some((one) => one !== plain && one.name === name);
        await expectOutcome(
          () => collection.modify({ name }),
          taken ? { code: "ERR_EXISTS" } : undefined,
        );
        if (!taken) plain.name = name;
        expect(collection.name).toBe(plain.name);
      },
    ),
    onCollection<{ n: number }>("describe", { n: fc.nat(9) }, async (plain, collection, { n }) => {
      await collection.modify({ metadata: { n } });
      plain.metadata = { n };
    }),
    onCollection<{ plan: ManyPlan }>(
      "writeMany",
      { plan: manyPlan },
      async (plain, collection, { plan }) => {
        const made = manyOf(plain, plan);
        await expectOutcome(() => perform(collection, made), plain.apply(made));
      },
    ),
    onCollection(
      "wrongDimension",
      { verb: fc.constantFrom("add", "upsert") },
      async (plain, collection, { verb }) => {
        if (plain.dimension === null) return;
        const rows = ["new-1", "new-2"].map(
          (id, i): Row => ({
            id,
            embedding: new Float32Array(plain.d + i),
            document: null,
            metadata: null,
            uri: null,
          }),
        );
        await expectOutcome(() => perform(collection, { verb: verb as "add", rows }), {
          code: "ERR_DIMENSION",
        });
        expect(await collection.count()).toBe(plain.records.size);
      },
    ),
    onCollection<{ filter: object; limit: number | undefined; offset: number }>(
      "get",
      {
        filter,
        limit: fc.option(fc.nat(20), { nil: undefined }),
        offset: fc.constantFrom(0, 0, 1, 7),
      },
      async (plain, collection, { filter, limit, offset }) => {
        const { ids } = await collection.get({ ...filter, limit, offset, include: [] });
        const end = limit === undefined ? undefined : offset + limit;
        expect(ids).toEqual(plain.select(filter).slice(offset, end));
      },
    ),
    step("look", { via }, async (model, real, { via }) => {
      await expectSame(model, real, via);
    }),
    step("ghosts", { via }, async (model) => {
      for (const ghost of model.ghosts.slice(-2)) {
        await expectOutcome(() => ghost.count(), { code: "ERR_NOT_FOUND" });
      }
    }),
    step("compact", { via }, (_, real, { via }) => real.client(via).compact()),
    step("reopen", { via }, async (model, real, { via }) => {
      await real.reopen(via);
      // Handles of closed clients say something else.
      model.ghosts.length = 0;
      if (real.folder === undefined) model.collections = [];
    }),
  ];
  if (kills) {
    const parameters = {
      few: fc.array(writePlan as fc.Arbitrary<WritePlan>, { maxLength: 3 }),
      many: fc.array(manyPlan as fc.Arbitrary<ManyPlan>, { minLength: 2, maxLength: 3 }),
      during: fc.nat(2),
      delay: fc.nat(30),
    };
    all.push(
      onCollection<{ few: WritePlan[]; many: ManyPlan[]; during: number; delay: number }>(
        "kill",
        parameters,
        async (plain, _, { few, many, during, delay, via }, model, real) => {
          if (real.kills === 0) return;
          real.kills--;
          // The other process has no embedder.
          const made = plain.embeds ? [] : few.map((plan) => plainWrite(writeOf(plain, plan)));
          const after = made.length + (during % many.length);
          made.push(...many.map((plan) => manyOf(plain, plan)));
          const stored = await killed(real.folder as string, plain.name, made, after, delay);
          for (const one of made.slice(0, stored)) plain.apply(one);
          // The write that was on its way when the process ended is stored whole, or not at all.
          const next = made[stored];
          const collection = await real.collection(via, plain);
          if (next !== undefined && !(await isSame(plain, collection))) plain.apply(next);
          await expectSame(model, real, via);
        },
      ),
    );
  }
  return fc.commands(all, { maxCommands: 100, size: "max" }) as fc.Arbitrary<Iterable<Command>>;
}

/** Without instances of Float, which do not come through to another process. */
function plainWrite(write: Write): Write {
  if (write.verb === "delete") return { verb: "delete", filter: { ids: write.filter.ids ?? [] } };
  const rows = write.rows.map((row) => ({
    ...row,
    metadata: row.metadata && withoutFloats(row.metadata),
  }));
  return { verb: write.verb, rows };
}

function withoutFloats(metadata: object): Record<string, unknown> {
  const hasFloat = (value: unknown) => [value].flat().some((one) => one instanceof Float);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => !hasFloat(value)));
}

/**
 * A process that writes, and is killed.
 *
 * @param after so many writes were acknowledged, and `delay` milliseconds have passed.
 * @returns how many writes it acknowledged.
 */
function killed(
  folder: string,
  name: string,
  writes: readonly Write[],
  after: number,
  delay: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stored = -1;
    let problems = "";
    child.stderr?.on("data", (text) => {
      problems += text;
    });
    child.on("message", () => {
      stored++;
      if (stored === after) setTimeout(() => child.kill("SIGKILL"), delay);
    });
    child.on("close", (code) => {
      if (code === null || code === 0) resolve(stored);
      else reject(new Error(`The writer ended by itself (${code}): ${problems}`));
    });
    child.send({ folder, name, writes });
  });
}

async function expectOutcome(
  call: () => Promise<unknown>,
  expected: object | undefined,
): Promise<void> {
  const outcome = await call().catch((error: unknown) => error);
  if (expected !== undefined && "code" in expected) {
    expect(outcome).toBeInstanceOf(NighError);
    expect(outcome).toMatchObject(expected);
  } else if (expected === undefined) expect(outcome).toBeUndefined();
  else expect(outcome).toMatchObject(expected);
}

/** Ids up to ties, distances within what float32 rounds. */
function expectNearest(
  plain: PlainCollection,
  rows: readonly { id: string; distance: number }[],
  expected: readonly Near[],
  k: number,
): void {
  expect(rows).toHaveLength(Math.min(k, expected.length));
  const byId = new Map(expected.map((near) => [near.id, near]));
  for (const [i, { id, distance }] of rows.entries()) {
    const own = byId.get(id);
    expect(own, `${id} passes the filter, and comes once`).toBeDefined();
    byId.delete(id);
    const within = 1e-5 * (1 + Math.abs(own?.distance ?? 0));
    expect(Math.abs(distance - (own?.distance ?? 0))).toBeLessThan(within);
    expect(distance).toBeGreaterThanOrEqual(rows[i - 1]?.distance ?? Number.NEGATIVE_INFINITY);
    if (plain.isApproximate) continue;
    expect(Math.abs(distance - (expected[i]?.distance ?? 0))).toBeLessThan(within);
    // Without rounding, order is exact.
    if (plain.space !== "cosine" && !plain.embeds) expect(id).toBe(expected[i]?.id);
  }
}

async function isSame(plain: PlainCollection, collection: Collection): Promise<boolean> {
  try {
    await expectRecords(plain, collection);
    return true;
  } catch {
    return false;
  }
}

async function expectRecords(plain: PlainCollection, collection: Collection): Promise<void> {
  const include = ["documents", "metadatas", "embeddings", "uris"] as const;
  expect((await collection.get({ include })).rows()).toEqual(plain.rows());
}

/** Everything is as the plain database has it. */
export async function expectSame(
  model: PlainDatabase,
  real: RealDatabase,
  via: number,
): Promise<void> {
  const listed = await real.client(via).listCollections();
  expect(listed.map(({ id, name, metadata }) => ({ id, name, metadata }))).toEqual(
    model.collections.map(({ id, name, metadata }) => ({ id, name, metadata })),
  );
  for (const plain of model.collections) {
    await expectRecords(plain, await real.collection(via, plain));
  }
}
