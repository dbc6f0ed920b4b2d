import fc from "fast-check";
import { vectorOf } from "../embedders.js";
import { DOCUMENTS, metadata, where, whereDocument } from "../filters.js";
import type { CollectionPlan, PlainCollection, Row, Write } from "../oracle.js";

export const NAMES = ["notes", "books", "harbours", "a.b-c_d"] as const;

export const collectionPlan: fc.Arbitrary<CollectionPlan> = fc.record({
  name: fc.constantFrom(...NAMES),
  space: fc.constantFrom("cosine", "l2", "ip"),
  d: fc.constantFrom(1, 3, 8),
  embeds: fc.boolean(),
  syncThreshold: fc.constantFrom(50_000, 50_000, 20),
});

/** Small whole numbers, which make ties, and arithmetic without rounding; or any numbers. */
export function vectorFor({ d, space }: PlainCollection, number: number): Float32Array {
  const any = vectorOf(`v${number}`, d);
  return space === "cosine" && number % 2 === 1 ? any : any.map((x) => Math.round(2 * x));
}

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

export const filter = fc.record({
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

const verb = fc.constantFrom("add", "upsert", "update");

/** A write, whatever the collection's dimension. */
export type WritePlan =
  | { verb: "add" | "upsert" | "update"; rows: RowPlan[] }
  | Extract<Write, { verb: "delete" }>;

export const writePlan: fc.Arbitrary<WritePlan> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ verb, rows: rowPlans }) },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("delete" as const),
      filter,
      limit: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
    }),
  },
);

export function writeOf(collection: PlainCollection, plan: WritePlan): Write {
  if (plan.verb === "delete") return plan;
  const rows = plan.rows.map(
    ({ vector, ...rest }): Row => ({
      ...rest,
      embedding: vector === null ? null : vectorFor(collection, vector),
    }),
  );
  return { verb: plan.verb, rows };
}

export type ManyPlan = { seed: number; count: number; verb: "add" | "upsert" | "update" };

/** More rows than are written without a pause. */
export const manyPlan: fc.Arbitrary<ManyPlan> = fc.record({
  seed: fc.noBias(fc.nat(2 ** 31 - 1)),
  count: fc.integer({ min: 200, max: 1200 }),
  verb,
});

export function manyOf(plain: PlainCollection, { seed, count, verb }: ManyPlan): Write {
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
