import { cosineSimilarity } from "../../../kernels/similarity.js";
import type { RecordCandidate } from "./candidate.js";

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): chooses rows one by one, each time the one with the highest
 * (1 - diversity) x relevance - diversity x (highest cosine to a row chosen before). Ties go to the row that came first.
 *
 * @param candidates in order.
 * @param diversity 1 - lambda: 0 leaves the order as it is.
 * @param relevance of each candidate, on the scale of the cosine.
 */
export function diversify(
  candidates: readonly RecordCandidate[],
  limit: number,
  diversity: number,
  relevance: readonly number[],
): RecordCandidate[] {
  const rest = candidates.map((candidate, i) => ({
    candidate,
    relevance: relevance[i] as number,
    // Nothing is chosen yet, to which it could be similar.
    similarity: Number.NEGATIVE_INFINITY,
  }));
  const chosen: RecordCandidate[] = [];
  while (chosen.length < limit && rest.length > 0) {
    const worth = rest.map(({ relevance, similarity }) =>
      chosen.length === 0 ? relevance : (1 - diversity) * relevance - diversity * similarity,
    );
    const best = worth.reduce((a, value, i) => (value > (worth[a] as number) ? i : a), 0);
    const [taken] = rest.splice(best, 1) as [(typeof rest)[number]];
    const { candidate, relevance, similarity } = taken;
    chosen.push(
      Object.assign(candidate, {
        diversity: { relevance, similarity: chosen.length === 0 ? 0 : similarity },
      }),
    );
    for (const other of rest) {
      const cosine = cosineSimilarity(vectorOf(candidate), vectorOf(other.candidate));
      other.similarity = Math.max(other.similarity, cosine);
    }
  }
  return chosen;
}

/**
 * How relevant candidates are, for {@link diversify}: the cosine to the query where a search is by meaning alone, as in the paper;
 * other scores, which are on scales of their own, from 0 for the lowest candidate to 1 for the highest.
 *
 * @param query the query's vector, where the search is by meaning alone.
 */
export function relevanceOf(
  candidates: readonly RecordCandidate[],
  query: Float32Array | undefined,
): number[] {
  if (query !== undefined) {
    return candidates.map((candidate) => cosineSimilarity(query, vectorOf(candidate)));
  }
  const scores = candidates.map(({ score }) => score);
  const lowest = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return scores.map((score) => (highest > lowest ? (score - lowest) / (highest - lowest) : 1));
}

function vectorOf({ vector }: RecordCandidate): Float32Array {
  return vector as Float32Array;
}
