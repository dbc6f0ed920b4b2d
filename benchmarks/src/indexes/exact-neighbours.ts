/** The true neighbours, found by comparing everything in plain JavaScript: recall does not lean on what is measured. */
import { existsSync, statSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { COLUMNS, chunksOf, readRows, type VectorFile } from "./vector-file.js";

/** Queries compared with a row in one pass over it. */
const TILE = 4;

/** Rows of the `k` nearest by inner product, the nearest first, query after query; kept beside the vectors. */
export async function exactNeighbours(
  vectors: VectorFile,
  queries: VectorFile,
  k: number,
  onStep: (step: string) => void,
): Promise<Int32Array> {
  const names = [vectors, queries].map(({ file }) => basename(file, ".f32"));
  const file = join(dirname(vectors.file), `${names.join("-")}-nearest-${k}.i32`);
  if (isNewer(file, [vectors.file, queries.file]))
    return new Int32Array(new Uint8Array(await readFile(file)).buffer);
  onStep(`finding the true neighbours of ${queries.rows} queries, once`);
  const found = scan(vectors, queries, k);
  await writeFile(`${file}.unfinished`, found);
  await rename(`${file}.unfinished`, file);
  return found;
}

function isNewer(file: string, sources: readonly string[]): boolean {
  if (!existsSync(file)) return false;
  const made = statSync(file).mtimeMs;
  return sources.every((source) => made >= statSync(source).mtimeMs);
}

/** In float64, ties by the lower row. */
function scan(vectors: VectorFile, queries: VectorFile, k: number): Int32Array {
  const padded = Math.ceil(queries.rows / TILE) * TILE;
  const values = new Float32Array(padded * COLUMNS);
  values.set(readRows(queries.file, 0, queries.rows));
  const rows = new Int32Array(padded * k).fill(-1);
  const scores = new Float64Array(padded * k).fill(-Infinity);
  const dots = new Float64Array(TILE);
  let first = 0;
  for (const chunk of chunksOf(vectors)) {
    for (let start = 0; start < chunk.length; start += COLUMNS) {
      const row = first + start / COLUMNS;
      for (let query = 0; query < padded; query += TILE) {
        dotTile(chunk, start, values, query * COLUMNS, dots);
        for (let i = 0; i < TILE; i++)
          insert(rows, scores, (query + i) * k, k, row, dots[i] as number);
      }
    }
    first += chunk.length / COLUMNS;
  }
  return rows.slice(0, queries.rows * k);
}

/** Inner products of one row with four queries. */
function dotTile(
  rows: Float32Array,
  row: number,
  queries: Float32Array,
  query: number,
  dots: Float64Array,
): void {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let j = 0; j < COLUMNS; j++) {
    const x = rows[row + j] as number;
    a += x * (queries[query + j] as number);
    b += x * (queries[query + COLUMNS + j] as number);
    c += x * (queries[query + 2 * COLUMNS + j] as number);
    d += x * (queries[query + 3 * COLUMNS + j] as number);
  }
  dots[0] = a;
  dots[1] = b;
  dots[2] = c;
  dots[3] = d;
}

/** Keeps the `k` best of a query in order; a row that comes later loses a tie. */
function insert(
  rows: Int32Array,
  scores: Float64Array,
  start: number,
  k: number,
  row: number,
  score: number,
): void {
  let place = start + k - 1;
  if (!(score > (scores[place] as number))) return;
  while (place > start && score > (scores[place - 1] as number)) {
    scores[place] = scores[place - 1] as number;
    rows[place] = rows[place - 1] as number;
    place--;
  }
  scores[place] = score;
  rows[place] = row;
}
