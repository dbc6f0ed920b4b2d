import { SeededRandom } from "../../shared/seeded-random.js";
import { defaultLevelProbabilities } from "../faiss-format/hnsw-levels.js";

/** The random levels of an HNSW graph: a row reaches level l with probability M ** -l, up to the highest that FAISS knows. */
export class RandomLevels {
  readonly #factor: number;
  readonly #random: SeededRandom;
  readonly #highest: number;

  /** @param seed an integer. */
  constructor(M: number, seed: number) {
    this.#factor = 1 / Math.log(M);
    this.#random = new SeededRandom(seed);
    this.#highest = defaultLevelProbabilities(M).length - 1;
  }

  /** Levels of the next `count` rows. */
  next(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () =>
      Math.min(this.#highest, Math.floor(-Math.log(1 - this.#random.next()) * this.#factor)),
    );
  }
}
