import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Metadata } from "../src/store/metadata.js";
import { Float } from "../src/store/metadata.js";
import type { Condition } from "../src/store/where/condition.js";
import type { Where, WhereDocument } from "../src/store/where/grammar.js";
import { matches } from "../src/store/where/matches.js";
import { parseWhere } from "../src/store/where/parse-where.js";
import { records, whereDocuments, wheres } from "./where/arbitraries.js";
import { FilterDatabase, type FilteredRecord } from "./where/filter-database.js";

const database = new FilterDatabase();
afterAll(() => database.close());

const parse = (where?: Where, whereDocument?: WhereDocument) =>
  parseWhere(where, whereDocument) as Condition;

/** What SQL finds, by either way, and the evaluator: they have to agree. */
function found(all: readonly FilteredRecord[], condition: Condition): number[] {
  const expected = [...all.keys()].filter((key) => {
    const { metadata, document } = all[key] as FilteredRecord;
    return matches(condition, metadata, document);
  });
  expect(database.matching(condition)).toEqual(expected);
  expect(database.selected(condition)).toEqual(expected);
  return expected;
}

describe("The SQL of a filter", () => {
  it("finds what the evaluator finds, for records and filters of all kinds", () => {
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 1, maxLength: 20 }),
        fc.array(fc.tuple(fc.option(wheres), fc.option(whereDocuments)), { minLength: 10 }),
        (all, filters) => {
          database.fill(all);
          for (const [where, whereDocument] of filters) {
            const condition = parseWhere(where, whereDocument);
            if (condition === undefined) continue;
            const keys = found(all, condition);
            expect(database.notMatching(condition)).toHaveLength(all.length - keys.length);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("A filter of metadata", () => {
  const of = (...metadata: (Metadata | null)[]) => {
    const all = metadata.map((m) => ({ metadata: m, document: null }));
    database.fill(all);
    return (where: Where) => found(all, parse(where));
  };

  it("compares within a kind: a string is never a number, nor true one", () => {
    const keys = of({ a: "1" }, { a: 1 }, { a: true }, { a: "true" }, { a: 0 }, { a: false });
    expect(keys({ a: "1" })).toEqual([0]);
    expect(keys({ a: 1 })).toEqual([1]);
    expect(keys({ a: true })).toEqual([2]);
    expect(keys({ a: { $gte: 0 } })).toEqual([1, 4]);
    expect(keys({ a: { $in: [true, false] } })).toEqual([2, 5]);
  });

  it("compares integers with floats by value, where Chroma cuts the fraction off", () => {
    const keys = of({ n: 1 }, { n: 2 }, { n: new Float(1) }, { n: 1.5 });
    expect(keys({ n: 1.5 })).toEqual([3]);
    expect(keys({ n: { $lt: 1.5 } })).toEqual([0, 2]);
    expect(keys({ n: { $gte: 1.5 } })).toEqual([1, 3]);
    expect(keys({ n: new Float(1) })).toEqual([0, 2]);
    expect(keys({ n: { $nin: [1n, 1.5] } })).toEqual([1]);
  });

  it("tells integers apart that are one as floats", () => {
    const big = 2n ** 53n;
    const keys = of({ n: big }, { n: big + 1n }, { n: new Float(2 ** 53) }, { n: 2n ** 63n - 1n });
    expect(keys({ n: big + 1n })).toEqual([1]);
    expect(keys({ n: 2 ** 53 })).toEqual([0, 2]);
    expect(keys({ n: { $gt: 2 ** 53 } })).toEqual([1, 3]);
    expect(keys({ n: { $in: [big + 1n, 0.1] } })).toEqual([1]);
    expect(keys({ n: { $lt: 2 ** 63 } })).toEqual([0, 1, 2, 3]);
  });

  it("finds records without the key by negative operators only", () => {
    const keys = of({ a: 1 }, { b: 1 }, null);
    expect(keys({ a: { $ne: 1 } })).toEqual([1, 2]);
    expect(keys({ a: { $nin: [1, 2] } })).toEqual([1, 2]);
    expect(keys({ a: { $not_contains: 1 } })).toEqual([0, 1, 2]);
    expect(keys({ a: { $lt: 5 } })).toEqual([0]);
    expect(keys({ $or: [{ a: { $ne: 1 } }, { a: 1 }] })).toEqual([0, 1, 2]);
  });

  it("tells the least numbers from 0", () => {
    const keys = of({ n: 0 }, { n: 5e-324 }, { n: 1e-17 }, { n: -1e-17 });
    expect(keys({ n: 0 })).toEqual([0]);
    expect(keys({ n: { $gt: 0 } })).toEqual([1, 2]);
    expect(keys({ n: { $in: [1e-17, 5] } })).toEqual([2]);
  });

  it("finds what lies within all of several bounds, with the ends or without", () => {
    const keys = of({ n: 1 }, { n: 2 }, { n: 3 }, { n: "2" });
    expect(keys({ $and: [{ n: { $gte: 1 } }, { n: { $gt: 1 } }, { n: { $lt: 9 } }] })).toEqual([
      1, 2,
    ]);
    expect(keys({ $and: [{ n: { $lte: 2 } }, { n: { $lt: 3n } }, { n: { $gt: 0 } }] })).toEqual([
      0, 1,
    ]);
    expect(keys({ $and: [{ n: { $lt: 2 } }, { n: { $lte: 2 } }, { n: { $gt: 0 } }] })).toEqual([0]);
    expect(keys({ $and: [{ n: { $gt: 2 } }, { n: { $lt: 2 } }] })).toEqual([]);
  });

  it("finds elements of lists by $contains, and values by the rest", () => {
    const keys = of({ t: ["x", "y", "x"] }, { t: "x" }, { t: ["xy"] }, { t: [1, 1.5] });
    expect(keys({ t: { $contains: "x" } })).toEqual([0]);
    expect(keys({ t: "x" })).toEqual([1]);
    expect(keys({ t: { $not_contains: "x" } })).toEqual([1, 2, 3]);
    expect(keys({ t: { $contains: 1.5 } })).toEqual([3]);
    expect(keys({ t: { $gte: 1 } })).toEqual([]);
  });

  it("takes names and strings as they are, whatever is in them", () => {
    const name = `"; DROP TABLE x; --'`;
    const keys = of({ [name]: name }, { "a.b": "%" }, { "a.b": "100%" });
    expect(keys({ [name]: name })).toEqual([0]);
    expect(keys({ "a.b": "%" })).toEqual([1]);
  });

  it("searches one range of the index a comparison, and does not read the records", () => {
    const year = { $and: [{ y: { $gte: 1 } }, { y: { $lt: 5 } }, { a: { $in: [1, 2] } }] };
    for (const where of [year, { $or: [year, { t: { $contains: "x" } }] }, { y: { $gt: 1 } }]) {
      const reading = database.plan(parse(where)).filter((step) => /^(SCAN|SEARCH)/u.test(step));
      for (const step of reading) {
        expect(step).toMatch(
          /^SCAN (json_each|\(subquery)|PRIMARY KEY \(name=\? AND kind=\? AND value[=<>]/u,
        );
      }
      expect(database.plan(parse(where)).join()).not.toContain(database.tables.records);
    }
    const steps = database.plan(parse(year)).join("\n");
    expect(steps).toContain("(name=? AND kind=? AND value>? AND value<?)");
  });
});

describe("A filter of documents", () => {
  const of = (...documents: (string | null)[]) => {
    const all = documents.map((document, i) => ({ metadata: { i }, document }));
    database.fill(all);
    return (where: WhereDocument) => {
      const keys = found(all, parse(undefined, where));
      if (!("$and" in where) && !("$or" in where)) {
        expect(found(all, parse({ "#document": where }))).toEqual(keys);
      }
      return keys;
    };
  };

  it("finds text as it is: case counts, and nothing stands for anything", () => {
    const keys = of("100% of it", "100 of it", "OF", null);
    expect(keys({ $contains: "0% o" })).toEqual([0]);
    expect(keys({ $contains: "of" })).toEqual([0, 1]);
    expect(keys({ $contains: "_" })).toEqual([]);
  });

  it("finds every record that has a document by an empty text", () => {
    const keys = of("a", "", null);
    expect(keys({ $contains: "" })).toEqual([0, 1]);
    expect(keys({ $not_contains: "" })).toEqual([2]);
  });

  it("finds records without a document by negative operators only", () => {
    const keys = of("a", "b", null);
    expect(keys({ $not_contains: "a" })).toEqual([1, 2]);
    expect(keys({ $not_regex: "^a" })).toEqual([1, 2]);
    expect(keys({ $regex: "" })).toEqual([0, 1]);
    expect(keys({ $or: [{ $contains: "a" }, { $regex: "b" }] })).toEqual([0, 1]);
  });

  it("finds the same by the words of a text as by the text", () => {
    const pieces = fc.constantFrom(
      ...[
        "a",
        "ran",
        "running",
        "run",
        "Run",
        "7",
        " ",
        " ",
        "-",
        "_",
        "'",
        '"',
        "\n",
        "é",
        "e\u0301",
        "ﬁ",
        "ス",
        "猫",
        "ß",
        "İ",
      ],
    );
    const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(texts, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.nat(),
        (all, at, size) => {
          database.fill(all.map((document) => ({ metadata: null, document })));
          const letters = [...all.join(" ")];
          const from = at % Math.max(1, letters.length);
          const $contains = letters.slice(from, from + 1 + (size % 9)).join("");
          found(
            all.map((document) => ({ metadata: null, document })),
            parse(undefined, { $contains }),
          );
          found(
            all.map((document) => ({ metadata: null, document })),
            parse(undefined, { $not_contains: $contains }),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it("reads few documents where the text has a word between two others", () => {
    const plan = (text: string) => database.plan(parse(undefined, { $contains: text })).join("\n");
    expect(plan("tumor necrosis factor")).toContain("VIRTUAL TABLE");
    expect(plan("(p53)")).toContain("VIRTUAL TABLE");
    for (const text of ["necrosis", "tumor necrosis", "énecrosisé", "  ", "éa "]) {
      expect(plan(text)).not.toContain("VIRTUAL TABLE");
    }
  });

  it("combines with one of metadata by and", () => {
    const all = [0, 1, 2].map((i) => ({ metadata: { i }, document: i < 2 ? "x" : "y" }));
    database.fill(all);
    expect(found(all, parse({ i: { $gt: 0 } }, { $contains: "x" }))).toEqual([1]);
    const either: Where = { $or: [{ i: 0 }, { "#document": { $contains: "y" } }] };
    expect(found(all, parse(either))).toEqual([0, 2]);
  });
});

describe("A large filter", () => {
  const all = Array.from({ length: 1_000 }, (_, i) => ({
    metadata: { i, s: `s${i}`, half: i + 0.5 },
    document: `d${i}d`,
  }));
  const filled = (where: Where) => {
    database.fill(all);
    return database.selected(parse(where));
  };
  const numbers = (length: number, step = 2) => Array.from({ length }, (_, i) => i * step);

  it("may have 50,000 values in a list, of any kind", () => {
    const even = numbers(500);
    expect(filled({ i: { $in: numbers(50_000) } })).toEqual(even);
    expect(filled({ s: { $in: numbers(50_000).map((i) => `s${i}`) } })).toEqual(even);
    expect(filled({ half: { $in: numbers(50_000).map((i) => i + 0.5) } })).toEqual(even);
    expect(filled({ half: { $nin: numbers(50_000).map((i) => i + 1.5) } })).toEqual(even);
  });

  it("may have 1,000 comparisons side by side, on metadata and on documents", () => {
    const ors = numbers(1_000);
    const under = (i: number): Where => ({ $and: [{ i: { $gte: i } }, { i: { $lt: i + 1 } }] });
    expect(filled({ $or: ors.map((i) => ({ s: `s${i}` })) })).toEqual(numbers(500));
    expect(filled({ $or: ors.map(under) })).toEqual(numbers(500));
    expect(filled({ $and: ors.map((i) => ({ [`n${i}`]: { $ne: 1 } })) })).toHaveLength(1_000);
    expect(filled({ $and: ors.map((i) => ({ i: { $gte: i - 1_500 } })) })).toEqual(
      numbers(502, 1).map((i) => i + 498),
    );
    expect(filled({ $or: ors.map((i) => ({ "#document": { $contains: `d${i}d` } })) })).toEqual(
      numbers(500),
    );
    const mixed = ors.map((i): Where => (i % 4 ? under(i) : { "#document": { $regex: `d${i}d` } }));
    expect(filled({ $or: mixed })).toEqual(numbers(500));
  });

  it("may be 100 deep, and wide at every level", () => {
    const nest = (leaf: (i: number) => Where): Where => {
      let where = leaf(0);
      for (let i = 1; i <= 100; i++) {
        const others = Array.from({ length: 40 }, (_, j) => leaf(40 * i + j));
        where =
          i % 2 ? { $or: [where, ...others] } : { $and: [where, { i: { $gte: 0 } }, leaf(0)] };
      }
      return where;
    };
    for (const leaf of [
      (i: number): Where => ({ i: { $gte: i } }),
      (i: number): Where => ({ "#document": { $contains: `${i}` } }),
    ]) {
      database.fill(all);
      expect(found(all, parse(nest(leaf))).length).toBeGreaterThan(0);
    }
  });
});
