import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeBatches, padBatch } from "../src/encoder/batching.js";
import { toFloat16Bits, toFloat32 } from "../src/encoder/float-formats.js";
import { GraphBuilder } from "../src/encoder/graph/graph-builder.js";
import { Int8Linears } from "../src/encoder/graph/int8-linears.js";
import { ModelWeights } from "../src/encoder/graph/model-weights.js";
import { readSafetensors, type SafeTensor } from "../src/encoder/safetensors.js";
import { tinyWeights } from "./encoder/tiny-model.js";
import { type AnyTensor, writeTensors } from "./encoder/write-tensors.js";

function tensorOf(type: string, offset: number, byteLength: number): SafeTensor {
  return { name: "t", type, shape: [], offset, byteLength };
}

function fromHalves(bits: Uint16Array, type: "F16" | "BF16" = "F16"): Float32Array {
  return toFloat32(new Uint8Array(bits.buffer), tensorOf(type, 0, bits.byteLength));
}

function halfOf(value: number): number {
  return toFloat16Bits(Float32Array.of(value))[0] as number;
}

/** The float16 of a number by definition: the nearest of all, of two as near the one with even bits. */
function nearestHalf(value: number): number {
  const size = Math.abs(value);
  let best = 0;
  for (let bits = 1; bits < 0x7c00; bits++) {
    const [distance, bestDistance] = [sizeOf(bits), sizeOf(best)].map((x) =>
      Math.abs(x - size),
    ) as [number, number];
    if (distance < bestDistance || (distance === bestDistance && bits % 2 === 0)) best = bits;
    if (sizeOf(bits) > size) break;
  }
  return best + (value < 0 || Object.is(value, -0) ? 0x8000 : 0);

  function sizeOf(bits: number): number {
    const [exponent, fraction] = [bits >> 10, bits & 1023];
    return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
}

describe("float16", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const isNaNBits = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;

  it("all 65,536 bit patterns come back from float32 unchanged, but for the payload of NaN", () => {
    const floats = fromHalves(all);
    const back = toFloat16Bits(floats);
    const wrong = [...all].filter((bits) =>
      isNaNBits(bits) ? !isNaNBits(back[bits] as number) : back[bits] !== bits,
    );
    expect(wrong).toEqual([]);
    expect([...all].filter((bits) => Number.isNaN(floats[bits]) !== isNaNBits(bits))).toEqual([]);
  });

  it("has the values of IEEE 754 binary16", () => {
    const bits = [
      0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00,
    ];
    const values = [...fromHalves(Uint16Array.from(bits))];
    const third = 0.333251953125;
    expect(values).toEqual([
      0,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      third,
      1,
      -2,
      65504,
      Infinity,
      -Infinity,
    ]);
  });

  it("ties go to the even neighbour", () => {
    const step = 2 ** -10;
    expect(halfOf(1 + step / 2)).toBe(halfOf(1));
    expect(halfOf(1 + (3 * step) / 2)).toBe(halfOf(1 + 2 * step));
    expect(halfOf(-1 - step / 2)).toBe(halfOf(-1));
    expect(halfOf(2 ** -25)).toBe(0);
    expect(halfOf(3 * 2 ** -25)).toBe(2);
    expect(halfOf(2047.5 * 2 ** -25)).toBe(0x0400);
  });

  it("just beside a tie the nearer neighbour wins", () => {
    const tie = 1 + 2 ** -11;
    expect(halfOf(tie + 2 ** -23)).toBe(0x3c01);
    expect(halfOf(tie - 2 ** -23)).toBe(0x3c00);
  });

  it("from 65,520 on numbers are infinite, below they round to the largest", () => {
    expect(halfOf(65504)).toBe(0x7bff);
    expect(halfOf(65519.99)).toBe(0x7bff);
    expect(halfOf(65520)).toBe(0x7c00);
    expect(halfOf(-1e30)).toBe(0xfc00);
    expect(halfOf(Number.POSITIVE_INFINITY)).toBe(0x7c00);
  });

  it("numbers too small for it become zero of their sign", () => {
    expect(halfOf(2 ** -26)).toBe(0);
    expect(halfOf(-(2 ** -26))).toBe(0x8000);
    expect(halfOf(1.4e-45)).toBe(0);
    expect(halfOf(-0)).toBe(0x8000);
  });

  it("any float32 below 65,520 becomes the nearest", () => {
    const floats = fc.float({ max: 65519, min: -65519, noNaN: true });
    const near = fc.integer({ min: 0, max: 0x7bff }).chain((bits) => {
      const [here, next] = [...fromHalves(Uint16Array.of(bits, bits + 1))] as [number, number];
      return fc.constantFrom(here, (here + next) / 2, here + (next - here) / 4).map(Math.fround);
    });
    fc.assert(
      fc.property(fc.oneof(floats, near), (value) => {
        fc.pre(Math.abs(value) < 65520);
        expect(halfOf(value)).toBe(nearestHalf(value));
      }),
      { numRuns: 300 },
    );
  });

  it("bfloat16 is the upper half of a float32", () => {
    const floats = Float32Array.of(1, -2.5, 3.140625, Infinity, -0, 2 ** -133);
    const bits = Uint16Array.from(new Uint32Array(floats.buffer), (word) => word >>> 16);
    expect([...fromHalves(bits, "BF16")]).toEqual([...floats]);
  });

  it("other element types are refused", () => {
    expect(() => toFloat32(new Uint8Array(8), tensorOf("I64", 0, 8))).toThrow(/I64/);
  });

  it("a tensor at an odd offset is read, and the numbers are a copy", () => {
    const file = new Uint8Array(7);
    file.set(new Uint8Array(Float32Array.of(1.5).buffer), 3);
    const read = toFloat32(file, tensorOf("F32", 3, 4));
    expect([...read]).toEqual([1.5]);
    read[0] = 9;
    expect([...toFloat32(file, tensorOf("F32", 3, 4))]).toEqual([1.5]);
  });
});

