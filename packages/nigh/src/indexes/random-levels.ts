import { SeededRandom } from "../shared/seeded-random.js";

const HIGHEST = 15;

/** The random levels of an HNSW graph: a row reaches level l with probability M ** -l. */
export class RandomLevels {
  readonly #factor: number;
  readonly #random: SeededRandom;

  /** @param seed an integer. */
  constructor(M: number, seed: number) {
    this.#factor = 1 / Math.log(M);
    this.#random = new SeededRandom(seed);
  }

  /** Levels of the next `count` rows, 0 to 15. */
  next(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () =>
      Math.min(HIGHEST, Math.floor(-Math.log(1 - this.#random.next()) * this.#factor)),
    );
  }
}
