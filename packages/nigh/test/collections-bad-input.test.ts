import {
  type Collection,
  EphemeralClient,
  type ErrorCode,
  Float,
  Matrix,
  PersistentClient,
  type RecordColumns,
} from "nigh";
import { beforeAll, describe, expect, it } from "vitest";
import { type AnyClient, bare, onEachClient, three } from "./collections/clients.js";
import { dump } from "./collections/dump.js";
import { SmallEmbedder } from "./collections/embedders.js";
import { refused, refusedAtOnce } from "./collections/refused.js";

/** What is given, what for, and what the message must say. */
type Case = readonly [title: string, given: unknown, code: ErrorCode, ...says: (string | RegExp)[]];

const BAD = "ERR_INVALID_ARGUMENT";
const HALF = "a\ud83d";
const v = [1, 2];

/** Records that add, update and upsert all refuse, in a collection of two dimensions. */
const RECORDS: readonly Case[] = [
  ["records that are no object", 5, BAD, "object", "the number 5"],
  ["records that are null", null, BAD, "object", "null"],
  ["records that are a list", [], BAD, "object", "array"],
  ["no ids", { embeddings: [v] }, BAD, '"ids"', "undefined"],
  ["ids that are a number", { ids: 7, embeddings: [v] }, BAD, '"ids"', "the number 7"],
  ["ids that are a Set", { ids: new Set(["x"]), embeddings: [v] }, BAD, '"ids"', "Set"],
  ["an id that is a number", { ids: ["x", 7], embeddings: [v, v] }, BAD, "ids[1]", "the number 7"],
  ["an id that is null", { ids: [null], embeddings: [v] }, BAD, "ids[0]", "null"],
  ["an id that is a list", { ids: [["x"]], embeddings: [v] }, BAD, "ids[0]", "array"],
  ["a hole in ids", { ids: new Array(2), embeddings: [v, v] }, BAD, "ids[0]", "undefined"],
  ["an empty id", { ids: ["x", ""], embeddings: [v, v] }, BAD, "ids[1]", "not empty"],
  ["an id twice", { ids: ["x", "y", "x"], embeddings: [v, v, v] }, BAD, '"x"', "ids[0]", "ids[2]"],
  ["NUL in an id", { ids: ["a\0b"], embeddings: [v] }, BAD, "ids[0]", "NUL", "at 1"],
  [
    "NUL in a document",
    { ids: ["x"], embeddings: [v], documents: ["\0"] },
    BAD,
    "documents[0]",
    '"x"',
    "NUL",
  ],
  ["NUL in a uri", { ids: ["x"], embeddings: [v], uris: ["u\0"] }, BAD, "uris[0]", "NUL"],
  ["NUL in a key", { ids: ["x"], embeddings: [v], metadatas: [{ "k\0": 1 }] }, BAD, "key", "NUL"],
  ["NUL in a value", { ids: ["x"], embeddings: [v], metadatas: [{ k: "\0" }] }, BAD, ".k", "NUL"],
  [
    "NUL in a list",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: ["a", "\0"] }] },
    BAD,
    ".k[1]",
    "NUL",
  ],
  [
    "half of a surrogate pair in an id",
    { ids: [HALF], embeddings: [v] },
    BAD,
    "ids[0]",
    "surrogate",
  ],
  [
    "half of a surrogate pair in a document",
    { ids: ["x"], embeddings: [v], documents: [HALF] },
    BAD,
    "documents[0]",
    '"x"',
    "surrogate",
    "toWellFormed",
  ],
  ["… in a uri", { ids: ["x"], embeddings: [v], uris: ["\udc00"] }, BAD, "uris[0]", "surrogate"],
  [
    "… in a value of metadata",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: HALF }] },
    BAD,
    "metadatas[0]",
    "k",
    "surrogate",
  ],
  [
    "… in a list of metadata",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: ["a", HALF] }] },
    BAD,
    "k[1]",
    "surrogate",
  ],
  [
    "… in a key of metadata",
    { ids: ["x"], embeddings: [v], metadatas: [{ [HALF]: 1 }] },
    BAD,
    "key",
    "surrogate",
  ],
  [
    "more documents than ids",
    { ids: ["x"], embeddings: [v], documents: ["a", "b"] },
    BAD,
    "1 ids",
    "2 documents",
  ],
  [
    "fewer metadatas than ids",
    { ids: ["x", "y"], embeddings: [v, v], metadatas: [{}] },
    BAD,
    "2 ids",
    "1 metadatas",
  ],
  ["fewer uris than ids", { ids: ["x"], embeddings: [v], uris: [] }, BAD, "1 ids", "0 uris"],
  ["fewer embeddings than ids", { ids: ["x", "y"], embeddings: [v] }, BAD, "2 ids", "1 embeddings"],
  [
    "a Matrix of too few rows",
    { ids: ["x", "y"], embeddings: Matrix.zeros(1, 2) },
    BAD,
    "2 ids",
    "1 embeddings",
  ],
  [
    "documents that are no list",
    { ids: ["x"], embeddings: [v], documents: "text" },
    BAD,
    "documents",
    "list",
    "text",
  ],
  [
    "a document that is a number",
    { ids: ["x"], embeddings: [v], documents: [5] },
    BAD,
    "documents[0]",
    "the number 5",
  ],
  [
    "a uri that is a URL",
    { ids: ["x"], embeddings: [v], uris: [new URL("file:///a")] },
    BAD,
    "uris[0]",
    "URL",
  ],
  [
    "embeddings that are a number",
    { ids: ["x"], embeddings: 5 },
    BAD,
    "embeddings",
    "the number 5",
  ],
  [
    "an embedding that is a string",
    { ids: ["x"], embeddings: ["1,2"] },
    BAD,
    "embeddings[0]",
    '"1,2"',
  ],
  [
    "an embedding that is a number",
    { ids: ["x"], embeddings: [5] },
    BAD,
    "embeddings[0]",
    "the number 5",
  ],
  [
    "an embedding of float64",
    { ids: ["x"], embeddings: [new Float64Array(2)] },
    BAD,
    "embeddings[0]",
    "Float64Array",
  ],
  ["an empty embedding", { ids: ["x"], embeddings: [[]] }, BAD, "embeddings[0]", "empty"],
  [
    "an embedding that is too long to be searched",
    { ids: ["x"], embeddings: [new Float32Array(65_537)] },
    BAD,
    "embeddings[0]",
    "65537",
    "65536 at most",
  ],
  [
    "an empty Float32Array",
    { ids: ["x"], embeddings: [new Float32Array()] },
    BAD,
    "embeddings[0]",
    "empty",
  ],
  [
    "NaN in an embedding",
    { ids: ["x"], embeddings: [[1, Number.NaN]] },
    BAD,
    "embeddings[0][1]",
    "NaN",
  ],
  [
    "Infinity in an embedding",
    { ids: ["x"], embeddings: [[-Infinity, 1]] },
    BAD,
    "embeddings[0][0]",
    "-Infinity",
  ],
  [
    "NaN in a Float32Array",
    { ids: ["x"], embeddings: [new Float32Array([1, Number.NaN])] },
    BAD,
    "[0][1]",
    "NaN",
  ],
  [
    "NaN in a Matrix",
    { ids: ["x"], embeddings: new Matrix(new Float32Array([1, Number.NaN]), 1, 2) },
    BAD,
    "[0][1]",
    "NaN",
  ],
  [
    "a number beyond float32",
    { ids: ["x", "y"], embeddings: [v, [1e39, 1]] },
    BAD,
    "embeddings[1][0]",
    "1e+39",
    "float32",
  ],
  [
    "a bigint in an embedding",
    { ids: ["x"], embeddings: [[1n, 2]] },
    BAD,
    "embeddings[0][0]",
    "bigint",
  ],
  [
    "a symbol in an embedding",
    { ids: ["x"], embeddings: [[1, Symbol("s")]] },
    BAD,
    "embeddings[0][1]",
    "symbol",
  ],
  [
    "a string in an embedding",
    { ids: ["x"], embeddings: [["1", 2]] },
    BAD,
    "embeddings[0][0]",
    '"1"',
  ],
  [
    "a hole in an embedding",
    { ids: ["x"], embeddings: [new Array(2)] },
    BAD,
    "embeddings[0][0]",
    "undefined",
  ],
  [
    "embeddings of different lengths",
    { ids: ["x", "y"], embeddings: [v, [1, 2, 3]] },
    "ERR_DIMENSION",
    "embeddings[1]",
    "3",
    "2",
  ],
  [
    "metadata that is a list",
    { ids: ["x"], embeddings: [v], metadatas: [[1]] },
    BAD,
    "metadatas[0]",
    '"x"',
    "array",
  ],
  [
    "metadata that is a string",
    { ids: ["x"], embeddings: [v], metadatas: ["n"] },
    BAD,
    "metadatas[0]",
    '"n"',
  ],
  [
    "metadata that is a Map",
    { ids: ["x"], embeddings: [v], metadatas: [new Map([["a", 1]])] },
    BAD,
    "metadatas[0]",
    "Map",
  ],
  ["an empty key", { ids: ["x"], embeddings: [v], metadatas: [{ "": 1 }] }, BAD, '""', "not empty"],
  [
    "a key that starts with #",
    { ids: ["x"], embeddings: [v], metadatas: [{ "#a": 1 }] },
    BAD,
    '"#a"',
    '"#"',
  ],
  [
    "a key that starts with $",
    { ids: ["x"], embeddings: [v], metadatas: [{ $a: 1 }] },
    BAD,
    '"$a"',
    '"$"',
  ],
  [
    "a value that is an object",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: {} }] },
    BAD,
    ".k",
    "an object",
  ],
  [
    "a value that is a Date",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: new Date(0) }] },
    BAD,
    ".k",
    "Date",
  ],
  [
    "a value that is a function",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: () => 1 }] },
    BAD,
    ".k",
    "function",
  ],
  [
    "a value that is NaN",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: Number.NaN }] },
    BAD,
    ".k",
    "NaN",
  ],
  [
    "a value that is Infinity",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: Infinity }] },
    BAD,
    ".k",
    "Infinity",
  ],
  [
    "an integer of 65 bits",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: 2n ** 63n }] },
    BAD,
    ".k",
    "9223372036854775808",
    "64 bits",
  ],
  [
    "a negative integer of 65 bits",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: -(2n ** 63n) - 1n }] },
    BAD,
    ".k",
    "-9223372036854775809",
  ],
  [
    "a list of two kinds",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: [1, "a"] }] },
    BAD,
    ".k[1]",
    '"a"',
    "one kind",
  ],
  [
    "a list of booleans and numbers",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: [true, 1] }] },
    BAD,
    ".k[1]",
    "one kind",
  ],
  [
    "a list in a list",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: [["a"]] }] },
    BAD,
    ".k[0]",
    "array",
  ],
  [
    "null in a list",
    { ids: ["x"], embeddings: [v], metadatas: [{ k: ["a", null] }] },
    BAD,
    ".k[1]",
    "null",
  ],
  [
    "a column of another name",
    { ids: ["x"], embeddings: [v], document: ["a"] },
    "ERR_UNKNOWN_OPTION",
    '"document"',
    'Did you mean "documents"',
  ],
  [
    "the name that Python has",
    { ids: ["x"], embedding: [v] },
    "ERR_UNKNOWN_OPTION",
    '"embedding"',
    'Did you mean "embeddings"',
  ],
];

