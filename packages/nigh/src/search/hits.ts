import type { SearchResult } from "../indexes/vector-index.js";

export interface Hit {
  /** Row of the corpus. */
  index: number;
  /** Cosine similarity, -1 to 1. */
  score: number;
}

/** What an index found for query `q` of several with `k` places each; places that stayed empty (-1) are left out. */
export function hitsOf({ distances, labels }: SearchResult, q: number, k: number): Hit[] {
  const hits: Hit[] = [];
  for (let place = q * k; place < (q + 1) * k; place++) {
    const index = labels[place] as number;
    if (index >= 0) hits.push({ index, score: distances[place] as number });
  }
  return hits;
}
