import { Matrix } from "nigh";
import { BAD, type Case, HALF } from "./bad-input.js";

/** A good embedding. */
const v = [1, 2];
/** A good record with these columns besides. */
const x = (columns: object) => ({ ids: ["x"], embeddings: [v], ...columns });
const embedding = (one: unknown) => ({ ids: ["x"], embeddings: [one] });
const metadata = (one: unknown) => x({ metadatas: [one] });
const value = (k: unknown) => metadata({ k });

const IDS: readonly Case[] = [
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
];

const CHARACTERS: readonly Case[] = [
  ["NUL in an id", { ids: ["a\0b"], embeddings: [v] }, BAD, "ids[0]", "NUL", "at 1"],
  ["NUL in a document", x({ documents: ["\0"] }), BAD, "documents[0]", '"x"', "NUL"],
  ["NUL in a uri", x({ uris: ["u\0"] }), BAD, "uris[0]", "NUL"],
  ["NUL in a key", metadata({ "k\0": 1 }), BAD, "key", "NUL"],
  ["NUL in a value", value("\0"), BAD, ".k", "NUL"],
  ["NUL in a list", value(["a", "\0"]), BAD, ".k[1]", "NUL"],
  [
    "half of a surrogate pair in an id",
    { ids: [HALF], embeddings: [v] },
    BAD,
    "ids[0]",
    "surrogate",
  ],
  [
    "half of a surrogate pair in a document",
    x({ documents: [HALF] }),
    BAD,
    "documents[0]",
    '"x"',
    "surrogate",
    "toWellFormed",
  ],
  ["… in a uri", x({ uris: ["\udc00"] }), BAD, "uris[0]", "surrogate"],
  ["… in a value of metadata", value(HALF), BAD, "metadatas[0]", "k", "surrogate"],
  ["… in a list of metadata", value(["a", HALF]), BAD, "k[1]", "surrogate"],
  ["… in a key of metadata", metadata({ [HALF]: 1 }), BAD, "key", "surrogate"],
];

const COLUMNS: readonly Case[] = [
  ["more documents than ids", x({ documents: ["a", "b"] }), BAD, "1 ids", "2 documents"],
  [
    "fewer metadatas than ids",
    { ids: ["x", "y"], embeddings: [v, v], metadatas: [{}] },
    BAD,
    "2 ids",
    "1 metadatas",
  ],
  ["fewer uris than ids", x({ uris: [] }), BAD, "1 ids", "0 uris"],
  ["fewer embeddings than ids", { ids: ["x", "y"], embeddings: [v] }, BAD, "2 ids", "1 embeddings"],
  [
    "a Matrix of too few rows",
    { ids: ["x", "y"], embeddings: Matrix.zeros(1, 2) },
    BAD,
    "2 ids",
    "1 embeddings",
  ],
  ["documents that are no list", x({ documents: "text" }), BAD, "documents", "list", "text"],
  ["a document that is a number", x({ documents: [5] }), BAD, "documents[0]", "the number 5"],
  ["a uri that is a URL", x({ uris: [new URL("file:///a")] }), BAD, "uris[0]", "URL"],
  [
    "a column of another name",
    x({ document: ["a"] }),
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

const EMBEDDINGS: readonly Case[] = [
  [
    "embeddings that are a number",
    { ids: ["x"], embeddings: 5 },
    BAD,
    "embeddings",
    "the number 5",
  ],
  ["an embedding that is a string", embedding("1,2"), BAD, "embeddings[0]", '"1,2"'],
  ["an embedding that is a number", embedding(5), BAD, "embeddings[0]", "the number 5"],
  ["an embedding of float64", embedding(new Float64Array(2)), BAD, "embeddings[0]", "Float64Array"],
  ["an empty embedding", embedding([]), BAD, "embeddings[0]", "empty"],
  [
    "an embedding that is too long to be searched",
    embedding(new Float32Array(65_537)),
    BAD,
    "embeddings[0]",
    "65537",
    "65536 at most",
  ],
  ["an empty Float32Array", embedding(new Float32Array()), BAD, "embeddings[0]", "empty"],
  ["NaN in an embedding", embedding([1, Number.NaN]), BAD, "embeddings[0][1]", "NaN"],
  ["Infinity in an embedding", embedding([-Infinity, 1]), BAD, "embeddings[0][0]", "-Infinity"],
  ["NaN in a Float32Array", embedding(Float32Array.of(1, Number.NaN)), BAD, "[0][1]", "NaN"],
  [
    "NaN in a Matrix",
    { ids: ["x"], embeddings: new Matrix(Float32Array.of(1, Number.NaN), 1, 2) },
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
  ["a bigint in an embedding", embedding([1n, 2]), BAD, "embeddings[0][0]", "bigint"],
  ["a symbol in an embedding", embedding([1, Symbol("s")]), BAD, "embeddings[0][1]", "symbol"],
  ["a string in an embedding", embedding(["1", 2]), BAD, "embeddings[0][0]", '"1"'],
  ["a hole in an embedding", embedding(new Array(2)), BAD, "embeddings[0][0]", "undefined"],
  [
    "embeddings of different lengths",
    { ids: ["x", "y"], embeddings: [v, [1, 2, 3]] },
    "ERR_DIMENSION",
    "embeddings[1]",
    "3",
    "2",
  ],
];

const METADATAS: readonly Case[] = [
  ["metadata that is a list", metadata([1]), BAD, "metadatas[0]", '"x"', "array"],
  ["metadata that is a string", metadata("n"), BAD, "metadatas[0]", '"n"'],
  ["metadata that is a Map", metadata(new Map([["a", 1]])), BAD, "metadatas[0]", "Map"],
  ["an empty key", metadata({ "": 1 }), BAD, '""', "not empty"],
  ["a key that starts with #", metadata({ "#a": 1 }), BAD, '"#a"', '"#"'],
  ["a key that starts with $", metadata({ $a: 1 }), BAD, '"$a"', '"$"'],
  ["a value that is an object", value({}), BAD, ".k", "an object"],
  ["a value that is a Date", value(new Date(0)), BAD, ".k", "Date"],
  ["a value that is a function", value(() => 1), BAD, ".k", "function"],
  ["a value that is NaN", value(Number.NaN), BAD, ".k", "NaN"],
  ["a value that is Infinity", value(Infinity), BAD, ".k", "Infinity"],
  ["an integer of 65 bits", value(2n ** 63n), BAD, ".k", "9223372036854775808", "64 bits"],
  ["a negative integer of 65 bits", value(-(2n ** 63n) - 1n), BAD, ".k", "-9223372036854775809"],
  ["a list of two kinds", value([1, "a"]), BAD, ".k[1]", '"a"', "one kind"],
  ["a list of booleans and numbers", value([true, 1]), BAD, ".k[1]", "one kind"],
  ["a list in a list", value([["a"]]), BAD, ".k[0]", "array"],
  ["null in a list", value(["a", null]), BAD, ".k[1]", "null"],
];

/** Records that add, update and upsert all refuse, in a collection of two dimensions. */
export const BAD_RECORDS: readonly Case[] = [
  ...IDS,
  ...CHARACTERS,
  ...COLUMNS,
  ...EMBEDDINGS,
  ...METADATAS,
];