const WRITES: readonly Case[] = [
  ["options of a write that are null", null, BAD, "object", "null"],
  [
    "an unknown option of a write",
    { showProgresBar: true },
    "ERR_UNKNOWN_OPTION",
    'Did you mean "showProgressBar"',
  ],
  [
    "a progress bar that is a string",
    { showProgressBar: "yes" },
    BAD,
    "showProgressBar",
    "boolean",
    '"yes"',
  ],
  [
    "onProgress that is no function",
    { onProgress: 3 },
    BAD,
    "onProgress",
    "function",
    "the number 3",
  ],
  ["a signal that is none", { signal: "stop" }, BAD, "signal", "AbortSignal", '"stop"'],
  ["a signal that has fired", { signal: AbortSignal.abort() }, "ERR_ABORTED", "AbortSignal"],
];

const GETS: readonly Case[] = [
  ["options that are null", null, BAD, "object", "null"],
  ["an unknown option", { limt: 1 }, "ERR_UNKNOWN_OPTION", '"limt"', 'Did you mean "limit"'],
  ["ids that are a number", { ids: 1 }, BAD, '"ids"', "the number 1"],
  ["an id that is a number", { ids: ["a", 1] }, BAD, "ids[1]", "the number 1"],
  ["an empty id", { ids: [""] }, BAD, "ids[0]", "not empty"],
  ["half of a surrogate pair", { ids: [HALF] }, BAD, "ids[0]", "surrogate"],
  ["NUL in an id", { ids: ["a\0"] }, BAD, "ids[0]", "NUL"],
];

