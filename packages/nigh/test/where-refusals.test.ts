import type { NighError } from "nigh";
import { describe, expect, it } from "vitest";
import { parseWhere } from "../src/store/where/parse-where.js";

/** The message with which a filter is refused. */
function refusal(where: unknown, whereDocument?: unknown): string {
  try {
    parseWhere(where, whereDocument);
  } catch (error) {
    const { code, name, message } = error as NighError;
    expect([name, code]).toEqual(["NighError", "ERR_INVALID_FILTER"]);
    return message;
  }
  throw new Error(`not refused: ${String(where)}`);
}

/** A filter, and what its refusal has to say: the path first, then the rest. */
type Case = [filter: unknown, path: string, ...says: string[]];

const deep = (levels: number): unknown =>
  levels === 0 ? { a: 1 } : { $and: [deep(levels - 1), { b: 1 }] };
const cycle: { $or: unknown[] } = { $or: [] };
cycle.$or.push(cycle, cycle);
const doubled = () => {
  let where: unknown = { a: 1 };
  for (let i = 0; i < 60; i++) where = { $or: [where, where] };
  return where;
};

const WHERE: Record<string, Case[]> = {
  "that is no object": [
    [5, "where", "expected an object such as", "found the number 5"],
    ["a", "where", "expected an object", 'found the string "a"'],
    [[{ a: 1 }], "where", "found an array of length 1"],
    [new Map([["a", 1]]), "where", "found a Map"],
    [{ $and: [null] }, "where.$and[0]", "found null"],
    [{ $or: [{ a: 1 }, undefined] }, "where.$or[1]", "found undefined"],
  ],
  "without a key or with several": [
    [{}, "where", "found an empty object", "give no filter"],
    [{ $and: [{}] }, "where.$and[0]", "found an empty object"],
    [{ a: 1, b: 2 }, "where", "one key", 'found 2: "a", "b"', "$and"],
    [{ a: {} }, "where.a", "{ $gte: 1990 }", "found an empty object"],
    [{ year: { $gt: 1, $lt: 2 } }, "where.year", "found 2: $gt, $lt", "{ $and: [", "$lt: … } }"],
  ],
  "with an operator that is not there": [
    [{ $und: [] }, "where.$und", "$and, $or", 'found "$und"', "Did you mean $and?"],
    [{ $not: { a: 1 } }, "where.$not", "There is no $not", "$eq and $ne"],
    [{ $gt: 1 }, "where.$gt", "Write { name: { $gt: … } }"],
    [{ $contains: "x" }, "where.$contains", '"#document"', "whereDocument"],
    [{ year: { $gte_: 1 } }, "where.year.$gte_", "$lte", "Did you mean $gte?"],
    [{ year: { $not: { $eq: 1 } } }, "where.year.$not", "There is no $not"],
    [{ s: { $regex: "x" } }, "where.s.$regex", '$regex is for "#document"'],
    [{ s: { city: "Bern" } }, "where.s.city", 'found "city"', "not nested"],
    [{ "#document": { $gt: 1 } }, 'where["#document"].$gt', "values of metadata"],
    [{ "#document": { $contain: "" } }, 'where["#document"].$contain', "Did you mean $contains?"],
  ],
  "with a name that metadata cannot have": [
    [{ "": 1 }, 'where[""]', "an empty one"],
    [{ "#id": "x" }, 'where["#id"]', "#document", 'found "#id"'],
    [{ "a\0": 1 }, 'where["a\\u0000"]', "NUL"],
  ],
  "with an operand that metadata cannot have": [
    [{ a: null }, "where.a", "found null", "Metadata holds no null"],
    [{ a: { $eq: null } }, "where.a.$eq", "found null", "leave the comparison out"],
    [{ a: undefined }, "where.a", "found undefined"],
    [{ a: Number.NaN }, "where.a", "a finite number", "found the number NaN"],
    [{ a: { $ne: Number.POSITIVE_INFINITY } }, "where.a.$ne", "found the number Infinity"],
    [{ a: 2n ** 63n }, "where.a", "64 bits", "9223372036854775808"],
    [{ a: { $lt: -(2n ** 63n) - 1n } }, "where.a.$lt", "64 bits"],
    [{ a: new Date(0) }, "where.a", "found a Date"],
    [{ a: ["x"] }, "where.a", "found an array", "$in matches any of several"],
    [{ a: { $contains: ["x"] } }, "where.a.$contains", "found an array"],
    [{ a: "\ud83d" }, "where.a", "whole characters", "surrogate"],
    [{ a: { $in: ["x", "\ud83d"] } }, "where.a.$in[1]", "surrogate"],
    [{ a: "x\0y" }, "where.a", "NUL"],
  ],
  "that orders what is no number": [
    [{ a: { $gt: "x" } }, "where.a.$gt", "only numbers are ordered", 'found the string "x"'],
    [{ a: { $lte: true } }, "where.a.$lte", "found the boolean true"],
    [{ a: { $gte: null } }, "where.a.$gte", "found null"],
    [{ a: { $lt: Number.NaN } }, "where.a.$lt", "NaN"],
  ],
  "with a list that is none, empty, or of several kinds": [
    [{ a: { $in: "x" } }, "where.a.$in", "an array of values", 'found the string "x"'],
    [{ a: { $in: [] } }, "where.a.$in", "at least one value", "found an array of length 0"],
    [{ a: { $nin: [] } }, "where.a.$nin", "at least one value"],
    [{ a: { $in: [1, 1.5, "x"] } }, "where.a.$in", "one kind", "the number 1 at [0]", '"x" at [2]'],
    [{ a: { $in: [true, 1] } }, "where.a.$in", "one kind"],
    [{ a: { $in: [1, null] } }, "where.a.$in[1]", "found null"],
    [{ a: { $in: new Array(2) } }, "where.a.$in[0]", "found undefined"],
    [{ $and: [] }, "where.$and", "at least one filter", "found an array of length 0"],
    [{ $or: [] }, "where.$or", "at least one filter"],
    [{ $or: { a: 1 } }, "where.$or", "an array of filters", "found an object"],
  ],
  "too deep or too wide": [
    [deep(101), "where.$and[0]", "nested at most 100 deep"],
    [cycle, "where.$or[0]", "nested at most 100 deep"],
    [doubled(), "where.$or[0]", "at most 5000 comparisons"],
  ],
  "of documents, with what is no string": [
    [{ "#document": "x" }, 'where["#document"]', "$contains", 'found the string "x"'],
    [{ "#document": { $contains: 5 } }, 'where["#document"].$contains', "a string", "number 5"],
    [{ "#document": { $not_regex: null } }, 'where["#document"].$not_regex', "found null"],
  ],
  "far down, naming the way": [
    [
      { $and: [{ a: 1 }, { $or: [{ "my key": { $gt: "x" } }] }] },
      'where.$and[1].$or[0]["my key"].$gt',
    ],
    [{ $and: [{ a: 1 }, { year: { $gt: "x" } }] }, "where.$and[1].year.$gt"],
  ],
};

