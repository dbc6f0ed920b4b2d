/** Texts from `start` on, up to `end` (exclusive). */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts a list of texts into ranges, in order, that one request each can carry.
 *
 * @param tokens of each text, or what they are at most.
 * @param maxTexts most texts of a range.
 * @param maxTokens most tokens of a range; a text of more is a range of its own.
 */
export function cutRequests(
  tokens: ArrayLike<number>,
  maxTexts: number,
  maxTokens: number,
): TextRange[] {
  const ranges: TextRange[] = [];
  let start = 0;
  let sum = 0;
  for (let i = 0; i < tokens.length; i++) {
    const own = tokens[i] as number;
    if (i > start && (i - start === maxTexts || sum + own > maxTokens)) {
      ranges.push({ start, end: i });
      start = i;
      sum = 0;
    }
    sum += own;
  }
  if (start < tokens.length) ranges.push({ start, end: tokens.length });
  return ranges;
}
