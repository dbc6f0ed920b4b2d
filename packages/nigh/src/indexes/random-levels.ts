/** The random levels of an HNSW graph: a row reaches level l with probability M ** -l. */
export class RandomLevels {
  readonly #factor: number;
  #state: number;

  /** @param seed any integer. */
  constructor(M: number, seed: number) {
    this.#factor = 1 / Math.log(M);
    this.#state = seed >>> 0;
  }

  /** Levels of the next `count` rows, 0 to 15. */
  next(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => {
      const level = Math.floor(-Math.log(1 - this.#random()) * this.#factor);
      return Math.min(level, 15);
    });
  }

  /** mulberry32: at least 0, below 1. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
