import { describe } from "vitest";
import { BAD, type Case, HALF, onEachClientWithNotes } from "./collections/bad-input.js";

const v = [1, 2];

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

const PEEKS: readonly Case[] = [
  ["an unknown option", { lmit: 1 }, "ERR_UNKNOWN_OPTION", 'Did you mean "limit"'],
  ["a number", 5, BAD, "object", "the number 5"],
  ["a negative limit", { limit: -1 }, BAD, '"limit"', "the number -1"],
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

onEachClientWithNotes((refuses) => {
  describe("get refuses", () => {
    for (const [title, given, code, ...says] of [...GETS, ...PAGES, ...INCLUDES]) {
      refuses(title, (notes) => notes.get(given as never), code, "get", ...says);
    }
  });

  describe("peek refuses", () => {
    for (const [title, given, code, ...says] of PEEKS) {
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
});
