/** The constant of reciprocal rank fusion: what Cormack et al. (2009) found, and what everyone takes since. */
export const RRF_K = 60;

export interface Fused {
  readonly key: number;
  /** The sum of 1 / (60 + rank) over the lists that have the key. */
  readonly score: number;
}

/**
 * Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): of ranks alone, so that scores of any kind go together.
 *
 * @param rankings lists of keys, the best first, none twice in a list.
 * @returns every key once, the highest score first, ties by the lower key.
 */
export function reciprocalRankFusion(rankings: readonly (readonly number[])[]): Fused[] {
  const scores = new Map<number, number>();
  for (const ranking of rankings) {
    for (const [i, key] of ranking.entries()) {
      scores.set(key, (scores.get(key) ?? 0) + 1 / (RRF_K + i + 1));
    }
  }
  return [...scores]
    .map(([key, score]) => ({ key, score }))
    .sort((a, b) => b.score - a.score || a.key - b.key);
}
