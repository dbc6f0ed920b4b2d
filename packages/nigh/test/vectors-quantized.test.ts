import {
  dequantizeEmbeddings,
  Matrix,
  type NighError,
  QuantizedMatrix,
  type QuantizedMatrixParts,
  type QuantizeOptions,
  quantizeEmbeddings,
} from "nigh";
import { describe, expect, it } from "vitest";
import { fixture, readJson } from "./encoder/fixtures.js";
import { vectors } from "./indexes/vectors.js";

const PRECISIONS = ["int8", "uint8", "binary", "ubinary"] as const;

interface Case {
  readonly name: string;
  readonly vectors: number[][];
  readonly ranges: number[][] | null;
  readonly calibration: number[][] | null;
  readonly expected: Readonly<Record<(typeof PRECISIONS)[number], number[][]>>;
}

const { cases } = readJson<{ cases: Case[] }>(fixture("golden/quantized-embeddings.json"));

describe("quantizeEmbeddings gives Python's bytes", () => {
  it.each(cases)("$name", ({ vectors, ranges, calibration, expected }) => {
    // JSON has no dimension for an empty list.
    const given = vectors.length === 0 ? Matrix.zeros(0, 12) : vectors;
    const options: QuantizeOptions = {};
    if (ranges !== null) options.ranges = ranges;
    if (calibration !== null) options.calibrationEmbeddings = calibration;
    for (const precision of PRECISIONS) {
      const found = quantizeEmbeddings(given, precision, options);
      expect(found.toArray(), precision).toEqual(expected[precision]);
      expect(found.precision).toBe(precision);
      expect(found.shape[0]).toBe(vectors.length);
    }
  });
});

