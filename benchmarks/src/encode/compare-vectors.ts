import { readFile } from "node:fs/promises";

/** How near the vectors of one engine are to another's on the same texts. */
export interface Closeness {
  readonly meanCosine: number;
  readonly lowestCosine: number;
}

/** Compares two files of float32 vectors row by row. */
export async function compareVectors(
  fileA: string,
  fileB: string,
  columns: number,
): Promise<Closeness> {
  const [a, b] = await Promise.all([readVectors(fileA), readVectors(fileB)]);
  if (a.length !== b.length)
    throw new Error(`${fileA} has ${a.length} values, ${fileB} ${b.length}.`);
  let sum = 0;
  let lowest = 1;
  for (let start = 0; start < a.length; start += columns) {
    const cosine = cosineOf(a.subarray(start, start + columns), b.subarray(start, start + columns));
    sum += cosine;
    lowest = Math.min(lowest, cosine);
  }
  return { meanCosine: sum / (a.length / columns), lowestCosine: lowest };
}

async function readVectors(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** In float64, and not by nigh: the measurement does not lean on what is measured. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let squareA = 0;
  let squareB = 0;
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return dot / Math.sqrt(squareA * squareB);
}
