/** Rankings computed the plain way. */
import type { SearchRow } from "nigh";

/** BM25 with k1 = 1.2, b = 0.75 and Lucene's weights of words, times k1 + 1, of texts whose words are their own stems. */
export function plainBm25(texts: readonly string[], queryWords: readonly string[]): number[] {
  const lists = texts.map((text) => text.split(" ").filter((word) => word !== ""));
  const average = lists.reduce((sum, list) => sum + list.length, 0) / lists.length;
  return lists.map((list) =>
    queryWords.reduce((sum, word) => {
      const n = lists.filter((other) => other.includes(word)).length;
      const weight = Math.log(1 + (lists.length - n + 0.5) / (n + 0.5));
      const times = list.filter((other) => other === word).length;
      const length = 0.25 + 0.75 * (list.length / average);
      return sum + (weight * times * 2.2) / (times + 1.2 * length);
    }, 0),
  );
}

/** Ids by the sum of 1 / (60 + rank) over rankings, ties in the order of `ids`. */
export function plainFusion(
  ids: readonly string[],
  rankings: readonly (readonly string[])[],
): { id: string; score: number }[] {
  return ids
    .map((id) => ({
      id,
      score: rankings
        .filter((ranking) => ranking.includes(id))
        .reduce((sum, ranking) => sum + 1 / (60 + ranking.indexOf(id) + 1), 0),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

/**
 * How far a choice of rows is from maximal marginal relevance: by Carbonell and Goldstein's formula, evaluated anew for every place, the
 * most that another row would have been worth more there.
 */
export function mmrRegret(
  rows: readonly { readonly id: string; readonly relevance: number }[],
  similarity: (a: string, b: string) => number,
  lambda: number,
  chosen: readonly string[],
): number {
  const regrets = chosen.map((id, place) => {
    const above = chosen.slice(0, place);
    const rest = rows.filter((row) => !above.includes(row.id));
    const worths = rest.map((row) => {
      const nearest = Math.max(...above.map((other) => similarity(row.id, other)));
      return place === 0 ? row.relevance : lambda * row.relevance - (1 - lambda) * nearest;
    });
    return Math.max(...worths) - (worths[rest.findIndex((row) => row.id === id)] as number);
  });
  return Math.max(0, ...regrets);
}

export function idsOf(rows: readonly SearchRow[]): string[] {
  return rows.map(({ id }) => id);
}
