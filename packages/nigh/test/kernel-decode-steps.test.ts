import { expect, it } from "vitest";
import { random } from "./indexes/vectors.js";
import { describeVariants, VariantArena } from "./kernels/variants.js";

describeVariants("Rows of one byte a number", (variant) => {
  const arena = new VariantArena(variant);
  const { kernels } = arena;

  it.each([16, 48, 384, 1024])("of %i numbers are decoded at length 1", (size) => {
    const next = random(size);
    const codes = Uint8Array.from({ length: 3 * size }, () => 256 * next());
    const [first, step] = [0, 0].map(() => Float32Array.from({ length: size }, () => next() - 0.5));
    const [at, from, by] = [
      arena.alloc(3 * size),
      arena.put(first as Float32Array),
      arena.put(step as Float32Array),
    ];
    const out = arena.alloc(12 * size);
    for (const turned of [0, 0x80]) {
      arena.u8.set(
        codes.map((code) => code ^ turned),
        at,
      );
      kernels.decodeUnitRows(at, 3, size, turned, from, by, out);
      for (let i = 0; i < 3; i++) {
        const numbers = Array.from({ length: size }, (_, t) => {
          return (first?.[t] as number) + (step?.[t] as number) * (codes[i * size + t] as number);
        });
        const length = Math.hypot(...numbers);
        for (const [t, x] of numbers.entries()) {
          expect(arena.f32[out / 4 + i * size + t]).toBeCloseTo(x / length, 6);
        }
      }
    }
  });

  it("of length 0 stay zeros", () => {
    const [codes, zeros, out] = [arena.alloc(16), arena.put(new Float32Array(16)), arena.alloc(64)];
    arena.u8.fill(7, codes, codes + 16);
    kernels.decodeUnitRows(codes, 1, 16, 0, zeros, zeros, out);
    expect(arena.f32.slice(out / 4, out / 4 + 16)).toEqual(new Float32Array(16));
  });
});
