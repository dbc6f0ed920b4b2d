import { bestSentences, type Span } from "../../best-sentence.js";
import type { BoundEmbedder } from "../bound-embedder.js";

/** The sentence of a document that is nearest to the query, and where it stands, in UTF-16 code units. */
export interface Highlight extends Span {
  readonly text: string;
}

/** Of each document its sentence nearest to the query; null where there is no document, or nothing in it. */
export async function highlight(
  query: Float32Array,
  documents: readonly (string | null)[],
  embedder: BoundEmbedder,
): Promise<(Highlight | null)[]> {
  const texts = documents.filter((text) => text !== null && text.trim() !== "") as string[];
  const spans = await bestSentences(query, texts, (sentences) => embedder.documents(sentences, {}));
  const found = new Map(texts.map((text, i) => [text, trimmed(text, spans[i] as Span)]));
  return documents.map((text) => (text === null ? null : (found.get(text) ?? null)));
}

function trimmed(text: string, { start, end }: Span): Highlight {
  const sentence = text.slice(start, end);
  const from = start + sentence.length - sentence.trimStart().length;
  const to = start + sentence.trimEnd().length;
  return { start: from, end: to, text: text.slice(from, to) };
}
