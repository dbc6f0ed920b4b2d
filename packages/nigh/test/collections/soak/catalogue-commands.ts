import fc from "fast-check";
import type { Collection } from "nigh";
import { expect } from "vitest";
import { SmallEmbedder } from "../embedders.js";
import { type CollectionPlan, PlainCollection } from "../oracle.js";
import type { PlainDatabase, RealDatabase } from "./databases.js";
import { expectOutcome } from "./expectations.js";
import { collectionPlan, NAMES } from "./plans.js";
import { onCollection, step, via } from "./steps.js";

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

export const createAny = step<{ via: number; plan: CollectionPlan }>(
  "create",
  { via, plan: collectionPlan },
  async (model, real, { via, plan }) => {
    if (model.collections.some(({ name }) => name === plan.name)) {
      await expectOutcome(() => createCollection(real, via, plan), { code: "ERR_EXISTS" });
    } else await create(model, real, via, plan);
  },
);

export const deleteCollection = onCollection(
  "deleteCollection",
  { sure: fc.constantFrom(true, false, false) },
  async (plain, collection, { via, sure }, model, real) => {
    if (!sure) return;
    await real.client(via).deleteCollection({ name: plain.name });
    model.collections = model.collections.filter((one) => one !== plain);
    model.ghosts.push(collection);
  },
);

export const rename = onCollection<{ name: string }>(
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
);

export const changeMetadata = onCollection<{ n: number }>(
  "changeMetadata",
  { n: fc.nat(9) },
  async (plain, collection, { n }) => {
    await collection.modify({ metadata: { n } });
    plain.metadata = { n };
  },
);
