import fc from "fast-check";
import type { ExchangeHeader, Import, ImportedRecord } from "../../src/store/exchange/exchange.js";
import {
  decodeMetadata,
  encodeMetadata,
  Float,
  type Metadata,
  type MetadataScalar,
} from "../../src/store/metadata.js";
import type { StoredRecord } from "../../src/store/record.js";

export const HEADER: ExchangeHeader = {
  name: "notes",
  metadata: { kept: new Float(2), many: 2n ** 60n + 1n },
  configuration: { space: "cosine", hnsw: { m: 16 } },
  embedder: { name: "all-MiniLM-L6-v2", fingerprint: "f00d", dimension: 3 },
  dimension: 3,
};

/** Texts of the kinds that formats lose: byte order marks, line ends of all sorts, NUL, beyond the basic plane. */
const oddTexts = [
  "",
  "\ufeff",
  "\ufeffa",
  "a\nb\r\nc\u2028d\u2029e\u0085",
  "\0",
  '"\\',
  "e\u0301 😀 漢",
  '{"int":"1"}',
  "1.0",
  "null",
  "\ufffd\uffff",
  "__proto__",
];
export const texts = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: "binary" }));
/** Halves of characters, which JSON can hold and UTF-8 cannot. */
export const brokenTexts = fc.constantFrom("\ud83d", "a\udc00b", "\udc00\ud83d");

const keys = fc.oneof(
  fc.constantFrom(
    "year",
    "score",
    "id",
    "document",
    "embedding",
    "a.b",
    "a",
    "a.list.element",
    "Year",
  ),
  texts,
);
const integers: fc.Arbitrary<MetadataScalar> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).filter((x) => !Number.isSafeInteger(Number(x))),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 60n),
);
const floats: fc.Arbitrary<MetadataScalar> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(asFloat),
  fc.constantFrom(
    new Float(1),
    new Float(-0),
    new Float(1e21),
    new Float(2 ** 53),
    5e-324,
    new Float(1e20),
  ),
);
const scalars = fc.oneof(texts, fc.boolean(), integers, floats);
const lists = fc.oneof(
  fc.array(texts),
  fc.array(fc.boolean()),
  fc.array(fc.oneof(integers, floats)),
);
export const metadatas: fc.Arbitrary<Metadata> = fc
  .array(fc.tuple(keys, fc.oneof(scalars, lists)), { minLength: 1, maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));

function asFloat(value: number): MetadataScalar {
  return Number.isInteger(value) ? new Float(value) : value;
}

/** float32 of any bits that are a finite number: denormals, -0, the largest. */
const singles = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    2 ** -149,
    -(2 ** -149),
    2 ** -126,
    3.4028234663852886e38,
    1e-7,
    0.1,
    1,
    16777216,
  ),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => {
    const value = new Float32Array(new Uint32Array([bits]).buffer)[0] ?? 0;
    return Number.isFinite(value) ? value : 0;
  }),
);

export const records: fc.Arbitrary<StoredRecord[]> = fc
  .integer({ min: 1, max: 5 })
  .chain((dimension) =>
    fc.array(
      fc.record({
        id: texts,
        document: fc.option(texts),
        metadata: fc.option(metadatas),
        uri: fc.option(texts),
        embedding: fc
          .array(singles, { minLength: dimension, maxLength: dimension })
          .map((values) => Float32Array.from(values)),
      }),
      { maxLength: 8 },
    ),
  );

export function headerFor(records: readonly StoredRecord[]): ExchangeHeader {
  return { ...HEADER, dimension: records[0]?.embedding.length ?? null };
}

/** Everything of a record in a form in which equal means the same: bits of embeddings, kinds of numbers, no prototypes. */
export function exact(record: StoredRecord | ImportedRecord): unknown {
  const { id, document, metadata, uri, embedding } = record;
  const stored = metadata && encodeMetadata(metadata);
  if (stored) decodeMetadata(stored);
  const bits = embedding && [...new Uint32Array(new Float32Array(embedding).buffer)];
  return { id, document, metadata: stored, uri, bits };
}

export async function readAll(file: Import): Promise<ImportedRecord[]> {
  const found: ImportedRecord[] = [];
  for await (const record of file.records) found.push(record);
  return found;
}

/** Three records with something of everything; the fixtures hold them too. */
export const EXAMPLES: readonly StoredRecord[] = [
  {
    id: "first",
    document: "Über 😀\nsecond line",
    metadata: {
      year: 1999,
      score: new Float(1),
      big: 2n ** 62n + 1n,
      tags: ["a", "b"],
      draft: true,
    },
    uri: "file:///first.md",
    embedding: Float32Array.of(0.1, -0, 2 ** -149),
  },
  {
    id: "second",
    document: null,
    metadata: null,
    uri: null,
    embedding: Float32Array.of(1, -2.5, 1e30),
  },
  {
    id: "third",
    document: "",
    metadata: { year: 2001, score: 0.5, tags: [], draft: false, mixed: "text" },
    uri: null,
    embedding: Float32Array.of(0, 0.333333343, -1e-7),
  },
];