const PAGES: readonly Case[] = [
  ["a negative limit", { limit: -1 }, BAD, '"limit"', "at least 0", "the number -1"],
  ["a limit with a fraction", { limit: 1.5 }, BAD, '"limit"', "integer", "1.5"],
  ["a limit that is a string", { limit: "1" }, BAD, '"limit"', '"1"'],
  ["a limit that is NaN", { limit: Number.NaN }, BAD, '"limit"', "NaN"],
  ["a negative offset", { offset: -1 }, BAD, '"offset"', "the number -1"],
  ["an offset that is a bigint", { offset: 1n }, BAD, '"offset"', "bigint"],
  [
    "a limit beyond 2^53",
    { limit: 2 ** 63 },
    BAD,
    '"limit"',
    "to 9007199254740991",
    "9223372036854776000",
  ],
  ["an offset beyond 2^53", { offset: 1e300 }, BAD, '"offset"', "to 9007199254740991", "1e+300"],
];

const INCLUDES: readonly Case[] = [
  ["an unknown column", { include: ["document"] }, BAD, '"include"', '"documents"', '"document"'],
  ["a column that is a number", { include: [1] }, BAD, '"include"', "the number 1"],
  ["include that is null", { include: null }, BAD, '"include"', "null"],
];

const QUERIES: readonly Case[] = [
  ["nothing to look for", {}, BAD, "queryTexts", "queryEmbeddings"],
  [
    "texts and embeddings",
    { queryTexts: ["a"], queryEmbeddings: [v] },
    BAD,
    "queryTexts",
    "queryEmbeddings",
  ],
  ["texts that are null", { queryTexts: null }, BAD, "queryTexts"],
  ["texts that are a number", { queryTexts: 5 }, BAD, "queryTexts", "the number 5"],
  ["a text that is a number", { queryTexts: ["a", 5] }, BAD, "queryTexts[1]", "the number 5"],
  ["half of a surrogate pair", { queryTexts: [HALF] }, BAD, "queryTexts[0]", "surrogate"],
  ["embeddings that are a string", { queryEmbeddings: "1,2" }, BAD, '"1,2"'],
  ["a single vector", { queryEmbeddings: [1, 2] }, BAD, "the number 1", "[vector]"],
  [
    "a single Float32Array",
    { queryEmbeddings: new Float32Array(2) },
    BAD,
    "Float32Array",
    "[vector]",
  ],
  ["an empty vector", { queryEmbeddings: [[]] }, BAD, "queryEmbeddings[0]", "empty"],
  ["NaN", { queryEmbeddings: [v, [1, Number.NaN]] }, BAD, "queryEmbeddings[1][1]", "NaN"],
  ["a number beyond float32", { queryEmbeddings: [[1e39, 0]] }, BAD, "queryEmbeddings[0][0]"],
  ["a bigint", { queryEmbeddings: [[1n, 0]] }, BAD, "array"],
  ["vectors of different lengths", { queryEmbeddings: [v, [1]] }, "ERR_DIMENSION", "1", "2"],
  [
    "another dimension",
    { queryEmbeddings: [[1, 2, 3]] },
    "ERR_DIMENSION",
    '"notes"',
    "2 dimensions",
    "has 3",
  ],
  [
    "no results",
    { queryEmbeddings: [v], nResults: 0 },
    BAD,
    "nResults",
    "at least 1",
    "the number 0",
  ],
  ["a fraction of results", { queryEmbeddings: [v], nResults: 2.5 }, BAD, "nResults", "2.5"],
  ["results that are a string", { queryEmbeddings: [v], nResults: "3" }, BAD, "nResults", '"3"'],
  [
    "the name that Python has",
    { queryEmbeddings: [v], n_results: 3 },
    "ERR_UNKNOWN_OPTION",
    'Did you mean "nResults"',
  ],
  [
    "an unknown option",
    { queryEmbeding: [v] },
    "ERR_UNKNOWN_OPTION",
    'Did you mean "queryEmbeddings"',
  ],
  ["an id that is null", { queryEmbeddings: [v], ids: [null] }, BAD, "ids[0]", "null"],
];