describe("quantizeEmbeddings", () => {
  const given = vectors("normalised", 50, 20, 1);

  it("keeps the ranges, by which later vectors become the same bytes", () => {
    const all = quantizeEmbeddings(given, "int8");
    const ranges = all.ranges as Matrix;
    expect(ranges.shape).toEqual([2, 20]);
    const later = quantizeEmbeddings(given.rows(7, 8), "int8", { ranges });
    expect(later.row(0)).toEqual(all.row(7));
    expect(quantizeEmbeddings(given, "binary", { ranges }).ranges).toBeUndefined();
  });

  it("gives signed bytes 128 less than the unsigned ones, a byte or a bit a dimension", () => {
    for (const [signed, unsigned, bytes] of [
      ["int8", "uint8", 20],
      ["binary", "ubinary", 3],
    ] as const) {
      const [a, b] = [quantizeEmbeddings(given, signed), quantizeEmbeddings(given, unsigned)];
      expect(a.data).toBeInstanceOf(Int8Array);
      expect(b.data).toBeInstanceOf(Uint8Array);
      expect(a.shape).toEqual([50, bytes]);
      expect(Array.from(a.data, (x) => x + 128)).toEqual(Array.from(b.data));
    }
  });

  it("copies in float32", () => {
    const copy = quantizeEmbeddings(given, "float32");
    expect(copy.data).toEqual(given.data);
    expect(copy.data).not.toBe(given.data);
  });

  it("is undone to within half a step, and to signs", () => {
    for (const precision of ["int8", "uint8"] as const) {
      const quantized = quantizeEmbeddings(given, precision);
      const [lowest, highest] = [...(quantized.ranges as Matrix)] as [Float32Array, Float32Array];
      const numbers = dequantizeEmbeddings(quantized);
      for (const [i, x] of numbers.data.entries()) {
        const step = ((highest[i % 20] as number) - (lowest[i % 20] as number)) / 255;
        expect(Math.abs(x - (given.data[i] as number))).toBeLessThan(0.5001 * step + 1e-7);
      }
    }
    const signs = given.data.map((x) => (x > 0 ? 1 : -1));
    for (const precision of ["binary", "ubinary"] as const) {
      expect(dequantizeEmbeddings(quantizeEmbeddings(given, precision)).data).toEqual(signs);
    }
  });

  const refusals: [string, () => unknown, NighError["code"], string][] = [
    [
      "the range of one vector",
      () => quantizeEmbeddings(given.rows(0, 1), "int8"),
      "ERR_INVALID_ARGUMENT",
      'needs at least 2 vectors, found 1: give "ranges"',
    ],
    [
      "calibration by one vector",
      () => quantizeEmbeddings(given, "uint8", { calibrationEmbeddings: given.rows(0, 1) }),
      "ERR_INVALID_ARGUMENT",
      "found 1",
    ],
    [
      "calibration in other dimensions",
      () => quantizeEmbeddings(given, "uint8", { calibrationEmbeddings: [[1], [2]] }),
      "ERR_DIMENSION",
      "have 1 dimensions, the vectors have 20",
    ],
    [
      "NaN",
      () =>
        quantizeEmbeddings(
          [
            [1, 2],
            [3, Number.NaN],
          ],
          "binary",
        ),
      "ERR_INVALID_ARGUMENT",
      "vector 1 has NaN at dimension 1",
    ],
    [
      "ranges of another shape",
      () => quantizeEmbeddings(given, "int8", { ranges: [[0], [1]] }),
      "ERR_DIMENSION",
      "must be 2 x 20 numbers, the lowest and the highest of each dimension, found 2 x 1",
    ],
    [
      "ranges upside down",
      () =>
        quantizeEmbeddings([[1, 2]], "int8", {
          ranges: [
            [0, 1],
            [1, 0],
          ],
        }),
      "ERR_INVALID_ARGUMENT",
      "dimension 1 goes from 1 to 0",
    ],
    [
      "a range beyond float32",
      () => quantizeEmbeddings([[3e38], [-3e38]], "int8"),
      "ERR_INVALID_ARGUMENT",
      "within float32",
    ],
    [
      "a list without a dimension",
      () => quantizeEmbeddings([], "binary"),
      "ERR_DIMENSION",
      "give a Matrix of 0 x dimensions",
    ],
    [
      "another precision",
      () => quantizeEmbeddings(given, "int4" as never),
      "ERR_INVALID_ARGUMENT",
      '"ubinary", found the string "int4"',
    ],
    [
      "Python's spelling",
      () => quantizeEmbeddings(given, "int8", { calibration_embeddings: given } as never),
      "ERR_UNKNOWN_OPTION",
      'Did you mean "calibrationEmbeddings"?',
    ],
    [
      "numbers of bytes without ranges",
      () =>
        dequantizeEmbeddings(
          new QuantizedMatrix({ data: new Int8Array(4), precision: "int8", dimension: 2 }),
        ),
      "ERR_INVALID_ARGUMENT",
      'make the QuantizedMatrix with the "ranges"',
    ],
  ];
  it.each(refusals)("refuses %s", (_, run, code, message) => {
    expect(run).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe("QuantizedMatrix", () => {
  it("is made of bytes that were quantized elsewhere, and gives rows as views", () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const matrix = new QuantizedMatrix({ data, precision: "ubinary", dimension: 17 });
    expect(matrix.shape).toEqual([2, 3]);
    matrix.row(1)[0] = 40;
    expect(matrix.toArray()).toEqual([
      [1, 2, 3],
      [40, 5, 6],
    ]);
    expect([...matrix].map((row) => row.length)).toEqual([3, 3]);
    expect(() => matrix.row(2)).toThrow("Row 2 is outside of a QuantizedMatrix of 2 rows");
  });

  it.each<[string, object, string]>([
    ["signed bytes for an unsigned precision", { data: new Int8Array(3) }, "must be an Uint8Array"],
    ["parts of rows", { data: new Uint8Array(4) }, "have 3 bytes each"],
    ["no dimension", { dimension: 0 }, '"dimension" must be an integer of at least 1'],
    ["float32", { precision: "float32" }, 'must be one of "int8"'],
    ["other keys", { bits: 3 }, 'unknown option "bits"'],
  ])("refuses %s", (_, change, message) => {
    const parts = { data: new Uint8Array(6), precision: "ubinary", dimension: 17, ...change };
    expect(() => new QuantizedMatrix(parts as QuantizedMatrixParts)).toThrow(message);
  });
});
