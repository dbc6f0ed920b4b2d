/** A bit for each of some keys: bit `key & 7` of byte `key >> 3`. */
export function bitsOf(keys: readonly number[]): Uint8Array {
  const highest = keys.reduce((a, b) => Math.max(a, b), 0);
  const bits = new Uint8Array((highest >> 3) + 1);
  for (const key of keys) bits[key >> 3] = (bits[key >> 3] as number) | (1 << (key & 7));
  return bits;
}

export function hasBit(bits: Uint8Array, key: number): boolean {
  return (((bits[key >> 3] ?? 0) >> (key & 7)) & 1) === 1;
}
