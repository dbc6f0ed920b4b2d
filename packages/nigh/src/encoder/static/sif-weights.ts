/** The smoothing of "A Simple but Tough-to-Beat Baseline for Sentence Embeddings" (Arora et al. 2017), as model2vec has it. */
export const SIF_COEFFICIENT = 1e-4;

/**
 * Smooth inverse frequencies of tokens that a vocabulary lists from frequent to rare: a / (a + p), where the token of rank i has
 * p = 1/i of the sum of all, by Zipf's law. Ranks begin at 2, as model2vec's do.
 */
export function sifWeights(tokens: number): Float64Array {
  const inverse = Float64Array.from({ length: tokens }, (_, i) => 1 / (i + 2));
  const sum = inverse.reduce((a, b) => a + b, 0);
  return inverse.map((value) => SIF_COEFFICIENT / (SIF_COEFFICIENT + value / sum));
}
