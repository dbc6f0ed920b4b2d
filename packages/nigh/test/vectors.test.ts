import fc from "fast-check";
import {
  cosineSimilarity,
  dotScore,
  euclideanDistance,
  IndexFlatIP,
  Matrix,
  NighError,
  normalizeL2,
  semanticSearch,
  topK,
} from "nigh";
import { describe, expect, it } from "vitest";
import { dotFloats } from "../src/kernels/plain-float-distance.js";

const finite = fc.float({ min: -100, max: 100, noNaN: true });
const vectors = (columns: number, minRows = 1) =>
  fc.array(fc.array(finite, { minLength: columns, maxLength: columns }), {
    minLength: minRows,
    maxLength: 20,
  });
const sameColumns = fc.integer({ min: 1, max: 37 }).chain((d) => fc.tuple(vectors(d), vectors(d)));

describe("Matrix", () => {
  it("holds rows one after the other, and gives them as views", () => {
    const matrix = Matrix.from([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(matrix.shape).toEqual([3, 2]);
    expect([...matrix.data]).toEqual([1, 2, 3, 4, 5, 6]);
    matrix.row(1)[0] = 30;
    expect(matrix.toArray()).toEqual([
      [1, 2],
      [30, 4],
      [5, 6],
    ]);
    expect([...matrix].map((row) => row.length)).toEqual([2, 2, 2]);
  });

  it("is made of Float32Arrays as of numbers, and is taken as it is", () => {
    const matrix = Matrix.from([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
    expect(Matrix.from(matrix)).toBe(matrix);
    expect(matrix.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(Matrix.from([]).shape).toEqual([0, 0]);
  });

  it.each([
    [
      "rows of other lengths",
      () => Matrix.from([[1, 2], [3]]),
      "ERR_DIMENSION",
      "Vector 1 has 1 dimensions, vector 0 has 2",
    ],
    ["text", () => Matrix.from("ab" as never), "ERR_INVALID_ARGUMENT", 'the string "ab"'],
    ["null", () => Matrix.from(null as never), "ERR_INVALID_ARGUMENT", "null"],
    [
      "a row that is no vector",
      () => Matrix.from([[1], ["x"]] as never),
      "ERR_INVALID_ARGUMENT",
      "Vector 1 must be",
    ],
    [
      "a buffer of another size",
      () => new Matrix(new Float32Array(5), 2, 3),
      "ERR_DIMENSION",
      "needs 6 values, found 5",
    ],
    [
      "a row beyond the last",
      () => Matrix.from([[1]]).row(1),
      "ERR_INVALID_ARGUMENT",
      "Row 1 is outside of a Matrix of 1 rows",
    ],
  ])("refuses %s", (_, make, code, message) => {
    expectError(make, code, message);
  });
});

describe("cosineSimilarity", () => {
  it("gives a number for two vectors and a Matrix for two sets", () => {
    expect(cosineSimilarity([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 6);
    expect(cosineSimilarity(Float32Array.of(2, 0), Float32Array.of(-3, 0))).toBeCloseTo(-1, 6);
    const table = cosineSimilarity(
      [
        [1, 0],
        [0, 2],
      ],
      [
        [5, 0],
        [3, 3],
        [0, 1],
      ],
    );
    expect(table.shape).toEqual([2, 3]);
    expect(table.row(0)[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(table.row(1)[0]).toBe(0);
  });

  it("is 0 with a vector of length 0", () => {
    expect(cosineSimilarity([0, 0], [1, 1])).toBe(0);
  });

  it("lies between -1 and 1, does not depend on the order or on length", () => {
    fc.assert(
      fc.property(
        sameColumns,
        fc.float({ min: Math.fround(0.1), max: 10, noNaN: true }),
        ([a, b], factor) => {
          const there = cosineSimilarity(a, b);
          const back = cosineSimilarity(b, a);
          const longer = cosineSimilarity(
            a.map((row) => row.map((x) => x * factor)),
            b,
          );
          for (let i = 0; i < a.length; i++) {
            for (let j = 0; j < b.length; j++) {
              const score = there.row(i)[j] as number;
              expect(Math.abs(score)).toBeLessThanOrEqual(1 + 1e-6);
              expect(back.row(j)[i]).toBeCloseTo(score, 6);
              // Tiny numbers are denormal in float32: their direction is lost when they are scaled.
              if (Math.hypot(...(a[i] as number[])) > 1e-3)
                expect(longer.row(i)[j]).toBeCloseTo(score, 4);
            }
          }
        },
      ),
    );
  });

  it("refuses vectors of other dimensions, naming both", () => {
    expectError(() => cosineSimilarity([1, 2], [1, 2, 3]), "ERR_DIMENSION", "2 and 3");
    expectError(() => cosineSimilarity([[1, 2]], [[1, 2, 3]]), "ERR_DIMENSION", "2 and 3");
  });
});

describe("dotScore, euclideanDistance and normalizeL2", () => {
  it("equal their definitions, on lengths with a tail", () => {
    fc.assert(
      fc.property(sameColumns, ([[a = []], [b = []]]) => {
        const dot = a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
        const distance = Math.hypot(...a.map((x, i) => x - (b[i] as number)));
        expect(dotScore(a, b)).toBeCloseTo(Math.fround(dot), 1);
        expect(euclideanDistance(a, b)).toBeCloseTo(distance, 2);
      }),
    );
  });

  it("normalizeL2 scales rows to length 1 in place, and leaves zeros", () => {
    const matrix = Matrix.from([
      [3, 4],
      [0, 0],
    ]);
    expect(normalizeL2(matrix)).toBe(matrix);
    expect(matrix.row(0)[0]).toBeCloseTo(0.6, 6);
    expect([...matrix.row(1)]).toEqual([0, 0]);
  });
});

describe("topK", () => {
  it("is the start of the sorted scores, ties by the lower index, without NaN", () => {
    const score = fc.oneof(
      fc.integer({ min: -5, max: 5 }),
      fc.constant(Number.NaN),
      fc.constant(Number.POSITIVE_INFINITY),
    );
    fc.assert(
      fc.property(
        fc.array(score, { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (scores, k) => {
          const expected = scores
            .map((score, index) => ({ index, score }))
            .filter(({ score }) => !Number.isNaN(score))
            .sort((a, b) => (a.score === b.score ? a.index - b.index : b.score - a.score))
            .slice(0, k);
          expect(topK(scores, k)).toEqual(expected);
        },
      ),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, "3"])("refuses a k of %s", (k) => {
    expectError(
      () => topK([1, 2], k as number),
      "ERR_INVALID_ARGUMENT",
      '"k" must be an integer of at least 1',
    );
  });
});

describe("IndexFlatIP and semanticSearch", () => {
  it("IndexFlatIP finds what comparing everything finds, in that order", () => {
    fc.assert(
      fc.property(sameColumns, fc.integer({ min: 1, max: 25 }), ([corpus, queries], k) => {
        const index = new IndexFlatIP(corpus[0]?.length ?? 0);
        index.add(corpus.slice(0, 3));
        index.add(corpus.slice(3));
        expect(index.ntotal).toBe(corpus.length);
        const { distances, labels } = index.search(queries, k);
        queries.forEach((query, q) => {
          const scores = corpus.map((row) =>
            dotFloats(Float32Array.from(query), Float32Array.from(row)),
          );
          const expected = topK(scores, k);
          const found = [...labels.subarray(q * k, (q + 1) * k)];
          expect(found).toEqual([
            ...expected.map(({ index }) => index),
            ...new Array(k - expected.length).fill(-1),
          ]);
          expect(distances[q * k]).toBe(expected[0]?.score);
        });
      }),
    );
  });

  it("semanticSearch ranks by cosine, whatever the lengths", () => {
    const hits = semanticSearch(
      [[1, 1]],
      [
        [100, 0],
        [1, 1],
        [0, 0],
        [-1, -1],
      ],
      { topK: 3 },
    );
    expect(hits).toHaveLength(1);
    expect(hits[0]?.map(({ index }) => index)).toEqual([1, 0, 2]);
    expect(hits[0]?.[0]?.score).toBeCloseTo(1, 6);
  });

  it("semanticSearch leaves the vectors that it is given as they are", () => {
    const corpus = Matrix.from([[3, 4]]);
    semanticSearch(corpus, corpus);
    expect([...corpus.data]).toEqual([3, 4]);
  });

  it("give nothing from nothing", () => {
    expect(semanticSearch([[1, 2]], [])).toEqual([[]]);
    expect(semanticSearch([], [[1, 2]])).toEqual([]);
    expect([...new IndexFlatIP(2).search([[1, 2]], 2).labels]).toEqual([-1, -1]);
  });

  it("refuse other dimensions, wrong k and unknown options", () => {
    const index = new IndexFlatIP(2);
    expectError(() => index.add([[1, 2, 3]]), "ERR_DIMENSION", "3 dimensions, the index has 2");
    expect(index.ntotal).toBe(0);
    expectError(() => index.search([[1, 2]], 0), "ERR_INVALID_ARGUMENT", '"k"');
    expectError(
      () => semanticSearch([[1]], [[1, 2]]),
      "ERR_DIMENSION",
      "1 dimensions, the corpus has 2",
    );
    expectError(
      () => semanticSearch([[1]], [[1]], { topk: 3 } as never),
      "ERR_UNKNOWN_OPTION",
      'Did you mean "topK"?',
    );
  });
});

function expectError(work: () => unknown, code: string, message: string): void {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(NighError);
  expect((thrown as NighError).code).toBe(code);
  expect((thrown as NighError).message).toContain(message);
}
