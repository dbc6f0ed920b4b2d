import type { Space } from "nigh";

/** Chroma's distance, with sums in float64 of float32 numbers. */
export function distanceOf(space: Space, a: Float32Array, b: Float32Array): number {
  let [inner, squares, ofA, ofB] = [0, 0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    inner += x * y;
    squares += (x - y) ** 2;
    ofA += x * x;
    ofB += y * y;
  }
  if (space === "l2") return squares;
  if (space === "ip") return 1 - inner;
  return ofA === 0 || ofB === 0 ? 1 : 1 - inner / Math.sqrt(ofA * ofB);
}
