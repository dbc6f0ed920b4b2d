import { readFile } from "node:fs/promises";

/** The share of the true neighbours that a search found; its labels are a file of int32, `k` a query. */
export async function recallOf(labels: string, neighbours: Int32Array, k: number): Promise<number> {
  const found = new Int32Array(new Uint8Array(await readFile(labels)).buffer);
  if (found.length !== neighbours.length)
    throw new Error(`${found.length} labels came back, expected ${neighbours.length}.`);
  let hits = 0;
  for (let start = 0; start < found.length; start += k) {
    const own = new Set(found.subarray(start, start + k));
    for (const row of neighbours.subarray(start, start + k)) if (own.has(row)) hits++;
  }
  return hits / neighbours.length;
}