const DELETES: readonly Case[] = [
  ["nothing to delete", {}, BAD, "ids", "where"],
  ["options that are a list of ids", ["a"], BAD, "object", "array"],
  ["an unknown option", { id: ["a"] }, "ERR_UNKNOWN_OPTION", 'Did you mean "ids"'],
  ["a limit without a filter", { ids: ["a"], limit: 1 }, BAD, '"limit"', "where"],
  ["a number as ids", { ids: 5 }, BAD, '"ids"', "the number 5"],
];

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

onEachClient((client) => {
  let notes: Collection;
  beforeAll(async () => {
    notes = await three(client());
  });

  /** The call is refused, and everything is as before. */
  function refuses(
    title: string,
    call: (notes: Collection, client: AnyClient) => Promise<unknown>,
    code: ErrorCode,
    ...says: readonly (string | RegExp)[]
  ): void {
    it(title, async () => {
      const before = await dump(client());
      const error = await refused(() => call(notes, client()), code, ...says);
      expect(error.message.length).toBeLessThan(600);
      expect(await dump(client())).toEqual(before);
    });
  }

  describe.each(["add", "update", "upsert"] as const)("%s refuses", (verb) => {
    for (const [title, given, code, ...says] of RECORDS) {
      refuses(title, (notes) => notes[verb](given as never), code, verb, ...says);
    }
    for (const [title, options, code, ...says] of WRITES) {
      const records = { ids: ["a", "new"], embeddings: [v, v] };
      refuses(title, (notes) => notes[verb](records, options as never), code, ...says);
    }
    it("another dimension than the collection's, wherever in the batch", async () => {
      const before = await dump(client());
      for (const ids of [["a"], ["new"], ["new", "a"]]) {
        if (verb === "update" && !ids.includes("a")) continue;
        const records = { ids, embeddings: ids.map(() => [1, 2, 3]) };
        await refused(
          () => notes[verb](records),
          "ERR_DIMENSION",
          '"notes"',
          "2 dimensions",
          "has 3",
        );
      }
      expect(await dump(client())).toEqual(before);
    });
  });

  describe("add refuses", () => {
    const nulls = { ids: ["x"], embeddings: [v], metadatas: [{ k: null }] };
    refuses("null as a value of metadata", (notes) => notes.add(nulls as never), BAD, ".k", "null");
  });

  describe.each(["add", "upsert"] as const)("%s refuses", (verb) => {
    const records = { ids: ["x", "y"], embeddings: [v, null], metadatas: [{ n: 1 }, { n: 2 }] };
    refuses(
      "a record without embedding and document",
      (notes) => notes[verb](records),
      BAD,
      '"y"',
      "neither",
    );
    const texts = { ids: ["x"], documents: ["text"] };
    refuses(
      "a document where there is no embedding function",
      (notes) => notes[verb](texts),
      BAD,
      '"notes"',
      "embedding function",
    );
  });

  describe("get refuses", () => {
    for (const [title, given, code, ...says] of [...GETS, ...PAGES, ...INCLUDES]) {
      refuses(title, (notes) => notes.get(given as never), code, "get", ...says);
    }
  });

  describe("peek refuses", () => {
    const cases: readonly Case[] = [
      ["an unknown option", { lmit: 1 }, "ERR_UNKNOWN_OPTION", 'Did you mean "limit"'],
      ["a number", 5, BAD, "object", "the number 5"],
      ["a negative limit", { limit: -1 }, BAD, '"limit"', "the number -1"],
    ];
    for (const [title, given, code, ...says] of cases) {
      refuses(title, (notes) => notes.peek(given as never), code, "peek", ...says);
    }
  });

  describe("query refuses", () => {
    for (const [title, given, code, ...says] of QUERIES) {
      refuses(title, (notes) => notes.query(given as never), code, ...says);
    }
    for (const [title, given, code, ...says] of INCLUDES) {
      const options = { queryEmbeddings: [v], ...(given as object) };
      refuses(title, (notes) => notes.query(options as never), code, ...says);
    }
  });

  describe("delete refuses", () => {
    for (const [title, given, code, ...says] of DELETES) {
      refuses(title, (notes) => notes.delete(given as never), code, "delete", ...says);
    }
  });

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

  describe("the client refuses", () => {
    const calls: readonly [string, (c: AnyClient) => Promise<unknown>, ErrorCode, ...string[]][] = [
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
      [
        "NUL in a database's name",
        (c) => c.createDatabase({ name: "abc\0" }),
        BAD,
        "database",
        "NUL",
      ],
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
    for (const [title, call, code, ...says] of calls) {
      refuses(title, (_, c) => call(c), code, ...says);
    }
  });

  it("a message about a long id or key shows the beginning of it only", async () => {
    const long = "x".repeat(1_000_000);
    const all: RecordColumns[] = [
      { ids: [long, long], embeddings: [v, v] },
      { ids: [long], embeddings: [[1, 2, 3]] },
      { ids: [long] },
      { ids: [long], documents: [5 as never], embeddings: [v] },
      { ids: [long], embeddings: [v], metadatas: [{ [`#${long}`]: 1 }] },
      { ids: [long], embeddings: [v], metadatas: [{ [long]: {} as never }] },
      { ids: [long], embeddings: [v], metadatas: [{ [long]: [1, "a"] as never }] },
    ];
    for (const records of all) {
      const error = await notes.add(records).catch((thrown: Error) => thrown);
      expect((error as Error).message.length).toBeLessThan(500);
    }
  });
}, "all");

onEachClient((client) => {
  it("a batch with one bad record among many good ones writes none of them", async () => {
    const notes = await bare(client());
    const ids = Array.from({ length: 2000 }, (_, i) => `r${i}`);
    await notes.add({ ids: ["first"], embeddings: [[0, 0]] });
    const embeddings = ids.map((_, i) => (i === 1999 ? [i, Number.NaN] : [i, 1]));
    await refused(() => notes.add({ ids, embeddings }), BAD, "embeddings[1999][1]");
    const dimensions = ids.map((_, i) => (i === 1999 ? null : [i, 1]));
    await refused(() => notes.upsert({ ids, embeddings: dimensions }), BAD, '"r1999"');
    expect(await notes.count()).toBe(1);
  });

  it("an embedder that gives NaN, too few vectors or none is refused, and nothing is written", async () => {
    const answers: readonly [unknown, string][] = [
      [[[1, Number.NaN]], "NaN"],
      [[], "0 vectors for 1 texts"],
      [undefined, "undefined"],
      [[["1", "2"]], "array"],
      [[[]], "empty"],
      [
        [
          [1, 2],
          [1, 2],
        ],
        "2 vectors for 1 texts",
      ],
    ];
    for (const [i, [answer, says]] of answers.entries()) {
      let good = true;
      const generate = async () => (good ? [[1, 2]] : answer) as number[][];
      const notes = await client().createCollection({
        name: `notes${i}`,
        embeddingFunction: { name: "broken", generate },
      });
      await notes.add({ ids: ["there"], documents: ["there"] });
      good = false;
      await refused(() => notes.add({ ids: ["x"], documents: ["text"] }), BAD, says);
      await refused(() => notes.query({ queryTexts: "text" }), BAD, says);
      expect(await notes.count()).toBe(1);
    }
  });

  it("an embedder that rejects passes its error on, and nothing is written", async () => {
    const embeddingFunction = new SmallEmbedder("rejecting");
    const notes = await client().createCollection({ name: "notes", embeddingFunction });
    const failure = new Error("no connection");
    embeddingFunction.encodeDocument = () => Promise.reject<never>(failure);
    await expect(notes.add({ ids: ["x"], documents: ["text"] })).rejects.toBe(failure);
    expect(await notes.count()).toBe(0);
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
