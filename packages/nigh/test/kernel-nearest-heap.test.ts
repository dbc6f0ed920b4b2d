import fc from "fast-check";
import { expect, it } from "vitest";
import { topK } from "../src/kernels/top-k.js";
import { describeVariants, VariantArena } from "./kernels/variants.js";

/** An ordinal above all others. */
const UNTOUCHED = 2 ** 32 - 1;

/** An id for each ordinal, any but all different. */
type Ids = readonly number[];

describeVariants("The heap of the nearest rows", (variant) => {
  const arena = new VariantArena(variant);

  /** Ordinals and keys of the nearest, nearest first. */
  const nearest = (keys: Float32Array, capacity: number, ids?: Ids) => {
    const heap = arena.alloc(16);
    // One more, that is farther than all: it must stay what it is.
    const entries = arena.alloc(8 * (capacity + 1));
    arena.f32[entries / 4 + 2 * capacity] = -Infinity;
    arena.u32[entries / 4 + 2 * capacity + 1] = UNTOUCHED;
    const table = arena.alloc(8 * keys.length);
    if (ids !== undefined) arena.f64.set(ids, table / 8);
    arena.u32.set([entries, capacity, 0, ids === undefined ? 0 : table], heap / 4);
    for (const [ordinal, key] of keys.entries()) arena.kernels.offer(heap, key, ordinal);
    arena.kernels.sortHeap(heap);
    expect(arena.f32[entries / 4 + 2 * capacity]).toBe(-Infinity);
    expect(arena.u32[entries / 4 + 2 * capacity + 1]).toBe(UNTOUCHED);
    const count = arena.u32[heap / 4 + 2] as number;
    const found = Array.from({ length: count }, (_, i) => ({
      index: arena.u32[entries / 4 + 2 * i + 1] as number,
      score: arena.f32[entries / 4 + 2 * i] as number,
    }));
    arena.free(heap, 16);
    arena.free(entries, 8 * (capacity + 1));
    arena.free(table, 8 * keys.length);
    return found;
  };

  /** The plain reference; it settles ties by place, so rows are first put in the order of their ids. */
  const plain = (keys: Float32Array, k: number, ids?: Ids) => {
    if (k === 0) return [];
    const order = Array.from(keys.keys()).sort((a, b) => (ids?.[a] ?? a) - (ids?.[b] ?? b));
    const sorted = Float32Array.from(order, (ordinal) => keys[ordinal] as number);
    return topK(sorted, k).map(({ index, score }) => ({ index: order[index] as number, score }));
  };

  // Few different keys: most are tied.
  const key = fc.oneof(
    fc.constantFrom(-Infinity, Infinity, 0, -0, 1, -1, 2, 1e-45, 3.4e38),
    fc.float({ noNaN: true }),
  );
  const keys = fc.array(key, { maxLength: 60 }).map((all) => Float32Array.from(all));
  const capacity = fc.integer({ min: 0, max: 70 });

  it("holds the k highest keys, of equal ones the lower ordinals, in order", () => {
    fc.assert(
      fc.property(keys, capacity, (all, k) => {
        expect(nearest(all, k)).toEqual(plain(all, k));
      }),
      { numRuns: 1000 },
    );
  });

  it("settles ties by id where rows have ids of their own", () => {
    const withIds = keys.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.uniqueArray(fc.maxSafeNat(), { minLength: all.length, maxLength: all.length }),
      ),
    );
    fc.assert(
      fc.property(withIds, capacity, ([all, ids], k) => {
        expect(nearest(all, k, ids)).toEqual(plain(all, k, ids));
      }),
      { numRuns: 1000 },
    );
  });

  it("holds nothing when its capacity is 0, and all rows when there are fewer than it may hold", () => {
    const all = Float32Array.of(1, -Infinity, 1, 3);
    expect(nearest(all, 0)).toEqual([]);
    expect(nearest(all, 10).map(({ index }) => index)).toEqual([3, 0, 2, 1]);
    expect(nearest(all, 10, [4, 3, 2, 1]).map(({ index }) => index)).toEqual([3, 2, 0, 1]);
  });
});
