import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionsClient, connect } from "nigh";
import { serve } from "nigh/server";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
import { ChromaDouble } from "./chroma-double.js";
import { ChromaServer, WITHOUT_CHROMA } from "./chroma-server.js";
import { TestPostgres } from "./postgres.js";

/** The real one, not the double. */
export const CHROMA = "Chroma's server";

/** Where collections may be, and how a test gets there. */
interface Backend {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly missing?: string | undefined;
  /** Once for all tests. */
  start?(): Promise<() => Promise<void>>;
  /** A place without collections. */
  fresh(): Promise<{ url: string; end: () => Promise<void> }>;
}

let chroma: ChromaServer | undefined;
let postgres: TestPostgres | undefined;

const BACKENDS: readonly Backend[] = [
  {
    name: "memory",
    fresh: async () => ({ url: ":memory:", end: async () => undefined }),
  },
  {
    name: "a folder",
    fresh: async () => {
      const url = await mkdtemp(join(tmpdir(), "nigh-connect-"));
      return { url, end: () => rm(url, { recursive: true }) };
    },
  },
  {
    name: "a server",
    fresh: async () => {
      const server = new ChromaDouble();
      await server.start();
      return { url: server.url, end: () => server.close() };
    },
  },
  {
    name: "nigh's server",
    fresh: async () => {
      const path = await mkdtemp(join(tmpdir(), "nigh-connect-"));
      const server = await serve({ path, port: 0, logLevel: "silent" });
      const end = async () => {
        await server.close();
        await rm(path, { recursive: true });
      };
      return { url: server.url, end };
    },
  },
  {
    name: WITHOUT_CHROMA ? `${CHROMA} (skipped: ${WITHOUT_CHROMA})` : CHROMA,
    missing: WITHOUT_CHROMA,
    start: async () => {
      chroma = await ChromaServer.start();
      return () => (chroma as ChromaServer).close();
    },
    fresh: async () => {
      const { url } = chroma as ChromaServer;
      const client = await connect(url);
      for (const { name } of await client.listCollections()) {
        await client.deleteCollection({ name });
      }
      await client.close();
      return { url, end: async () => undefined };
    },
  },
  {
    name: "Postgres",
    start: async () => {
      postgres = await TestPostgres.start();
      return () => (postgres as TestPostgres).close();
    },
    fresh: async () => {
      const { url } = postgres as TestPostgres;
      await postgres?.wipe();
      return { url, end: async () => undefined };
    },
  },
];

/** Runs tests on every kind of client. @param lifetime whether each test has a client of its own. */
export function onEachBackend(
  tests: (client: () => CollectionsClient, name: string) => void,
  lifetime: "test" | "all" = "test",
): void {
  for (const backend of BACKENDS) {
    describe.skipIf(backend.missing)(backend.name, () => onBackend(backend, tests, lifetime));
  }
}

function onBackend(
  { name, start, fresh }: Backend,
  tests: (client: () => CollectionsClient, name: string) => void,
  lifetime: "test" | "all",
): void {
  const [before, after] =
    lifetime === "all" ? ([beforeAll, afterAll] as const) : ([beforeEach, afterEach] as const);
  let stop: (() => Promise<void>) | undefined;
  let client: CollectionsClient;
  let end: () => Promise<void>;
  beforeAll(async () => {
    stop = await start?.();
  });
  before(async () => {
    const place = await fresh();
    end = place.end;
    client = await connect(place.url);
  });
  after(async () => {
    await client.close();
    await end();
  });
  afterAll(async () => {
    await stop?.();
  });
  tests(() => client, name);
}
