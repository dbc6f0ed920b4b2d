import { type Collection, NighError } from "nigh";
import { expect } from "vitest";
import type { Near, PlainCollection } from "../oracle.js";
import type { PlainDatabase, RealDatabase } from "./databases.js";

/** A call gives what is expected, or an object with this much in it, or is refused with this `code`. */
export async function expectOutcome(
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
export function expectNearest(
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

export async function isSame(plain: PlainCollection, collection: Collection): Promise<boolean> {
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
