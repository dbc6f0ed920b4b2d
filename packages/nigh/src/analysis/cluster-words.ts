/** A word that tells a cluster from the others. */
export interface ClusterWord {
  readonly word: string;
  /** c-TF-IDF, above 0: only words of the same clustering are to be compared by it. */
  readonly score: number;
}

/** Of a word: how often it is in a cluster, and when it came first. */
interface Count {
  times: number;
  readonly first: number;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** A word has to be so many times as frequent in its cluster as in the other texts: what is everywhere, such as "the" in any language, is not. */
const CONTRAST = 2;

/**
 * The words that tell clusters apart: the highest c-TF-IDF (Grootendorst 2022, "BERTopic: Neural topic modeling with a class-based TF-IDF
 * procedure"), in the form that BERTopic has for frequent words (its `bm25_weighting` and `reduce_frequent_words`):
 * sqrt(tf) * ln(1 + (A - f + 0.5) / (f + 0.5)), where tf is a word's share of the cluster's words, f how often it is in all texts, A the words of a
 * cluster on average. In place of a list of stop words, which each language would need, words count only that are at least twice
 * as frequent in the cluster as in the texts outside. Ties go to the word that comes first.
 *
 * Words are what `Intl.Segmenter` finds, in small letters, with a letter in them: of any script, those without spaces too.
 *
 * @param groups texts of each cluster. @param rest texts of none, which count as outside.
 * @returns at most `most` words of each cluster, the most telling first.
 */
export function distinctiveWords(
  groups: readonly (readonly string[])[],
  rest: readonly string[],
  most: number,
): ClusterWord[][] {
  const counts = groups.map(countWords);
  const all = new Map<string, number>();
  for (const own of [...counts, countWords(rest)]) {
    for (const [word, { times }] of own) all.set(word, (all.get(word) ?? 0) + times);
  }
  const sizes = counts.map((own) => sumOf(own.values()));
  const total = [...all.values()].reduce((sum, times) => sum + times, 0);
  const average = sizes.reduce((sum, size) => sum + size, 0) / Math.max(groups.length, 1);
  return counts.map((own, group) => {
    const size = sizes[group] as number;
    const outside = total - size;
    const words: (ClusterWord & { first: number })[] = [];
    for (const [word, { times, first }] of own) {
      const everywhere = all.get(word) as number;
      const share = times / size;
      if (outside > 0 && share < (CONTRAST * (everywhere - times)) / outside) continue;
      const weight = Math.log(1 + (average - everywhere + 0.5) / (everywhere + 0.5));
      if (weight > 0) words.push({ word, score: Math.sqrt(share) * weight, first });
    }
    return words
      .sort((a, b) => b.score - a.score || a.first - b.first)
      .slice(0, most)
      .map(({ word, score }) => ({ word, score }));
  });
}

function countWords(texts: readonly string[]): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const text of texts) {
    for (const { segment, isWordLike } of segmenter.segment(text)) {
      if (!isWordLike || !/\p{L}/u.test(segment)) continue;
      const word = segment.toLowerCase().normalize("NFC");
      const count = counts.get(word);
      if (count === undefined) counts.set(word, { times: 1, first: counts.size });
      else count.times += 1;
    }
  }
  return counts;
}

function sumOf(counts: Iterable<Count>): number {
  let sum = 0;
  for (const { times } of counts) sum += times;
  return sum;
}
