import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { euclidean } from "../src/kernels/plain.js";
import { wholeProduct } from "../src/kernels/plain-codes.js";
import {
  nibbleQueryOf,
  nibblesOf,
  queryFromDigits,
  unpackDigits,
} from "../src/kernels/plain-nibbles.js";
import { allSorts, LENGTHS, NOT_FINITE } from "./kernels/all-sorts.js";
import { describeVariants, type Variant, VariantArena } from "./kernels/variants.js";

interface KernelCodes {
  readonly digits: Int8Array;
  readonly scale: number;
  /** Length of what the digits leave out. */
  readonly rest: number;
  readonly bytes: Uint8Array;
}

/** The kernel's codes of rows of one length, and their products. */
class KernelNibbles {
  readonly #variant: Variant;
  readonly #arena: VariantArena;
  readonly #planes: number;
  /** Numbers of a row, padded as floats and as codes. */
  readonly #count: number;
  readonly #size: number;
  readonly #query: number;
  /** NibbleFacts: scale, rest. */
  readonly #facts: number;

  constructor(variant: Variant, d: number, planes: number) {
    this.#variant = variant;
    this.#arena = new VariantArena(variant);
    this.#planes = planes;
    this.#count = Math.ceil(d / 16) * 16;
    this.#size = Math.ceil(d / 64) * 64;
    this.#facts = this.#arena.alloc(8);
    // NibbleQuery: codes, offset, scale.
    this.#query = this.#arena.alloc(12);
    this.#arena.u32[this.#query / 4] = this.#arena.alloc(2 * planes * this.#size);
  }

