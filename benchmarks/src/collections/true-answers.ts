/** The true answers of all query cases, found by comparing everything in plain JavaScript, in float64. */
import { COLUMNS, readRows, type VectorFile } from "../indexes/vector-file.js";
import { CASES, type Change, changeBefore, filterNumber } from "./query-cases.js";
import { metadataOf, type RecordMetadata } from "./records.js";

/** For each case the rows of the `k` nearest of each query, query after query; -1 where there are fewer. */
export function trueAnswers(vectors: VectorFile, queries: VectorFile, k: number): Int32Array[] {
  const values = readRows(vectors.file, 0, vectors.rows);
  const asked = readRows(queries.file, 0, queries.rows);
  const metadatas = Array.from({ length: vectors.rows }, (_, row) => metadataOf(row));
  return CASES.map((queryCase, caseNumber) => {
    const answers = new Int32Array(queries.rows * k).fill(-1);
    for (let query = 0; query < queries.rows; query++) {
      const change = changeBefore(caseNumber, query, vectors.rows);
      if (change !== undefined) apply(change, values, asked, metadatas);
      const number = filterNumber(queryCase, query);
      const kept = (row: number) =>
        queryCase.filter.keeps(metadatas[row] as RecordMetadata, number);
      const vector = asked.subarray(query * COLUMNS, (query + 1) * COLUMNS);
      answers.set(nearest(values, vector, kept, k), query * k);
    }
    return answers;
  });
}

/** The share of the true answers among those that were found. */
export function recallOf(found: readonly number[], truth: Int32Array, k: number): number {
  if (found.length !== truth.length)
    throw new Error(`${found.length} answers came back, expected ${truth.length}.`);
  let hits = 0;
  for (let start = 0; start < truth.length; start += k) {
    const own = new Set(found.slice(start, start + k));
    for (const row of truth.subarray(start, start + k)) if (own.has(row)) hits++;
  }
  return hits / truth.length;
}

function apply(
  { row, vectorOf, metadataOf: source }: Change,
  values: Float32Array,
  queries: Float32Array,
  metadatas: RecordMetadata[],
): void {
  values.set(queries.subarray(vectorOf * COLUMNS, (vectorOf + 1) * COLUMNS), row * COLUMNS);
  metadatas[row] = metadataOf(source);
}

/** By inner product, which is by cosine: all vectors have length 1. Ties go to the lower row. */
function nearest(
  values: Float32Array,
  query: Float32Array,
  kept: (row: number) => boolean,
  k: number,
): number[] {
  const rows: number[] = [];
  const scores: number[] = [];
  for (let row = 0; row < values.length / COLUMNS; row++) {
    if (!kept(row)) continue;
    const score = dot(values, row * COLUMNS, query);
    if (rows.length === k && score <= (scores[k - 1] as number)) continue;
    let place = scores.length;
    while (place > 0 && score > (scores[place - 1] as number)) place--;
    scores.splice(place, 0, score);
    rows.splice(place, 0, row);
    if (rows.length > k) {
      rows.pop();
      scores.pop();
    }
  }
  return rows;
}

function dot(values: Float32Array, start: number, query: Float32Array): number {
  let [a, b] = [0, 0];
  for (let j = 0; j < COLUMNS; j += 2) {
    a += (values[start + j] as number) * (query[j] as number);
    b += (values[start + j + 1] as number) * (query[j + 1] as number);
  }
  return a + b;
}
