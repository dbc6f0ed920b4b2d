import fc from "fast-check";
import { expect } from "vitest";
import type { Row } from "../oracle.js";
import { perform } from "./calls.mjs";
import { expectNearest, expectOutcome } from "./expectations.js";
import {
  filter,
  type ManyPlan,
  manyOf,
  manyPlan,
  vectorFor,
  type WritePlan,
  writeOf,
  writePlan,
} from "./plans.js";
import { onCollection } from "./steps.js";

export const write = onCollection<{ plan: WritePlan }>(
  "write",
  { plan: writePlan },
  async (plain, collection, { plan }) => {
    const made = writeOf(plain, plan);
    const expected = plain.apply(made);
    await expectOutcome(() => perform(collection, made), expected);
    expect(await collection.count()).toBe(plain.records.size);
  },
);

export const writeMany = onCollection<{ plan: ManyPlan }>(
  "writeMany",
  { plan: manyPlan },
  async (plain, collection, { plan }) => {
    const made = manyOf(plain, plan);
    await expectOutcome(() => perform(collection, made), plain.apply(made));
  },
);

export const wrongDimension = onCollection(
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
);

export const query = onCollection<{ vectors: number[]; k: number; filter: object }>(
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

export const get = onCollection<{ filter: object; limit: number | undefined; offset: number }>(
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
);
