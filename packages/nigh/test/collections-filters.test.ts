import fc from "fast-check";
import { type Collection, Float } from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { bare, onEachClient } from "./collections/clients.js";
import { dump } from "./collections/dump.js";
import { DOCUMENTS, metadata, where, whereDocument } from "./collections/filters.js";
import { PlainCollection, type Row } from "./collections/oracle.js";
import { refused } from "./collections/refused.js";

const RECORDS = {
  one: { n: 1, s: "x", on: true },
  float: { n: new Float(1), s: "1" },
  half: { n: 1.5, tags: ["x", "y"] },
  two: { n: 2, on: false, tags: ["xy"] },
  big: { n: 2n ** 60n + 1n, numbers: [1, 2.5] },
  text: { n: "1", s: "X" },
  none: null,
} as const;
const ALL = Object.keys(RECORDS);
const TEXTS: readonly (string | null)[] = [
  "red ship",
  "Red",
  "a 100% sure\nthing",
  "ship",
  "",
  "日本",
  null,
];

onEachClient((client) => {
  let notes: Collection;
  beforeAll(async () => {
    notes = await bare(client());
    await notes.add({
      ids: ALL,
      embeddings: ALL.map((_, i) => [1, i]),
      documents: TEXTS,
      metadatas: Object.values(RECORDS),
    });
  });

  it.each<[string, object, readonly string[]]>([
    ["a value alone means $eq", { s: "x" }, ["one"]],
    ["integers and floats are equal by value", { n: 1 }, ["one", "float"]],
    ["a Float finds integers", { n: { $eq: new Float(1) } }, ["one", "float"]],
    ["a string is never a number", { n: "1" }, ["text"]],
    ["a boolean is never a number", { on: { $in: [1, 0] } }, []],
    ["strings compare by case", { s: { $in: ["X", "Y"] } }, ["text"]],
    ["a fraction is not cut off for equality", { n: { $eq: 1.5 } }, ["half"]],
    ["a fraction is not cut off for <", { n: { $lt: 1.5 } }, ["one", "float"]],
    ["a fraction is not cut off for >=", { n: { $gte: 1.5 } }, ["half", "two", "big"]],
    ["integers beyond 2^53 are told apart", { n: 2n ** 60n }, []],
    ["integers beyond 2^53 are found", { n: 2n ** 60n + 1n }, ["big"]],
    ["integers beyond 2^53 are ordered", { n: { $gt: 2n ** 60n } }, ["big"]],
    [
      "$gt finds no records without the key or with a string",
      { n: { $gt: -1e300 } },
      ["one", "float", "half", "two", "big"],
    ],
    ["$ne finds records that lack the key", { on: { $ne: true } }, ALL.slice(1)],
    ["$ne finds values of other kinds", { n: { $ne: 1 } }, ["half", "two", "big", "text", "none"]],
    [
      "$nin finds records that lack the key",
      { s: { $nin: ["x", "X"] } },
      ["float", "half", "two", "big", "none"],
    ],
    [
      "$contains is membership in a list, not part of a string",
      { tags: { $contains: "x" } },
      ["half"],
    ],
    ["$contains never finds a value that is no list", { s: { $contains: "x" } }, []],
    ["$eq never finds a list", { tags: "xy" }, []],
    ["$contains finds numbers by value", { numbers: { $contains: new Float(1) } }, ["big"]],
    [
      "$not_contains finds records that lack the key, and values that are no lists",
      { s: { $not_contains: "x" } },
      ALL,
    ],
    [
      "$not_contains leaves out lists with the element",
      { tags: { $not_contains: "x" } },
      ALL.filter((id) => id !== "half"),
    ],
    [
      "$and holds for all",
      { $and: [{ n: { $gte: 1 } }, { n: { $lt: 2 } }] },
      ["one", "float", "half"],
    ],
    ["$or holds for any", { $or: [{ s: "x" }, { on: false }] }, ["one", "two"]],
    [
      "they nest",
      { $or: [{ $and: [{ n: 1 }, { s: "1" }] }, { tags: { $contains: "xy" } }] },
      ["float", "two"],
    ],
    [
      "#document stands among them",
      { $and: [{ "#document": { $contains: "ship" } }, { s: "x" }] },
      ["one"],
    ],
    ["a key that no record has finds nothing", { missing: 1 }, []],
    ["a key that no record has, denied, finds everything", { missing: { $ne: 1 } }, ALL],
    ["keys of Object's prototype are no keys of records", { constructor: { $ne: "x" } }, ALL],
  ])("%s", async (_, filter, ids) => {
    expect((await notes.get({ where: filter as never })).ids).toEqual(ids);
    const found = await notes.query({ queryEmbeddings: [[1, 0]], where: filter as never });
    expect(found.ids[0]).toEqual(ids);
  });

  it.each<[string, object, readonly string[]]>([
    ["$contains is a part of the text, by case", { $contains: "ship" }, ["one", "two"]],
    ["$contains knows no wildcards", { $contains: "%" }, ["half"]],
    ["$contains of nothing finds every record with a document", { $contains: "" }, ALL.slice(0, 6)],
    ["$contains finds beyond ASCII", { $contains: "本" }, ["text"]],
    [
      "$not_contains finds records without a document",
      { $not_contains: "ship" },
      ["float", "half", "big", "text", "none"],
    ],
    ["$regex is not anchored", { $regex: "e. s" }, ["one"]],
    ["$regex takes anchors and (?i)", { $regex: "(?i)^red" }, ["one", "float"]],
    ["$not_regex finds records without a document", { $not_regex: "." }, ["big", "none"]],
    [
      "$and and $or join them",
      { $or: [{ $regex: "^ship$" }, { $and: [{ $contains: "R" }, { $contains: "d" }] }] },
      ["float", "two"],
    ],
  ])("documents: %s", async (_, filter, ids) => {
    expect((await notes.get({ whereDocument: filter as never })).ids).toEqual(ids);
    const found = await notes.query({ queryEmbeddings: [[1, 0]], whereDocument: filter as never });
    expect(found.ids[0]).toEqual(ids);
  });

  it("where, whereDocument, ids, limit and offset hold together", async () => {
    const options = {
      where: { n: { $gte: 1 } },
      whereDocument: { $contains: "" },
      ids: ["big", "two", "none", "half"],
    };
    expect((await notes.get(options)).ids).toEqual(["half", "two", "big"]);
    expect((await notes.get({ ...options, limit: 1, offset: 1 })).ids).toEqual(["two"]);
    const found = await notes.query({ ...options, queryEmbeddings: [[1, 9]], nResults: 2 });
    expect(found.ids).toEqual([["big", "two"]]);
  });

  it("filters that are none are refused where they stand, and nothing is deleted", async () => {
    const before = await dump(client());
    const bad: readonly [object, ...string[]][] = [
      [{ where: {} }, "where"],
      [{ where: [] }, "where"],
      [{ where: "n = 1" }, "where", '"n = 1"'],
      [{ where: { n: 1, s: "x" } }, "where", "n", "s"],
      [{ where: { n: {} } }, "where", "n"],
      [{ where: { n: { $gt: 1, $lt: 3 } } }, "$gt", "$lt"],
      [{ where: { n: { $gte: "1" } } }, "$gte", '"1"'],
      [{ where: { n: { $greater: 1 } } }, "$greater"],
      [{ where: { n: null } }, "null"],
      [{ where: { n: { $in: [] } } }, "$in"],
      [{ where: { n: { $in: [1, "a"] } } }, "$in", "kind"],
      [{ where: { $not: { n: 1 } } }, "$not"],
      [{ where: { $and: [] } }, "$and"],
      [{ where: { $or: [{}] } }, "$or[0]"],
      [{ where: { "": 1 } }, "where"],
      [{ where: { "#id": "a" } }, "#id"],
      [{ where: { n: Number.NaN } }, "NaN"],
      [{ whereDocument: {} }, "whereDocument"],
      [{ whereDocument: "ship" }, "whereDocument", '"ship"'],
      [{ whereDocument: { $contains: 5 } }, "$contains", "the number 5"],
      [{ whereDocument: { $regex: "(?=look)" } }, "$regex", "(?=look)"],
      [{ whereDocument: { $regex: "(" } }, "$regex"],
      [{ whereDocument: { $contains: "a", $regex: "b" } }, "$contains", "$regex"],
    ];
    for (const [filter, ...says] of bad) {
      const calls = [
        () => notes.get(filter),
        () => notes.query({ queryEmbeddings: [[1, 0]], ...filter }),
        () => notes.delete(filter),
      ];
      for (const call of calls) await refused(call, "ERR_INVALID_FILTER", ...says);
    }
    expect(await dump(client())).toEqual(before);
  });
}, "all");

