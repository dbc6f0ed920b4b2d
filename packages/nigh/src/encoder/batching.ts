/** Texts that run through the model together: their places in the list that they came from. */
export type Batch = readonly number[];

/**
 * Groups texts of like length, so that little is padding. Small batches are fastest on a CPU: what a
 * layer works on then stays in the core's cache (docs/benchmarks.md).
 *
 * @param lengths tokens of each text.
 * @param maxTexts most texts in a batch.
 * @param maxTokens most tokens in a batch, padding included; a longer text is a batch of its own.
 * @returns batches that cover every text once. The longest and the shortest alternate, so that the
 * rate of progress is even.
 */
export function makeBatches(
  lengths: readonly number[],
  maxTexts: number,
  maxTokens: number,
): Batch[] {
  const order = lengths
    .map((_, i) => i)
    .sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; ) {
    const longest = Math.max(lengths[order[start] as number] as number, 1);
    const size = Math.min(maxTexts, Math.max(1, Math.floor(maxTokens / longest)));
    batches.push(order.slice(start, start + size));
    start += size;
  }
  return alternate(batches);
}

function alternate<T>(list: readonly T[]): T[] {
  const half = Math.ceil(list.length / 2);
  const fromStart = list.slice(0, half);
  const fromEnd = list.slice(half).reverse();
  return fromStart.flatMap((item, i) => (i < fromEnd.length ? [item, fromEnd[i] as T] : [item]));
}

/** The ids of a batch side by side, padded on the right: [texts x longest]. */
export function padBatch(
  ids: readonly Int32Array[],
  padId: number,
): { ids: Int32Array; lengths: Int32Array } {
  return { ids: padRows(ids, padId), lengths: Int32Array.from(ids, (list) => list.length) };
}

/** Lists side by side, [lists x longest], with `filling` behind those that are shorter. */
export function padRows(lists: readonly Int32Array[], filling: number): Int32Array {
  const longest = Math.max(...lists.map((list) => list.length));
  const padded = new Int32Array(lists.length * longest).fill(filling);
  lists.forEach((list, i) => {
    padded.set(list, i * longest);
  });
  return padded;
}
