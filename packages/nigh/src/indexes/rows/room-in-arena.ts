import { ALIGNMENT, type Arena } from "../../kernels/arena.js";

/** A piece of WebAssembly memory that grows when more is to be kept in it; what was in it is lost then. */
export class RoomInArena {
  readonly #arena: Arena;
  #address = 0;
  #bytes = 0;
  #held = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** 0 as long as nothing is held. */
  get address(): number {
    return this.#address;
  }

  /** Bytes that were asked for last. */
  get bytes(): number {
    return this.#held;
  }

  /** Bytes that `hold` would allocate, at most. */
  growthFor(bytes: number): number {
    return bytes <= this.#bytes ? 0 : this.#grown(bytes) + ALIGNMENT;
  }

  /** Makes sure that there are `bytes`. */
  hold(bytes: number): void {
    this.#held = bytes;
    if (bytes <= this.#bytes) return;
    const size = this.#grown(bytes);
    const address = this.#arena.alloc(size);
    if (this.#bytes > 0) this.#arena.free(this.#address, this.#bytes);
    this.#address = address;
    this.#bytes = size;
  }

  #grown(bytes: number): number {
    return this.#bytes === 0 ? bytes : Math.ceil(bytes * 1.5);
  }

  /** Keeps numbers below 2^32. */
  write(numbers: readonly number[]): void {
    this.hold(4 * numbers.length);
    this.#arena.u32.set(numbers, this.#address / 4);
  }
}