const WHERE_DOCUMENT: Case[] = [
  ["x", "whereDocument", "expected an object such as", 'found the string "x"'],
  [{}, "whereDocument", "found an empty object"],
  [{ $contains: "x", $regex: "y" }, "whereDocument", "one key"],
  [{ contains: "x" }, "whereDocument.contains", "$not_contains", "$or", "Did you mean $contains?"],
  [{ $not: "x" }, "whereDocument.$not", "There is no $not"],
  [{ $eq: "x" }, "whereDocument.$eq", "values of metadata, in where"],
  [{ $contains: true }, "whereDocument.$contains", "a string", "found the boolean true"],
  [{ $contains: "\udc00" }, "whereDocument.$contains", "surrogate"],
  [{ $and: [] }, "whereDocument.$and", "at least one filter"],
  [
    { $or: [{ $regex: "(" }] },
    "whereDocument.$or[0].$regex",
    "RE2's syntax",
    'found "("',
    "missing",
  ],
];

describe("A filter is refused, and told where, what was found and what was expected,", () => {
  for (const [what, cases] of Object.entries(WHERE)) {
    it(`when it is one ${what}`, () => {
      for (const [where, path, ...says] of cases) {
        const message = refusal(where);
        expect(message).toMatch(new RegExp(`^${escaped(path)}[.[:]`, "u"));
        for (const part of says) expect(message).toContain(part);
      }
    });
  }

  it("when it is one of documents and has what they do not have", () => {
    for (const [whereDocument, path, ...says] of WHERE_DOCUMENT) {
      const message = refusal(undefined, whereDocument);
      expect(message.slice(0, path.length + 1)).toBe(`${path}:`);
      for (const part of says) expect(message).toContain(part);
    }
  });
});

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
}

describe("A filter is taken", () => {
  it("when it is not there, as one of all records", () => {
    for (const nothing of [undefined, null]) {
      expect(parseWhere(nothing, nothing)).toBeUndefined();
    }
  });

  it("with one part under $and and $or, 100 deep, and with 5,000 comparisons", () => {
    expect(parseWhere({ $and: [{ $or: [{ a: 1 }] }] }, undefined)).toEqual(
      parseWhere({ a: 1 }, undefined),
    );
    expect(parseWhere(deep(100), undefined)).toBeDefined();
    const many = Array.from({ length: 5_000 }, (_, i) => ({ [`n${i}`]: { $gt: i } }));
    expect(parseWhere({ $or: many }, undefined)).toBeDefined();
    expect(refusal({ $or: [...many, { a: 1 }] })).toContain(
      "where.$or[5000]: expected at most 5000",
    );
  });

  it("with names of any other kind, and objects without a prototype", () => {
    const where = JSON.parse('{"$and":[{"__proto__":1},{"constructor":{"$ne":1}},{"a#$":1}]}');
    expect(parseWhere(where, undefined)).toMatchObject({ type: "all" });
    expect(parseWhere(Object.assign(Object.create(null), { a: 1 }), undefined)).toBeDefined();
  });
});
