import {
  cosineSimilarity,
  dequantizeEmbeddings,
  type Matrix,
  type NighError,
  QuantizedMatrix,
  quantizeEmbeddings,
  type SemanticSearchOptions,
  semanticSearch,
  topK,
} from "nigh";
import { describe, expect, it } from "vitest";
import { hammingDistance } from "../src/kernels/plain-hamming.js";
import { vectors } from "./indexes/vectors.js";

/** More than one block of every scan, and bytes that do and do not fill 16. */
const SHAPES = [
  [300, 384],
  [5000, 256],
  [700, 100],
  [9, 5],
] as const;

/** Lists of answers by a score of every row. */
function ranked(queries: Matrix, rows: number, k: number, score: (q: number, i: number) => number) {
  return Array.from(queries, (_, q) =>
    topK(
      Array.from({ length: rows }, (_, i) => score(q, i)),
      k,
    ),
  );
}

function expectHits(found: readonly { index: number; score: number }[][], wanted: typeof found) {
  expect(found.map((list) => list.map(({ index }) => index))).toEqual(
    wanted.map((list) => list.map(({ index }) => index)),
  );
  for (const [q, list] of found.entries()) {
    for (const [i, { score }] of list.entries()) {
      expect(score).toBeCloseTo(wanted[q]?.[i]?.score as number, 5);
    }
  }
}

