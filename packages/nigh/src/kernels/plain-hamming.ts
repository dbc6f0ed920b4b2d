/** Differing bits in plain TypeScript: the reference for assembly/hamming.ts. */
export function hammingDistance(a: Uint8Array | Int8Array, b: Uint8Array | Int8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) {
    let rest = ((a[i] as number) ^ (b[i] as number)) & 0xff;
    for (; rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}
