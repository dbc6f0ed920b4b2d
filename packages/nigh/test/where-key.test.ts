import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Float } from "../src/store/metadata.js";
import type { Condition } from "../src/store/where/condition.js";
import { conditionKey } from "../src/store/where/condition-key.js";
import type { Where } from "../src/store/where/grammar.js";
import { matches } from "../src/store/where/matches.js";
import { parseWhere } from "../src/store/where/parse-where.js";
import { records, wheres } from "./where/arbitraries.js";

const keyOf = (where: Where) => conditionKey(parseWhere(where, undefined) as Condition);

/** The same filter, written differently: turned round, repeated, wrapped. */
function rewritten(where: Where): Where {
  const [[key, value] = ["", undefined]] = Object.entries(where);
  if (key !== "$and" && key !== "$or") return { $or: [where, { $and: [where] }] };
  const parts = [...(value as Where[])].reverse().map(rewritten);
  return key === "$and"
    ? { $and: [{ $and: parts }, ...parts] }
    : { $or: [{ $or: parts }, ...parts] };
}

describe("The key of a filter", () => {
  it("is the same however the filter is written", () => {
    fc.assert(
      fc.property(wheres, (where) => {
        expect(keyOf(rewritten(where))).toBe(keyOf(where));
      }),
    );
  });

  it("is another one for filters that find different records", () => {
    const sameKey = new Map<string, Condition>();
    let met = 0;
    fc.assert(
      fc.property(wheres, fc.array(records, { minLength: 10, maxLength: 10 }), (where, all) => {
        const condition = parseWhere(where, undefined) as Condition;
        const other = sameKey.get(conditionKey(condition));
        if (other === undefined) sameKey.set(conditionKey(condition), condition);
        else met += 1;
        for (const { metadata, document } of other ? all : []) {
          expect(matches(condition, metadata, document)).toBe(
            matches(other as Condition, metadata, document),
          );
        }
      }),
      { numRuns: 3_000 },
    );
    expect(met).toBeGreaterThan(50);
  });

  const one: Where[] = [
    ...[1, 1n, new Float(1), { $eq: 1 }, { $in: [1] }, { $in: [1n, new Float(1)] }].map(
      (value): Where => ({ a: value }),
    ),
    { $or: [{ a: 1 }, { a: { $in: [1, 1n] } }] },
  ];

  it("is one for 1, 1n and new Float(1), alone, by $eq and in a list", () => {
    expect(new Set(one.map(keyOf)).size).toBe(1);
    expect(keyOf({ a: { $gt: -0 } })).toBe(keyOf({ a: { $gt: 0n } }));
  });

  it("is one for a list and for its values joined by $or, or by $and where they are excluded", () => {
    expect(keyOf({ a: { $in: [2, 1, 2] } })).toBe(keyOf({ $or: [{ a: 1 }, { a: 2 }] }));
    expect(keyOf({ a: { $nin: ["y", "x"] } })).toBe(
      keyOf({ $and: [{ a: { $ne: "x" } }, { a: { $ne: "y" } }] }),
    );
  });

  it("tells apart what differs in any part", () => {
    const all: Where[] = [
      { a: 1 },
      { b: 1 },
      { a: "1" },
      { a: true },
      { a: 2n ** 53n },
      { a: 2n ** 53n + 1n },
      { a: { $ne: 1 } },
      { a: { $gt: 1 } },
      { a: { $gte: 1 } },
      { a: { $contains: 1 } },
      { a: { $not_contains: 1 } },
      { a: { $in: [1, 2] } },
      { $and: [{ a: 1 }, { a: 2 }] },
      { $and: [{ a: 1 }, { b: 1 }] },
      { $or: [{ a: 1 }, { b: 1 }] },
      { "#document": { $contains: "a" } },
      { "#document": { $not_contains: "a" } },
      { "#document": { $regex: "a" } },
      { "#document": { $not_regex: "a" } },
    ];
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
  });
});
