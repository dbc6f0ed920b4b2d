import fc from "fast-check";
import { Float, type Metadata, type MetadataScalar, type Where, type WhereDocument } from "nigh";

/** Of one kind and of different kinds, next to each other and far apart. */
export const NUMBERS: readonly MetadataScalar[] = [
  -2,
  0,
  0.5,
  1,
  1.5,
  2,
  2n ** 60n,
  2n ** 60n + 1n,
];
export const STRINGS = ["", "x", "y", "1", "true", "Ünï 😀"] as const;
export const KEYS = ["n", "s", "on", "tags", "list", "__proto__"] as const;
export const DOCUMENTS = [
  "",
  "one",
  "one two",
  "two three one",
  "ONE",
  "Ünï 😀 x",
  "x%_'\"y",
] as const;

const number = fc.constantFrom<MetadataScalar>(...NUMBERS, new Float(1), new Float(2));
const string = fc.constantFrom<MetadataScalar>(...STRINGS);
const scalar = fc.oneof(number, string, fc.boolean());
const listOfOneKind = fc.oneof(
  fc.array(number, { minLength: 1, maxLength: 3 }),
  fc.array(string, { minLength: 1, maxLength: 3 }),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 2 }),
);

/** Values of metadata; null and empty lists take keys away. */
export const metadata = fc
  .array(
    fc.tuple(
      fc.constantFrom(...KEYS),
      fc.oneof(
        { weight: 6, arbitrary: scalar },
        { weight: 3, arbitrary: listOfOneKind },
        fc.constant(null),
        fc.constant([]),
      ),
    ),
    { maxLength: 4 },
  )
  .map((entries) => Object.fromEntries(entries));

const document = fc.oneof(
  fc.record({ $contains: fc.constantFrom("", "one", "ne t", "😀", "%", "zzz") }),
  fc.record({ $not_contains: fc.constantFrom("", "one", "two", "zzz") }),
  fc.record({ $regex: fc.constantFrom("^one", "o.e$", "(?i)^one$", "[xy]", "t(wo|hree)") }),
  fc.record({ $not_regex: fc.constantFrom("^one", "(?i)ONE", ".", "^$") }),
);

const key = fc.constantFrom(...KEYS, "missing");
const leaf = fc.oneof(
  fc.tuple(key, scalar).map(entry),
  fc.tuple(key, fc.constantFrom("$eq", "$ne"), scalar).map(comparison),
  fc.tuple(key, fc.constantFrom("$gt", "$gte", "$lt", "$lte"), number).map(comparison),
  fc.tuple(key, fc.constantFrom("$in", "$nin"), listOfOneKind).map(comparison),
  fc.tuple(key, fc.constantFrom("$contains", "$not_contains"), scalar).map(comparison),
  document.map((inner) => ({ "#document": inner })),
) as fc.Arbitrary<Where>;

function entry([name, value]: readonly [string, unknown]) {
  return Object.fromEntries([[name, value]]);
}

function comparison([name, operator, value]: readonly [string, string, unknown]) {
  return Object.fromEntries([[name, { [operator]: value }]]);
}

function combined<T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T> {
  const several = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    several.map((list) => ({ $and: list })),
    several.map((list) => ({ $or: list })),
  ) as unknown as fc.Arbitrary<T>;
}

/** Asked again and again, while records change. */
const usual = fc.constantFrom<Where>(
  { n: 1 },
  { n: { $gte: 1 } },
  { s: { $ne: "x" } },
  { "#document": { $contains: "one" } },
);

export const where: fc.Arbitrary<Where> = fc.oneof(
  { weight: 4, arbitrary: usual },
  { weight: 3, arbitrary: leaf },
  { weight: 2, arbitrary: combined(leaf) },
  { weight: 1, arbitrary: combined(fc.oneof(leaf, combined(leaf))) },
);
export const whereDocument = fc.oneof(
  { weight: 3, arbitrary: document as fc.Arbitrary<WhereDocument> },
  combined(document as fc.Arbitrary<WhereDocument>),
);

/** What the documentation says of filters, value by value. */
export function passes(
  filter: Where | undefined,
  ofDocument: WhereDocument | undefined,
  metadata: Metadata | null,
  text: string | null,
): boolean {
  return (
    (filter === undefined || passesWhere(filter, metadata, text)) &&
    (ofDocument === undefined || passesDocument(ofDocument, text))
  );
}

function passesWhere(filter: Where, metadata: Metadata | null, text: string | null): boolean {
  const [name, inner] = Object.entries(filter)[0] as [string, unknown];
  if (name === "$and") return (inner as Where[]).every((w) => passesWhere(w, metadata, text));
  if (name === "$or") return (inner as Where[]).some((w) => passesWhere(w, metadata, text));
  if (name === "#document") return passesDocument(inner as WhereDocument, text);
  const there = metadata !== null && Object.hasOwn(metadata, name);
  const value = there ? metadata[name] : undefined;
  const isPlain = typeof inner !== "object" || inner instanceof Float;
  const [operator, operand] = isPlain
    ? ["$eq", inner]
    : (Object.entries(inner as object)[0] as [string, unknown]);
  switch (operator) {
    case "$eq":
      return same(value, operand);
    case "$ne":
      return !same(value, operand);
    case "$in":
      return (operand as unknown[]).some((one) => same(value, one));
    case "$nin":
      return !(operand as unknown[]).some((one) => same(value, one));
    case "$contains":
      return Array.isArray(value) && value.some((one) => same(one, operand));
    case "$not_contains":
      return !(Array.isArray(value) && value.some((one) => same(one, operand)));
  }
  const [a, b] = [plain(value), plain(operand)] as [number, number];
  if (typeof a !== "number" && typeof a !== "bigint") return false;
  if (operator === "$gt") return a > b;
  if (operator === "$gte") return a >= b;
  return operator === "$lt" ? a < b : a <= b;
}

/** Within kinds; integers and floats by value. */
function same(a: unknown, b: unknown): boolean {
  const [x, y] = [plain(a), plain(b)];
  const isNumber = (value: unknown) => typeof value === "number" || typeof value === "bigint";
  // biome-ignore lint/suspicious/noDoubleEquals: it compares bigint with number by value
  return isNumber(x) && isNumber(y) ? x == y : x === y && typeof x !== "object" && x !== undefined;
}

function plain(value: unknown): unknown {
  return value instanceof Float ? value.value : value;
}

function passesDocument(filter: WhereDocument, text: string | null): boolean {
  const [operator, operand] = Object.entries(filter)[0] as [string, never];
  switch (operator) {
    case "$and":
      return (operand as WhereDocument[]).every((w) => passesDocument(w, text));
    case "$or":
      return (operand as WhereDocument[]).some((w) => passesDocument(w, text));
    case "$contains":
      return text?.includes(operand) ?? false;
    case "$not_contains":
      return !(text?.includes(operand) ?? false);
    case "$regex":
      return text !== null && regex(operand).test(text);
    default:
      return !(text !== null && regex(operand).test(text));
  }
}

function regex(pattern: string): RegExp {
  const bare = pattern.replace("(?i)", "");
  return new RegExp(bare, bare === pattern ? "u" : "iu");
}
