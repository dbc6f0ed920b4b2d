/** 8-bit codes of FAISS's QT_8bit in plain TypeScript, to the bit: the reference for assembly/scalar-rows.ts. All is rounded to float32. */

/** What codes stand for: number t is lowest[t] + ranges[t] * (code + 0.5) / 255. */
export interface ScalarRange {
  readonly lowest: Float32Array;
  readonly ranges: Float32Array;
}

/** The code of each number, cut at 0 and 255; 0 where the range is 0. */
export function scalarCodes(row: Float32Array, { lowest, ranges }: ScalarRange): Uint8Array {
  return Uint8Array.from(row, (x, t) => {
    const range = ranges[t] as number;
    if (range === 0) return 0;
    const share = Math.fround(Math.fround(x - (lowest[t] as number)) / range);
    return Math.trunc(Math.fround(Math.max(0, Math.min(1, share)) * 255));
  });
}

/** The numbers that codes stand for. */
export function scalarNumbers(codes: Uint8Array, { lowest, ranges }: ScalarRange): Float32Array {
  return Float32Array.from(codes, (code, t) => {
    const share = Math.fround((code + 0.5) / 255);
    return (lowest[t] as number) + Math.fround((ranges[t] as number) * share);
  });
}
