import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { connect, EphemeralClient, type ErrorCode, Float, PersistentClient } from "nigh";
import { describe, expect, it } from "vitest";
import { BAD, onEachClientWithNotes } from "./collections/bad-input.js";
import type { AnyClient } from "./collections/clients.js";
import { refused, refusedAtOnce } from "./collections/refused.js";
import { temporaryFolder } from "./shared/temporary-folder.js";

/** Calls of a client that are refused. */
const CALLS: readonly [string, (c: AnyClient) => Promise<unknown>, ErrorCode, ...string[]][] = [
  [
    "an unknown option of getCollection",
    (c) => c.getCollection({ nme: "notes" } as never),
    "ERR_UNKNOWN_OPTION",
    "name",
  ],
  [
    "an unknown option of deleteCollection",
    (c) => c.deleteCollection({ name: "notes", x: 1 } as never),
    "ERR_UNKNOWN_OPTION",
    '"x"',
  ],
  [
    "a name instead of options",
    (c) => c.deleteCollection("notes" as never),
    BAD,
    "object",
    '"notes"',
  ],
  ["a page that is null", (c) => c.listCollections(null as never), BAD, "object", "null"],
  ["a negative page of collections", (c) => c.listCollections({ limit: -1 }), BAD, "limit"],
  ["a page beyond 2^53", (c) => c.listCollections({ limit: 1e300 }), BAD, "limit", "1e+300"],
  ["databases beyond 2^53", (c) => c.listDatabases({ offset: 1e300 }), BAD, "offset"],
  [
    "an unknown option of a page",
    (c) => c.listCollections({ ofset: 1 } as never),
    "ERR_UNKNOWN_OPTION",
    'Did you mean "offset"',
  ],
  ["a tenant without a name", (c) => c.createTenant({} as never), BAD, "tenant", "undefined"],
  [
    "a tenant of two letters",
    (c) => c.createTenant({ name: "ab" }),
    BAD,
    "tenant",
    "3 characters",
    '"ab"',
  ],
  [
    "a tenant with half of a surrogate pair",
    (c) => c.createTenant({ name: "abc\ud800" }),
    BAD,
    "tenant",
  ],
  ["NUL in a database's name", (c) => c.createDatabase({ name: "abc\0" }), BAD, "database", "NUL"],
  ["no tenant at all", (c) => c.getTenant(undefined as never), BAD, "object", "undefined"],
  [
    "a tenant that is a number",
    (c) => c.getTenant({ name: 55 } as never),
    BAD,
    "tenant",
    "the number 55",
  ],
  [
    "a database of two letters",
    (c) => c.createDatabase({ name: "ab" }),
    BAD,
    "database",
    "3 characters",
  ],
  [
    "a database of a number's",
    (c) => c.createDatabase({ name: "abc", tenant: 5 } as never),
    BAD,
    "tenant",
    "the number 5",
  ],
  [
    "a database that is a number",
    (c) => c.getDatabase({ name: 5 } as never),
    BAD,
    "database",
    "the number 5",
  ],
  [
    "an unknown option of deleteDatabase",
    (c) => c.deleteDatabase({ nme: "abc" } as never),
    "ERR_UNKNOWN_OPTION",
    'Did you mean "name"',
  ],
  [
    "databases of a number",
    (c) => c.listDatabases({ tenant: 5 } as never),
    BAD,
    "tenant",
    "the number 5",
  ],
  [
    "an unknown option of listDatabases",
    (c) => c.listDatabases({ limt: 5 } as never),
    "ERR_UNKNOWN_OPTION",
    'Did you mean "limit"',
  ],
];

onEachClientWithNotes((refuses) => {
  describe("the client refuses", () => {
    for (const [title, call, code, ...says] of CALLS) {
      refuses(title, (_, client) => call(client), code, ...says);
    }
  });
});

describe("constructors refuse", () => {
  it.each<[string, () => unknown, ErrorCode, ...string[]]>([
    ["no path", () => new PersistentClient({} as never), BAD, "path", "undefined"],
    ["an empty path", () => new PersistentClient({ path: "" }), BAD, "path", '""'],
    [
      "a path that is a URL",
      () => new PersistentClient({ path: new URL("file:///tmp") as never }),
      BAD,
      "path",
      "URL",
    ],
    [
      "options that are a path",
      () => new PersistentClient("./data" as never),
      BAD,
      "object",
      '"./data"',
    ],
    [
      "an unknown option",
      () => new PersistentClient({ path: "x", waitms: 1 } as never),
      "ERR_UNKNOWN_OPTION",
      'Did you mean "waitMs"',
    ],
    [
      "a path of an ephemeral client",
      () => new EphemeralClient({ path: "x" } as never),
      "ERR_UNKNOWN_OPTION",
      '"path"',
    ],
    ["a tenant of two letters", () => new EphemeralClient({ tenant: "ab" }), BAD, "tenant", '"ab"'],
    [
      "a database that is null",
      () => new EphemeralClient({ database: null as never }),
      BAD,
      "database",
      "null",
    ],
    ["a Float that is NaN", () => new Float(Number.NaN), BAD, "NaN"],
    ["a Float that is a string", () => new Float("1" as never), BAD, '"1"'],
  ])("%s", async (_, make, code, ...says) => {
    await refusedAtOnce(make, code, ...says);
  });
});

it("an option that is refused leaves no folder behind", async () => {
  const path = join(temporaryFolder(), "db");
  for (const bad of [
    { tenant: 5 },
    { database: "ab" },
    { waitMs: -1 },
    { indexMemoryBytes: 0.5 },
  ]) {
    await refusedAtOnce(() => new PersistentClient({ path, ...(bad as object) }), BAD);
  }
  expect(existsSync(path)).toBe(false);
});

it.each(["http:/x", "http:x", "HTTPS:x", "postgres:x", "postgresql:/x", "file:x", "chroma:x"])(
  "connect takes %s for no folder",
  async (url) => {
    const before = process.cwd();
    const folder = temporaryFolder();
    process.chdir(folder);
    try {
      await refused(() => connect(url), BAD, /found "\w+:" without "\/\/"/u);
      expect(readdirSync(folder)).toEqual([]);
      // Of a folder's own name.
      await (await connect("notes:2024")).close();
      expect(readdirSync(folder)).toEqual(["notes:2024"]);
    } finally {
      process.chdir(before);
    }
  },
);