describe("safetensors", () => {
  const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1, BOOL: 1 } as const;
  const types = Object.keys(BYTES) as (keyof typeof BYTES)[];

  const tensor: fc.Arbitrary<AnyTensor> = fc
    .record({
      name: fc
        .string({ unit: "grapheme" })
        .filter((name) => !["__metadata__", "__proto__"].includes(name)),
      type: fc.constantFrom(...types),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
    })
    .chain(({ name, type, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1) * BYTES[type];
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((data) => ({ name, type, shape, data }));
    });

  it("what is written is read again: names, types, shapes, bytes", () => {
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 8 });
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (written, metadata) => {
        const file = writeTensors(written, metadata);
        const read = readSafetensors(file, "written.safetensors");
        const found = [...read.tensors.values()].map(
          ({ name, type, shape, offset, byteLength }) => {
            const data = new Uint8Array(file.slice(offset, offset + byteLength));
            return { name, type, shape, data };
          },
        );
        expect(sortedByName(found)).toEqual(sortedByName(written));
      }),
      { numRuns: 300 },
    );
  });

  it("the data begins at a multiple of 8 bytes", () => {
    for (let length = 1; length < 12; length++) {
      const data = Uint8Array.of(7);
      const file = writeTensors([{ name: "n".repeat(length), type: "U8", shape: [1], data }]);
      const [read] = [...readSafetensors(file, "aligned.safetensors").tensors.values()];
      expect((read?.offset as number) % 8).toBe(0);
    }
  });

  it("floats written as they are in memory are read with their values", () => {
    const data = Float32Array.of(0.1, -2, 3e38);
    const file = writeTensors([{ name: "floats", type: "F32", shape: [3], data }]);
    const read = readSafetensors(file, "floats.safetensors").tensors.get("floats") as SafeTensor;
    expect([...toFloat32(file, read)]).toEqual([...data]);
  });

  function sortedByName<T extends { readonly name: string; readonly data: ArrayBufferView }>(
    tensors: readonly T[],
  ): unknown[] {
    return tensors
      .map((tensor) => ({ ...tensor, data: [...(tensor.data as unknown as Uint8Array)] }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
});

describe("batches", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 });
  const limits = {
    maxTexts: fc.integer({ min: 1, max: 64 }),
    maxTokens: fc.integer({ min: 1, max: 1024 }),
  };

  it("hold every text once", () => {
    fc.assert(
      fc.property(lengths, limits.maxTexts, limits.maxTokens, (list, maxTexts, maxTokens) => {
        const places = makeBatches(list, maxTexts, maxTokens).flat();
        expect(places.toSorted((a, b) => a - b)).toEqual(list.map((_, i) => i));
      }),
    );
  });

  it("hold at most so many texts, and so many tokens with padding unless one text alone is longer", () => {
    fc.assert(
      fc.property(lengths, limits.maxTexts, limits.maxTokens, (list, maxTexts, maxTokens) => {
        for (const batch of makeBatches(list, maxTexts, maxTokens)) {
          const longest = Math.max(...batch.map((i) => list[i] as number));
          expect(batch.length).toBeLessThanOrEqual(maxTexts);
          if (batch.length > 1) expect(batch.length * longest).toBeLessThanOrEqual(maxTokens);
        }
      }),
    );
  });

  it("hold texts of like length: no two batches overlap in length", () => {
    fc.assert(
      fc.property(lengths, limits.maxTexts, (list, maxTexts) => {
        const spans = makeBatches(list, maxTexts, 512)
          .map((batch) => batch.map((i) => list[i] as number))
          .map((batch) => [Math.min(...batch), Math.max(...batch)] as const)
          .sort(([, a], [, b]) => a - b);
        spans.slice(1).forEach(([shortest], i) => {
          expect(shortest).toBeGreaterThanOrEqual((spans[i] as readonly [number, number])[1]);
        });
      }),
    );
  });

  it("are padded on the right to their longest text", () => {
    const { ids, lengths } = padBatch([Int32Array.of(1, 2, 3), Int32Array.of(4)], 9);
    expect([...ids]).toEqual([1, 2, 3, 4, 9, 9]);
    expect([...lengths]).toEqual([3, 1]);
  });
});

describe("int8 weights", () => {
  it("stay within 90 steps, since processors without VNNI saturate sums of products at 16 bits", () => {
    const graph = new GraphBuilder();
    const source = readSafetensors(tinyWeights(), "model.safetensors");
    const options = { path: "model.safetensors", shapes: new Map(), file: "weights" };
    const weights = new ModelWeights(graph, source, options);
    const linears = new Int8Linears(graph, weights, new Map(), 2);
    for (const part of ["attention.self.query", "intermediate.dense"]) {
      const names = [`encoder.layer.1.${part}`];
      linears.project({ layer: 1, kind: "attention-in" }, "input", names);
    }
    const steps = new Int8Array(linears.file().buffer);
    expect(steps).toHaveLength(48 * 48 + 96 * 48);
    expect(steps.reduce((most, step) => Math.max(most, Math.abs(step)), 0)).toBe(90);
  });
});
