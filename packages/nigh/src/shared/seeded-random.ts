/** Random numbers that a seed decides, the same on every machine: mulberry32 (Tommy Ettinger, public domain). */
export class SeededRandom {
  #state: number;

  /** @param seed an integer; its lowest 32 bits count. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer of at least 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** `count` different integers below `limit`, ascending. */
  sample(count: number, limit: number): Uint32Array {
    const numbers = Uint32Array.from({ length: limit }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      const j = i + this.below(limit - i);
      const held = numbers[i] as number;
      numbers[i] = numbers[j] as number;
      numbers[j] = held;
    }
    return numbers.slice(0, count).sort();
  }
}
