import { expect, it } from "vitest";
import { hammingDistance } from "../src/kernels/plain-hamming.js";
import { random } from "./indexes/vectors.js";
import { describeVariants, VariantArena } from "./kernels/variants.js";

/** Bytes with and without several times the 31 steps that one byte can count. */
const SIZES = [16, 32, 48, 96, 16 * 31, 16 * 32, 16 * 63, 8192] as const;

describeVariants("Keys of rows of bits", (variant) => {
  const arena = new VariantArena(variant);

  const keysOf = (rows: Uint8Array, query: Uint8Array): number[] => {
    const [size, count] = [query.length, rows.length / query.length];
    const [data, asked, out] = [
      arena.alloc(rows.length),
      arena.alloc(size),
      arena.alloc(4 * count),
    ];
    arena.u8.set(rows, data);
    arena.u8.set(query, asked);
    arena.kernels.hammingKeys(data, count, size, asked, out);
    return Array.from(arena.f32.subarray(out / 4, out / 4 + count));
  };

  it.each(SIZES)("of %i bytes are minus the bits that differ", (size) => {
    const next = random(size);
    const bytes = (length: number) => Uint8Array.from({ length }, () => 256 * next());
    const [rows, query] = [bytes(8 * size), bytes(size)];
    const wanted = Array.from({ length: 8 }, (_, i) => {
      return -hammingDistance(rows.subarray(i * size, (i + 1) * size), query);
    });
    expect(keysOf(rows, query)).toEqual(wanted);
  });

  it.each(SIZES)("of %i bytes count all bits, and none", (size) => {
    const rows = new Uint8Array(4 * size);
    rows.fill(0xff, size, 2 * size);
    expect(keysOf(rows, new Uint8Array(size))).toEqual([-0, -8 * size, -0, -0]);
  });
});