  encode(row: Float32Array): KernelCodes {
    const length = (this.#planes * this.#size) / 2;
    const [floats, codes, room] = this.#memory(row, length);
    const { u8, f32, kernels } = this.#arena;
    kernels.encodeNibbles(
      floats,
      lengthOf(row),
      this.#count,
      this.#size,
      this.#planes,
      codes,
      room,
      this.#facts,
    );
    const bytes = u8.slice(codes, codes + length);
    const digits = unpackDigits(bytes, this.#variant.name === "plain");
    const [scale, rest] = f32.subarray(this.#facts / 4) as unknown as [number, number];
    return { digits, scale, rest, bytes };
  }

  /** Prepares a query of floats. @returns numbers per query number. */
  ask(row: Float32Array): number {
    const [floats, , room] = this.#memory(row, 0);
    const { kernels, f32 } = this.#arena;
    kernels.encodeNibbleQuery(floats, this.#count, this.#size, this.#planes, this.#query, room);
    return f32[this.#query / 4 + 2] as number;
  }

  /** Prepares a query of a row's codes. */
  askFrom(bytes: Uint8Array): void {
    const [, codes] = this.#memory(new Float32Array(0), bytes.length);
    this.#arena.u8.set(bytes, codes);
    this.#arena.kernels.fromNibbles(codes, this.#size, this.#planes, this.#query);
  }

  products(rows: readonly Uint8Array[]): number[] {
    const length = (this.#planes * this.#size) / 2;
    const [, codes, out] = this.#memory(new Float32Array(0), 4 * length);
    const { u8, i32, kernels } = this.#arena;
    for (const [i, row] of rows.entries()) u8.set(row, codes + i * length);
    kernels.nibbleProducts(codes, this.#query, this.#planes * this.#size, out);
    return Array.from(i32.slice(out / 4, out / 4 + rows.length));
  }

  /** Addresses of the row's floats, of `bytes` bytes and of room. What was there before may be written over. */
  #memory(row: Float32Array, bytes: number): [number, number, number] {
    const arena = this.#arena;
    const sizes = [4 * this.#count, bytes, 4 * this.#planes * this.#size];
    const addresses = sizes.map((size) => arena.alloc(size)) as [number, number, number];
    arena.f32.fill(0, addresses[0] / 4, addresses[0] / 4 + this.#count);
    arena.f32.set(row, addresses[0] / 4);
    for (const [i, address] of addresses.entries()) arena.free(address, sizes[i] as number);
    return addresses;
  }
}

describeVariants("4-bit codes", (variant) => {
  describe.each([1, 2] as const)("of %i planes", (planes) => {
    const expectSame = (
      d: number,
      rows: Iterable<Float32Array>,
      queries: Iterable<Float32Array>,
    ) => {
      const kernel = new KernelNibbles(variant, d, planes);
      const encoded = Array.from(rows, (row) => {
        const found = kernel.encode(row);
        const wanted = nibblesOf(row, lengthOf(row), planes);
        expect(found.scale).toBe(wanted.scale);
        expect(found.digits).toEqual(wanted.digits);
        return { bytes: found.bytes, digits: wanted.digits };
      });
      const expectProducts = (numbers: Int16Array) => {
        for (let i = 0; i < encoded.length; i += 4) {
          const four = encoded.slice(i, i + 4);
          const wanted = four.map(({ digits }) => wholeProduct(digits, numbers));
          expect(kernel.products(four.map(({ bytes }) => bytes))).toEqual(wanted);
        }
      };
      for (const query of queries) {
        const wanted = nibbleQueryOf(query, planes, variant.nibbleQueryMax);
        expect(kernel.ask(query)).toBe(wanted.scale);
        expectProducts(wanted.numbers);
      }
      for (const { bytes, digits } of encoded) {
        kernel.askFrom(bytes);
        expectProducts(queryFromDigits(digits, planes));
      }
    };

    it.each(LENGTHS)("of %i numbers are the reference's to the bit, their products exact", (d) => {
      expectSame(d, allSorts(d, d), allSorts(d, d + 50));
    });

    it("are the reference's for any numbers that float32 has", () => {
      const rows = fc.integer({ min: 1, max: 140 }).chain((d) => {
        const row = fc.float32Array({ minLength: d, maxLength: d, noNaN: true });
        return fc.array(row, { minLength: 1, maxLength: 6 });
      });
      fc.assert(
        fc.property(rows, (all) => {
          expectSame(all[0]?.length ?? 1, all, all);
        }),
        { numRuns: 200 },
      );
    });

    it("have exact products where all digits are as large as they can be", () => {
      const d = 16_384;
      const row = (sign: (i: number) => number) =>
        Float32Array.from({ length: d }, (_, i) => sign(i));
      const rows = [row(() => 1), row(() => -1), row((i) => (i % 2 === 0 ? 1 : -1))];
      expectSame(d, rows, rows);
    });

    it("stand for the numbers, to half a digit of the lowest plane where none is cut", () => {
      for (const [d, row] of [...allSorts(100, 9)].entries()) {
        const { digits, scale } = new KernelNibbles(variant, 100, planes).encode(row);
        if (!(scale > 0) || planes === 1) continue;
        const size = digits.length / 2;
        for (const [i, x] of row.entries()) {
          const stored = scale * ((digits[i] as number) + (digits[size + i] as number) / 15);
          expect(Math.abs(stored - x), `row ${d}`).toBeLessThanOrEqual(
            (scale / 15) * 0.5001 + scale * 1e-6,
          );
        }
      }
    });

    it.each(LENGTHS)("of %i numbers leave out no more than they say, and little more", (d) => {
      const kernel = new KernelNibbles(variant, d, planes);
      for (const row of allSorts(d, d + 100)) {
        const { digits, scale, rest } = kernel.encode(row);
        if (!(rest >= 0)) continue;
        const size = digits.length / planes;
        const coded = (i: number) =>
          (digits[i] as number) + (planes === 2 ? (digits[size + i] as number) / 15 : 0);
        const left = Math.hypot(...row.map((x, i) => x - scale * coded(i)));
        const length = lengthOf(row);
        expect(rest).toBeGreaterThanOrEqual(left);
        // What rounding may add is a share of the length; two planes reckon with the worst.
        const most = planes === 1 ? left + 0.02 * length : (scale * Math.sqrt(d + 16)) / 29;
        expect(rest).toBeLessThanOrEqual(most + 0.02 * length);
      }
    });

    it.each(NOT_FINITE)("do not trap on %s", (x) => {
      const kernel = new KernelNibbles(variant, 40, planes);
      const row = new Float32Array(40).fill(1).fill(x, 39);
      const { bytes, digits } = kernel.encode(row);
      expect(digits).toEqual(new Int8Array(planes * 64));
      kernel.ask(row);
      expect(kernel.products([bytes])).toEqual([0]);
    });
  });
});

/** As the kernels keep it: float32. */
function lengthOf(row: Float32Array): number {
  return Math.fround(euclidean(row, new Float32Array(row.length)));
}