describe("semanticSearch over a quantized corpus", () => {
  describe.each(SHAPES)("of %i vectors of %i dimensions", (rows, d) => {
    const floats = vectors("unnormalised", rows, d, 1);
    const queries = vectors("unnormalised", 7, d, 2);

    it.each(["int8", "uint8"] as const)(
      "%s: compares the numbers that bytes stand for",
      (precision) => {
        const corpus = quantizeEmbeddings(floats, precision);
        const cosines = cosineSimilarity(queries, dequantizeEmbeddings(corpus));
        const wanted = ranked(queries, rows, 5, (q, i) => cosines.row(q)[i] as number);
        expectHits(semanticSearch(queries, corpus, { topK: 5 }), wanted);
        expectHits(semanticSearch(queries, corpus, { topK: 5, rescore: false }), wanted);
      },
    );

    it.each(["binary", "ubinary"] as const)("%s: without rescoring counts bits", (precision) => {
      const corpus = quantizeEmbeddings(floats, precision);
      const asked = quantizeEmbeddings(queries, precision);
      const wanted = ranked(queries, rows, 5, (q, i) => {
        return 1 - (2 * hammingDistance(asked.row(q), corpus.row(i))) / d;
      });
      expectHits(semanticSearch(queries, corpus, { topK: 5, rescore: false }), wanted);
    });

    it.each(["binary", "ubinary"] as const)(
      "%s: ranks the best by bits by the query's numbers and the rows' signs",
      (precision) => {
        const corpus = quantizeEmbeddings(floats, precision);
        const cosines = cosineSimilarity(queries, dequantizeEmbeddings(corpus));
        const plan = { topK: 15, rescore: false };
        const wanted = semanticSearch(queries, corpus, plan).map((list, q) =>
          list
            .map(({ index }) => ({ index, score: cosines.row(q)[index] as number }))
            .sort((a, b) => b.score - a.score || a.index - b.index)
            .slice(0, 5),
        );
        expectHits(semanticSearch(queries, corpus, { topK: 5, rescoreMultiplier: 3 }), wanted);
      },
    );

    it("with the float32 vectors and enough candidates gives what float32 gives", () => {
      const wanted = semanticSearch(queries, floats, { topK: 5 });
      for (const precision of ["int8", "uint8", "binary", "ubinary"] as const) {
        const corpus = quantizeEmbeddings(floats, precision);
        const options = { topK: 5, rescoreMultiplier: rows, rescoreEmbeddings: floats };
        expectHits(semanticSearch(queries, corpus, options), wanted);
      }
    });
  });

  it("gives all rows when topK is more than there are, and none of an empty corpus", () => {
    const corpus = quantizeEmbeddings(vectors("normalised", 4, 24, 1), "ubinary");
    const queries = vectors("normalised", 2, 24, 2);
    expect(semanticSearch(queries, corpus, { topK: 9 }).map((list) => list.length)).toEqual([4, 4]);
    const none = new QuantizedMatrix({ data: new Int8Array(0), precision: "int8", dimension: 24 });
    expect(semanticSearch(queries, none)).toEqual([[], []]);
    expect(semanticSearch([], corpus)).toEqual([]);
  });

  it.each([2 ** -83, 2 ** 100])(
    "finds vectors %d times as long, whose squares float32 cannot hold",
    (by) => {
      const [floats, queries] = [
        vectors("unnormalised", 300, 40, 1),
        vectors("unnormalised", 5, 40, 2),
      ];
      const wanted = semanticSearch(queries, quantizeEmbeddings(floats, "uint8"), { topK: 5 });
      const scaled = [...floats].map((row) => row.map((x) => x * by));
      const asked = [...queries].map((row) => row.map((x) => x * by));
      expectHits(semanticSearch(asked, quantizeEmbeddings(scaled, "uint8"), { topK: 5 }), wanted);
    },
  );

  it("scores 0 for a query of length 0", () => {
    for (const precision of ["int8", "ubinary"] as const) {
      const corpus = quantizeEmbeddings(vectors("normalised", 4, 8, 1), precision);
      const [hits] = semanticSearch([new Float32Array(8)], corpus, { topK: 2 });
      expect(hits?.map(({ score }) => score)).toEqual([0, 0]);
    }
  });

  const floats = vectors("normalised", 9, 16, 1);
  const bits = quantizeEmbeddings(floats, "binary");
  const bytes = new QuantizedMatrix({ data: new Int8Array(32), precision: "int8", dimension: 16 });
  const refusals: [string, () => unknown, NighError["code"], string][] = [
    [
      "queries of other dimensions",
      () => semanticSearch([[1, 2]], bits),
      "ERR_DIMENSION",
      "the queries have 2 dimensions, the corpus has 16",
    ],
    [
      "quantized queries",
      () => semanticSearch(bits as never, bits),
      "ERR_INVALID_ARGUMENT",
      "the queries are quantized",
    ],
    [
      "NaN",
      () => semanticSearch([new Float32Array(16).fill(Number.NaN)], bits),
      "ERR_INVALID_ARGUMENT",
      "vector 0 has NaN",
    ],
    [
      "rescoring of a float32 corpus",
      () => semanticSearch(floats, floats, { rescoreMultiplier: 4 }),
      "ERR_INVALID_ARGUMENT",
      '"rescoreMultiplier" is for a quantized corpus',
    ],
    [
      "float32 vectors of another corpus",
      () => semanticSearch(floats, bits, { rescoreEmbeddings: floats.rows(0, 8) }),
      "ERR_DIMENSION",
      "the rescoreEmbeddings are 8 x 16, the corpus has 9 vectors",
    ],
    [
      "float32 vectors that are not to be used",
      () => semanticSearch(floats, bits, { rescore: false, rescoreEmbeddings: floats }),
      "ERR_INVALID_ARGUMENT",
      "with rescore: false",
    ],
    [
      "a multiplier below 1",
      () => semanticSearch(floats, bits, { rescoreMultiplier: 0.5 }),
      "ERR_INVALID_ARGUMENT",
      '"rescoreMultiplier" must be an integer of at least 1',
    ],
    [
      "bytes without ranges",
      () => semanticSearch(floats, bytes),
      "ERR_INVALID_ARGUMENT",
      'with the "ranges"',
    ],
    [
      "options that there are not",
      () => semanticSearch(floats, bits, { rescorer: true } as SemanticSearchOptions),
      "ERR_UNKNOWN_OPTION",
      'Did you mean "rescore"?',
    ],
  ];
  it.each(refusals)("refuses %s", (_, run, code, message) => {
    expect(run).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
