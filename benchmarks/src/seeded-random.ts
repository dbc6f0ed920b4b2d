/** Numbers in [0, 1) that a seed decides (the mulberry32 generator). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to `limit - 1`. */
export function randomInteger(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** Fills `values` with numbers of the normal distribution (the Box-Muller transform). */
export function fillNormal(random: Random, values: Float32Array): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    // Past the end of an odd number of values this does nothing.
    values[i + 1] = radius * Math.sin(angle);
  }
}

/** `count` different items, in an order that the generator decides. */
export function sample<T>(random: Random, items: readonly T[], count: number): T[] {
  const pool = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && pool.length > 0) {
    const place = randomInteger(random, pool.length);
    chosen.push(pool[place] as T);
    pool[place] = pool[pool.length - 1] as T;
    pool.pop();
  }
  return chosen;
}
