import type { Arena } from "../../kernels/arena.js";

/** Rows found for one query: ordinals and keys (higher is nearer), the nearest first. */
export interface Nearest {
  readonly ordinals: ArrayLike<number>;
  readonly keys: ArrayLike<number>;
  /** Rows that were compared in float32. */
  readonly compared: number;
}

/** Receives the results of query `i`. */
export type TakeNearest = (i: number, nearest: Nearest) => void;

/** What the kernels found: pairs of a key (float32) and an ordinal (uint32). */
export function readNearest(
  { f32, u32 }: Arena,
  address: number,
  count: number,
  compared: number,
): Nearest {
  const keys = new Float32Array(count);
  const ordinals = new Uint32Array(count);
  for (let i = 0, at = address / 4; i < count; i++, at += 2) {
    keys[i] = f32[at] as number;
    ordinals[i] = u32[at + 1] as number;
  }
  return { keys, ordinals, compared };
}
