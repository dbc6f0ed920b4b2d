import { cosineSimilarity } from "../kernels/similarity.js";
import { topK } from "../kernels/top-k.js";
import type { Matrix } from "../shared/matrix.js";

/** A stretch of a text, in UTF-16 code units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Shorter ones ("Yes.", "Mr.") say too little to be why a passage was found. */
const MIN_CHARACTERS = 20;

/**
 * Of each text the sentence that is nearest to the query: why the text was found.
 *
 * @param query a vector of the embedder's.
 * @param embed gives vectors of texts.
 */
export async function bestSentences(
  query: Float32Array,
  texts: readonly string[],
  embed: (texts: readonly string[]) => Promise<Matrix>,
): Promise<Span[]> {
  const spans = texts.map(sentences);
  const flat = spans.flatMap((list, i) =>
    list.map(({ start, end }) => texts[i]?.slice(start, end) ?? ""),
  );
  const vectors = await embed(flat);
  let next = 0;
  return spans.map((list) => {
    const scores = list.map(() => cosineSimilarity(query, vectors.row(next++)));
    const [best] = topK(scores, 1);
    return list[best?.index ?? 0] ?? { start: 0, end: 0 };
  });
}

/** The sentences of a text; one that is too short belongs to the next. */
function sentences(text: string): Span[] {
  const spans: { start: number; end: number }[] = [];
  for (const { segment, index } of new Intl.Segmenter("en", { granularity: "sentence" }).segment(
    text,
  )) {
    const last = spans.at(-1);
    if (last && last.end - last.start < MIN_CHARACTERS) last.end = index + segment.length;
    else spans.push({ start: index, end: index + segment.length });
  }
  return spans;
}
