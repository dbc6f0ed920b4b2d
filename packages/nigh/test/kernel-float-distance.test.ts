import fc from "fast-check";
import { expect, it } from "vitest";
import { dot } from "../src/kernels/plain.js";
import { dotFloats, squaredDistanceFloats } from "../src/kernels/plain-float-distance.js";
import { Matrix } from "../src/shared/matrix.js";
import { bitsOf } from "./indexes/vectors.js";
import { allSorts, LENGTHS, NOT_FINITE } from "./kernels/all-sorts.js";
import { describeVariants, VariantArena } from "./kernels/variants.js";

/** What float32 loses in each operation, as a share. */
const UNIT = 2 ** -24;

describeVariants("Distances of float32 rows", (variant) => {
  const arena = new VariantArena(variant);
  const { kernels } = arena;

  /** Kernel and reference, for rows padded to `size`. */
  const both = (a: Float32Array, b: Float32Array, size: number) => {
    const [x, y] = [arena.put(a, size), arena.put(b, size)];
    const found = [kernels.dotFloats(x, y, size), kernels.squaredDistanceFloats(x, y, size)];
    const wanted = [dotFloats(a, b, size), squaredDistanceFloats(a, b, size)];
    arena.free(x, 4 * size);
    arena.free(y, 4 * size);
    return { found: bits(found), wanted: bits(wanted) };
  };

  it.each(LENGTHS)("of %i numbers are the reference's to the bit, whatever they are", (d) => {
    const sorts = allSorts(d, d);
    for (const multiple of [4, 16]) {
      const size = Math.ceil(d / multiple) * multiple;
      for (const a of sorts) {
        for (const b of sorts) {
          const { found, wanted } = both(a, b, size);
          expect(found).toEqual(wanted);
        }
      }
    }
  });

  it("are the reference's to the bit for any numbers that float32 has, NaN and infinities too", () => {
    const pair = fc.integer({ min: 1, max: 70 }).chain((d) => {
      const row = fc.float32Array({ minLength: d, maxLength: d });
      return fc.tuple(row, row);
    });
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const { found, wanted } = both(a, b, Math.ceil(a.length / 4) * 4);
        expect(found).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });

  it.each(NOT_FINITE)("keep %s wherever it is in a row", (x) => {
    for (let place = 0; place < 37; place++) {
      const row = new Float32Array(37).fill(1);
      row[place] = x;
      const address = arena.put(row, 40);
      const ones = arena.put(new Float32Array(37).fill(1), 40);
      expect(kernels.dotFloats(address, ones, 40)).toBe(x);
      expect(kernels.squaredDistanceFloats(address, ones, 40)).toBe(x * x);
    }
  });

  it.each(LENGTHS)("of all pairs are the sums of %i products but for rounding", (d) => {
    const size = Math.ceil(d / 4) * 4;
    const sorts = allSorts(d, d + 1);
    const rows = inReach(sorts);
    const others = rows.slice(0, rows.length & ~3);
    const [a, b] = [putAll(arena, rows, size), putAll(arena, others, size)];
    const out = arena.alloc(4 * rows.length * others.length);
    kernels.dotsOfAll(a, rows.length, b, others.length, size, out);
    for (const [i, row] of rows.entries()) {
      for (const [j, other] of others.entries()) {
        const found = arena.f32[out / 4 + i * others.length + j] as number;
        // Higham, Accuracy and Stability of Numerical Algorithms, 3.1; what underflows on the way.
        const most = (size / 4 + 3) * UNIT * dot(row.map(Math.abs), other.map(Math.abs));
        expect(Math.abs(found - dot(row, other))).toBeLessThanOrEqual(most + d * 2 ** -149);
      }
    }
  });

  it("lower a distance to that of a nearer row, and leave one that is nearer", () => {
    const rows = allSorts(33, 5);
    const target = rows.row(0);
    const addresses = [...rows].map((row) => arena.put(row, 48));
    const table = arena.alloc(4 * addresses.length);
    arena.u32.set(addresses, table / 4);
    const before = Float32Array.from(addresses, (_, i) => [Infinity, 1, 0][i % 3] as number);
    const distances = arena.put(before);
    const to = arena.put(target, 48);
    kernels.lowerDistances(48, table, addresses.length, to, distances);
    const wanted = before.map((x, i) => Math.min(x, squaredDistanceFloats(rows.row(i), target)));
    const start = distances / 4;
    expect(arena.f32.slice(start, start + wanted.length)).toEqual(wanted);
  });
});

/** NaN equals itself: WebAssembly does not say which bits it has. */
function bits(numbers: readonly number[]): (number | "NaN")[] {
  const all = bitsOf(Float32Array.from(numbers));
  return numbers.map((x, i) => (Number.isNaN(x) ? "NaN" : (all[i] as number)));
}

/** Rows whose products float32 can hold. */
function inReach(rows: Matrix): Float32Array[] {
  return [...rows].filter((row) => row.every((x) => Math.abs(x) < 1e18));
}

function putAll(arena: VariantArena, rows: readonly Float32Array[], size: number): number {
  const all = Matrix.zeros(rows.length, size);
  for (const [i, row] of rows.entries()) all.row(i).set(row);
  return arena.put(all.data);
}
