import { dot } from "../kernels/plain.js";
import { dequantizeRows, quantizeEmbeddings } from "../kernels/quantize-embeddings.js";
import { QuantizedScan } from "../kernels/quantized-scan.js";
import { normalizeL2 } from "../kernels/similarity.js";
import type { Scored } from "../kernels/top-k.js";
import { Matrix } from "../shared/matrix.js";
import { isBinary, type QuantizedMatrix } from "../shared/quantized-matrix.js";
import type { Hit } from "./hits.js";

export interface QuantizedPlan {
  readonly topK: number;
  readonly rescore: boolean;
  readonly rescoreMultiplier: number;
  /** The corpus in float32, where it is at hand. */
  readonly rescoreEmbeddings: Matrix | undefined;
}

let onlyScan: QuantizedScan | undefined;

/**
 * For each query the nearest rows of a quantized corpus. Bits are scanned by the bits of the query, steps by its numbers, in float32; the
 * best of the scan are compared with the query's numbers once more where that can tell more.
 *
 * @param queries finite, of the corpus' dimension; at least one.
 */
export function searchQuantized(
  queries: Matrix,
  corpus: QuantizedMatrix,
  { topK, rescore, rescoreMultiplier, rescoreEmbeddings }: QuantizedPlan,
): Hit[][] {
  const rescores = rescore && (isBinary(corpus.precision) || rescoreEmbeddings !== undefined);
  const count = Math.min(corpus.shape[0], rescores ? topK * rescoreMultiplier : topK);
  const search = isBinary(corpus.precision) ? scanBits : scanSteps;
  const found = search(queries, corpus, count);
  if (!rescores) return found;
  return found.map((candidates, q) => {
    const best = candidates.map(({ index }) => ({
      index,
      score: cosine(queries.row(q), rowOf(corpus, rescoreEmbeddings, index)),
    }));
    return best.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, topK);
  });
}

/** Scores are cosines of vectors of 1 and -1. */
function scanBits(queries: Matrix, corpus: QuantizedMatrix, count: number): Scored[][] {
  const asked = [...quantizeEmbeddings(queries, corpus.precision as "ubinary")];
  return scan()
    .bits(asked, corpus, count)
    .map((list) =>
      list.map(({ index, score }) => ({ index, score: 1 + (2 * score) / corpus.dimension })),
    );
}

/** Scores are cosines of the queries with what the codes stand for. */
function scanSteps(queries: Matrix, corpus: QuantizedMatrix, count: number): Scored[][] {
  const asked = normalizeL2(new Matrix(queries.data.slice(), ...queries.shape));
  return scan().steps(asked, corpus, count);
}

/** One for all searches, which are synchronous: it keeps no rows. */
function scan(): QuantizedScan {
  onlyScan ??= new QuantizedScan();
  return onlyScan;
}

function rowOf(corpus: QuantizedMatrix, floats: Matrix | undefined, index: number): Float32Array {
  if (floats !== undefined) return floats.row(index);
  const row = Matrix.zeros(1, corpus.dimension);
  dequantizeRows(corpus, index, row);
  return row.data;
}

/** 0 where a vector has length 0. */
function cosine(a: Float32Array, b: Float32Array): number {
  const length = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
  return length === 0 ? 0 : dot(a, b) / length;
}
