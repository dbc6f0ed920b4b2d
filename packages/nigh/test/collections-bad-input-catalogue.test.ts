import { describe, expect, it } from "vitest";
import { BAD, type Case, onEachClientWithNotes } from "./collections/bad-input.js";
import { dump } from "./collections/dump.js";
import { refused } from "./collections/refused.js";

const NAMES: readonly (readonly [unknown, string | RegExp])[] = [
  ["ab", "2 characters"],
  ["", "0 characters"],
  ["a".repeat(513), "513 characters"],
  ["with space", "ASCII"],
  ["notes/2", "ASCII"],
  ["nötes", "ASCII"],
  ["-notes", "letter or digit first"],
  ["notes-", "letter or digit first and last"],
  [".notes", "letter or digit first"],
  ["_notes", "letter or digit first"],
  ["no..tes", "two dots"],
  ["127.0.0.1", "IP address"],
  ["a+b+c", "ASCII"],
  ["notes\n", "ASCII"],
  ["notes\0x", "ASCII"],
  ["😀😀😀", "ASCII"],
  [5, "string"],
  [null, "string"],
  [undefined, "string"],
  [["notes"], "string"],
];

const MODIFICATIONS: readonly Case[] = [
  ["no object", undefined, BAD, "object", "undefined"],
  ["an unknown change", { nme: "x" }, "ERR_UNKNOWN_OPTION", 'Did you mean "name"'],
  ["a name that is none", { name: "a b" }, BAD, '"a b"'],
  ["a name that is null", { name: null }, BAD, "null"],
  ["empty metadata", { metadata: {} }, BAD, "metadata", "at least one key"],
  ["metadata that is null", { metadata: null }, BAD, "metadata"],
  ["metadata with null", { metadata: { a: null } }, BAD, "metadata.a", "null"],
  [
    "another space",
    { configuration: { hnsw: { space: "ip" } } },
    BAD,
    '"space"',
    '"cosine"',
    "cannot be changed",
  ],
  [
    "another ef_construction",
    { configuration: { hnsw: { ef_construction: 7 } } },
    BAD,
    "ef_construction",
    "128",
  ],
  ["ef_search 0", { configuration: { hnsw: { ef_search: 0 } } }, BAD, "ef_search", "the number 0"],
  ["a configuration that is null", { configuration: null }, BAD, "object", "null"],
  ["hnsw that is null", { configuration: { hnsw: null } }, BAD, "object", "null"],
  [
    "an unknown setting",
    { configuration: { hnsw: { ef_serch: 5 } } },
    "ERR_UNKNOWN_OPTION",
    'Did you mean "ef_search"',
  ],
];

const CREATIONS: readonly Case[] = [
  ["no object", undefined, BAD, "object", "undefined"],
  [
    "an unknown option",
    { name: "more", metdata: {} },
    "ERR_UNKNOWN_OPTION",
    'Did you mean "metadata"',
  ],
  ["empty metadata", { name: "more", metadata: {} }, BAD, "metadata", "at least one key"],
  [
    "metadata that is nested",
    { name: "more", metadata: { a: { b: 1 } } },
    BAD,
    "metadata.a",
    "an object",
  ],
  ["metadata with null", { name: "more", metadata: { a: null } }, BAD, "metadata.a", "null"],
  [
    "an unknown space",
    { name: "more", configuration: { hnsw: { space: "l1" } } },
    BAD,
    "space",
    '"cosine", "l2", "ip"',
    '"l1"',
  ],
  [
    "max_neighbors 1",
    { name: "more", configuration: { hnsw: { max_neighbors: 1 } } },
    BAD,
    "max_neighbors",
    "the number 1",
  ],
  [
    "sync_threshold 1",
    { name: "more", configuration: { hnsw: { sync_threshold: 1 } } },
    BAD,
    "sync_threshold",
    "the number 1",
  ],
  [
    "an embedding function that is a string",
    { name: "more", embeddingFunction: "MiniLM" },
    BAD,
    "embeddingFunction",
    "generate",
    '"MiniLM"',
  ],
  [
    "an embedding function that is an object",
    { name: "more", embeddingFunction: { embed: 1 } },
    BAD,
    "embeddingFunction",
    "an object",
  ],
];

onEachClientWithNotes((refuses, client) => {
  describe("modify refuses", () => {
    for (const [title, given, code, ...says] of MODIFICATIONS) {
      refuses(title, (notes) => notes.modify(given as never), code, "modify", ...says);
    }
  });

  describe("createCollection and getOrCreateCollection refuse", () => {
    for (const [title, given, code, ...says] of CREATIONS) {
      refuses(
        title,
        (_, c) => c.createCollection(given as never),
        code,
        "createCollection",
        ...says,
      );
      refuses(`${title}, or get`, (_, c) => c.getOrCreateCollection(given as never), code, ...says);
    }
    it.each(NAMES)("the name %j", async (name, says) => {
      const before = await dump(client());
      const given = { name: name as string, embeddingFunction: null };
      await refused(() => client().createCollection(given), BAD, "createCollection", says);
      await refused(() => client().getOrCreateCollection(given), BAD, says);
      await refused(() => client().getCollection(given), BAD, "getCollection", says);
      await refused(() => client().deleteCollection({ name: given.name }), BAD, says);
      expect(await dump(client())).toEqual(before);
    });
  });
});
