import { setFlagsFromString } from "node:v8";
import { describe } from "vitest";
import { Arena } from "../../src/kernels/arena.js";
import { hasRightRelaxedSimd } from "../../src/kernels/relaxed-simd.js";
import { instantiateKernels, type Kernels } from "../../src/kernels/wasm.js";
import { plain, relaxed } from "../../src/kernels/wasm-binaries.js";

/*
 * Node 20 has relaxed SIMD behind a flag of V8, and its baseline compiler gets the products wrong: without that, what is compiled from
 * here on is right. The default modules of this process are chosen before, and stay plain.
 */
if (!hasRightRelaxedSimd()) {
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  setFlagsFromString("--no-liftoff");
}

const hasRelaxed = hasRightRelaxedSimd();

/** One way in which the kernels are compiled. */
export interface Variant {
  readonly name: "plain" | "relaxed";
  /** Highest number of a query's int8 codes, and of its numbers for 4-bit codes. */
  readonly queryMax: number;
  readonly nibbleQueryMax: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const PLAIN: Variant = {
  name: "plain",
  queryMax: 127,
  nibbleQueryMax: 1900,
  bytes: bytesOf(plain),
};
export const RELAXED_SIMD: Variant = {
  name: "relaxed",
  queryMax: 63,
  nibbleQueryMax: 127,
  bytes: bytesOf(relaxed),
};

/** Memory with the kernels of one variant. */
export class VariantArena extends Arena {
  override readonly kernels: Kernels;

  constructor({ bytes }: Variant) {
    super();
    this.kernels = instantiateKernels(new WebAssembly.Module(bytes), this.memory);
  }

  /** Address of numbers, followed by zeros up to `size` numbers. */
  put(numbers: Float32Array, size = numbers.length): number {
    const address = this.alloc(4 * size);
    this.f32.fill(0, address / 4, address / 4 + size);
    this.f32.set(numbers, address / 4);
    return address;
  }
}

/** The same tests with both variants. */
export function describeVariants(what: string, tests: (variant: Variant) => void): void {
  describe(`${what} (plain)`, () => tests(PLAIN));
  describeRelaxed(`${what} (relaxed SIMD)`, () => tests(RELAXED_SIMD));
}

/** Tests that need relaxed SIMD; skipped, with the reason, where there is none. */
export function describeRelaxed(what: string, tests: () => void): void {
  const lacking = hasRelaxed ? "" : " - skipped: this Node.js has none, not even with V8's flags";
  describe.skipIf(!hasRelaxed)(`${what}${lacking}`, tests);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
