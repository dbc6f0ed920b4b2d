import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Collection,
  type CreateCollectionOptions,
  EphemeralClient,
  PersistentClient,
  type RecordCollection,
} from "nigh";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";

export type AnyClient = EphemeralClient | PersistentClient;

/** Whether each test gets a fresh client, or all share one. */
type Lifetime = "test" | "all";

/** Runs tests on a client of each kind. */
export function onEachClient(tests: (client: () => AnyClient) => void, each: Lifetime = "test") {
  describe("EphemeralClient", () => {
    const [before, after] = hooks(each);
    let client: EphemeralClient;
    before(() => {
      client = new EphemeralClient();
    });
    after(() => client.close());
    tests(() => client);
  });
  describe("PersistentClient", () => onFolder((client) => tests(client), each));
}

/** Runs tests on a persistent client in a new folder. */
export function onFolder(
  tests: (client: () => PersistentClient, folder: () => string) => void,
  each: Lifetime = "test",
) {
  const [before, after] = hooks(each);
  let folder: string;
  let client: PersistentClient;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nigh-collections-"));
    client = new PersistentClient({ path: folder });
  });
  after(async () => {
    await client.close();
    await rm(folder, { recursive: true });
  });
  tests(
    () => client,
    () => folder,
  );
}

function hooks(each: Lifetime) {
  return each === "all" ? ([beforeAll, afterAll] as const) : ([beforeEach, afterEach] as const);
}

/** A collection whose vectors are given. */
export function bare(
  client: AnyClient,
  options: Partial<CreateCollectionOptions> = {},
): Promise<Collection> {
  return client.createCollection({ name: "notes", embeddingFunction: null, ...options });
}

/** Three records of two dimensions. */
export async function three(client: AnyClient): Promise<Collection> {
  return withThree(await bare(client));
}

/** The same, in a collection that is there. */
export async function withThree<C extends Pick<RecordCollection, "add">>(notes: C): Promise<C> {
  await notes.add({
    ids: ["a", "b", "c"],
    embeddings: [
      [1, 0],
      [0, 1],
      [1, 1],
    ],
    documents: ["one", "two", null],
    metadatas: [{ n: 1 }, { n: 2, s: "x" }, null],
    uris: ["file:a", null, null],
  });
  return notes;
}
