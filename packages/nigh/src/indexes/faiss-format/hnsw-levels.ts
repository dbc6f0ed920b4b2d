/** Entries that a vector on `levels` levels, at least 1, has in the links of an HNSW index: 2 M, then M a level. */
export function linkCount(levels: number, M: number): number {
  return (levels + 1) * M;
}

/**
 * How likely FAISS gives a new vector each level as its highest: about M^-level (1 - 1/M), down to 1e-9. Equal to FAISS's
 * own in every bit, which computes them partly in float32.
 *
 * @param M at least 2.
 */
export function defaultLevelProbabilities(M: number): Float64Array {
  const scale = Math.fround(1 / Math.log(M));
  const probabilities: number[] = [];
  for (let level = 0; ; level++) {
    const reached = Math.exp(Math.fround(-level / scale));
    const probability = Math.fround(reached * (1 - Math.exp(Math.fround(-1 / scale))));
    if (probability < 1e-9) return Float64Array.from(probabilities);
    probabilities.push(probability);
  }
}