describe("any filter of any records", () => {
  const records = fc.array(fc.tuple(metadata, fc.option(fc.constantFrom(...DOCUMENTS))), {
    minLength: 1,
    maxLength: 25,
  });
  const plan = { name: "any", space: "l2", d: 2, embeds: false, syncThreshold: 50_000 } as const;

  onEachClient((client) => {
    it("finds by get, by query and by delete what it says, read value by value", async () => {
      let round = 0;
      await fc.assert(
        fc.asyncProperty(
          records,
          fc.array(fc.tuple(where, fc.option(whereDocument, { nil: undefined })), {
            minLength: 5,
            maxLength: 5,
          }),
          fc.nat(5),
          async (made, filters, limit) => {
            const name = `any-${round++}`;
            const plain = new PlainCollection({ ...plan, name });
            const rows = made.map(
              ([metadata, document], i): Row => ({
                id: `r${i}`,
                embedding: new Float32Array([i % 4, i % 3]),
                document,
                metadata,
                uri: null,
              }),
            );
            const write = { verb: "upsert", rows } as const;
            plain.apply(write);
            const notes = await bare(client(), { name, configuration: { hnsw: { space: "l2" } } });
            await notes.upsert({
              ids: rows.map(({ id }) => id),
              embeddings: rows.map(({ embedding }) => embedding),
              documents: rows.map(({ document }) => document),
              metadatas: rows.map(({ metadata }) => metadata) as never,
            });
            for (const [where, whereDocument] of filters) {
              const filter = { where, whereDocument };
              expect((await notes.get(filter)).ids).toEqual(plain.select(filter));
              const query = new Float32Array([1, 1]);
              const found = await notes.query({
                ...filter,
                queryEmbeddings: [query],
                nResults: 99,
              });
              expect(found.ids[0]).toEqual(plain.nearest(query, filter).map(({ id }) => id));
            }
            const [where, whereDocument] = filters[0] as (typeof filters)[number];
            const filter = { where, whereDocument };
            const expected = plain.apply({ verb: "delete", filter, limit });
            expect(await notes.delete({ ...filter, limit })).toEqual(expected);
            expect((await notes.get()).ids).toEqual([...plain.records.keys()]);
            await client().deleteCollection({ name });
          },
        ),
        { numRuns: 60 },
      );
    });
  });
});
