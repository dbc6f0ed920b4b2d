import type { Arena } from "../../kernels/arena.js";

const SLAB_BYTES = 65_536;

/** Memory for the links of rows above the lowest level: few rows have some, so they are kept apart and close together. */
export class LevelLinks {
  readonly #arena: Arena;
  readonly #linksUp: number;
  #next = 0;
  #end = 0;
  /** What was given back, by level. */
  readonly #free: number[][] = [];

  constructor(arena: Arena, linksUp: number) {
    this.#arena = arena;
    this.#linksUp = linksUp;
  }

  /** Bytes for the upper links of `count` rows, more than surely needed: one row in `linksUp` has some. */
  bytesFor(count: number): number {
    const rows = Math.ceil((3 * count) / this.#linksUp) + 64;
    return rows * this.#bytes(1) + 2 * SLAB_BYTES + this.#bytes(16);
  }

  /** Address of room for `level` levels; 0 for none. */
  take(level: number): number {
    if (level === 0) return 0;
    const reused = this.#free[level]?.pop();
    if (reused !== undefined) return reused;
    const bytes = this.#bytes(level);
    if (this.#next + bytes > this.#end) {
      const slab = Math.max(SLAB_BYTES, bytes);
      this.#next = this.#arena.alloc(slab);
      this.#end = this.#next + slab;
    }
    this.#next += bytes;
    return this.#next - bytes;
  }

  giveBack(address: number, level: number): void {
    if (address === 0) return;
    this.#free[level] ??= [];
    this.#free[level].push(address);
  }

  #bytes(level: number): number {
    return 4 + 4 * this.#linksUp * level;
  }
}
