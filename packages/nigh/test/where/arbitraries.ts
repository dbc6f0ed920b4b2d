import fc from "fast-check";
import { Float, type MetadataScalar, type MetadataValue } from "../../src/store/metadata.js";
import type { Where, WhereDocument } from "../../src/store/where/grammar.js";
import type { FilteredRecord } from "./filter-database.js";

/** Values of each kind, few of them, close to each other where comparing is delicate. */
const STRINGS = ["1", "true", "a'b", 'say "x"', "%", "_", "é", "e\u0301", "😀", "", "A", "a"];
const NUMBERS: (number | bigint | Float)[] = [
  ...[0, -0, 1, 1.5, 2, -1, 0.1, 0.30000000000000004, 0.3, 5e-324, 1e300, -1e300],
  ...[2 ** 53, 2 ** 53 - 1, 2 ** 63, -(2 ** 63), 2 ** 62],
  ...[2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 62n + 1n, 1n, 0n],
  ...[new Float(1), new Float(-0), new Float(1.5), new Float(2 ** 53)],
];

export const strings = fc.constantFrom(...STRINGS);
export const numbers = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);
const booleans = fc.boolean();
const scalars: fc.Arbitrary<MetadataScalar> = fc.oneof(strings, numbers, booleans);
const lists = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.array(arbitrary, { minLength: 1, maxLength: 4 });
const listsOfOneKind: fc.Arbitrary<MetadataScalar[]> = fc.oneof(
  lists<MetadataScalar>(strings),
  lists<MetadataScalar>(numbers),
  lists<MetadataScalar>(booleans),
);
const names = fc.constantFrom("a", "b", "it's", "__proto__", "constructor");
const texts = fc.constantFrom("", "a", "A", "%", "_", "é", "a'b", "😀", "ab");
const patterns = fc.constantFrom("a", "^a", "b$", "(?i)A", "\\p{L}+", "^$", "a|😀", "[^a]");

/** A record with what a filter may meet. */
export const records: fc.Arbitrary<FilteredRecord> = fc.record({
  metadata: fc.option(
    fc.dictionary(names, fc.oneof<fc.Arbitrary<MetadataValue>[]>(scalars, listsOfOneKind), {
      minKeys: 1,
    }),
  ),
  document: fc.option(lists(texts).map((parts) => parts.join(""))),
});

const documentComparisons = fc.oneof(
  texts.map(($contains) => ({ $contains })),
  texts.map(($not_contains) => ({ $not_contains })),
  patterns.map(($regex) => ({ $regex })),
  patterns.map(($not_regex) => ({ $not_regex })),
);

const comparisons = fc.oneof(
  scalars,
  ...["$eq", "$ne", "$contains", "$not_contains"].map((op) => scalars.map((x) => ({ [op]: x }))),
  ...["$gt", "$gte", "$lt", "$lte"].map((op) => numbers.map((x) => ({ [op]: x }))),
  ...["$in", "$nin"].map((op) => listsOfOneKind.map((x) => ({ [op]: x }))),
);

const leaves = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(names, comparisons).map(([name, x]) => ({ [name]: x }) as Where),
  },
  { weight: 1, arbitrary: documentComparisons.map((x): Where => ({ "#document": x })) },
);

/** Filters of metadata and documents, nested. */
export const wheres = fc.letrec<{ where: Where; list: Where[] }>((tie) => ({
  list: fc.array(tie("where"), { minLength: 1, maxLength: 3 }),
  where: fc.oneof(
    { depthSize: "small" },
    leaves,
    tie("list").map(($and) => ({ $and })),
    tie("list").map(($or) => ({ $or })),
  ),
})).where;

/** Filters of documents. */
export const whereDocuments: fc.Arbitrary<WhereDocument> = fc.oneof(
  documentComparisons,
  fc.array(documentComparisons, { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })),
  fc.array(documentComparisons, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
);
