import { IndexFlatIP } from "../indexes/index-flat.js";
import type { Matrix, MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";
import { BestPairs, type ScoredPair } from "./best-pairs.js";
import { checkWorkOptions, type Pace, paced, type WorkOptions } from "./paced-work.js";
import { checkPoints, checkTextList, unitRows } from "./points.js";
import { checkEmbedder, type TextEmbedder } from "./text-embedder.js";

/** Names and defaults as in sentence-transformers. */
export interface ParaphraseMiningOptions extends WorkOptions {
  /** Of each vector so many of its nearest others are looked at. Default 100. */
  readonly topK?: number | undefined;
  /** Most pairs that are returned. Default 500,000. */
  readonly maxPairs?: number | undefined;
  /** Rows that are compared with all others between two reports of progress; the pairs do not depend on it. Default 5,000. */
  readonly queryChunkSize?: number | undefined;
  /** Rows of one index in memory; the pairs do not depend on it. Default 100,000. */
  readonly corpusChunkSize?: number | undefined;
}

const WHERE = "paraphraseMining";
const KEYS = ["topK", "maxPairs", "queryChunkSize", "corpusChunkSize"];
/** Queries of one search, so that others get their turn soon. */
const QUERIES = 256;
/** Of fewer rows an index needs longer to learn their leading components than these save: with 100 neighbours they rule out little. */
const LEADS_PAY = 40_000;

/**
 * The pairs of texts that are most alike: `[score, i, j]`, i < j, the highest cosine similarity first, ties by the lower rows. The pairs and
 * scores of sentence_transformers.util.paraphrase_mining: all pairs in which one is among the other's `topK` nearest, each once, the
 * best `maxPairs` of them. Exact. 100,000 vectors of 384 dimensions take 350 MB, and the pairs 24 bytes each.
 *
 * @param vectors embeddings; or texts, and the model that encodes them.
 * @throws NighError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_OPTION`, `ERR_DIMENSION`, `ERR_INVALID_TEXT`, `ERR_ABORTED`.
 */
export async function paraphraseMining(
  vectors: MatrixLike,
  options?: ParaphraseMiningOptions,
): Promise<ScoredPair[]>;
export async function paraphraseMining(
  texts: readonly string[],
  embedder: TextEmbedder,
  options?: ParaphraseMiningOptions,
): Promise<ScoredPair[]>;
export async function paraphraseMining(
  input: MatrixLike | readonly string[],
  second: TextEmbedder | ParaphraseMiningOptions = {},
  third: ParaphraseMiningOptions = {},
): Promise<ScoredPair[]> {
  const isTexts = Array.isArray(input) && typeof input[0] === "string";
  const hasEmbedder = typeof (second as Partial<TextEmbedder>)?.encode === "function";
  if (!isTexts && !hasEmbedder) return mine(input as MatrixLike, second as ParaphraseMiningOptions);
  checkWorkOptions(WHERE, third, KEYS);
  const encoder = checkEmbedder(WHERE, second);
  const texts = checkTextList(WHERE, input);
  if (texts.length === 0) return mine([], third);
  const { showProgressBar = false, signal } = third;
  return mine(await encoder.encode(texts, { showProgressBar, ...(signal && { signal }) }), third);
}

async function mine(vectors: MatrixLike, options: ParaphraseMiningOptions): Promise<ScoredPair[]> {
  checkWorkOptions(WHERE, options, KEYS);
  const topK = checkInteger(WHERE, "topK", options.topK ?? 100, 1);
  const maxPairs = checkInteger(WHERE, "maxPairs", options.maxPairs ?? 500_000, 1);
  const step = checkInteger(WHERE, "queryChunkSize", options.queryChunkSize ?? 5000, 1);
  const chunk = checkInteger(WHERE, "corpusChunkSize", options.corpusChunkSize ?? 100_000, 1);
  const points = checkPoints(WHERE, vectors);
  const rows = points.shape[0];
  return paced("Mining pairs", rows, options, async (pace) => {
    if (rows < 2) return [];
    const unit = unitRows(points);
    const best = new BestPairs(maxPairs);
    await offerAll(unit, Math.min(topK, rows - 1), chunk, step, best, pace);
    return best.sorted();
  });
}

/**
 * Offers each pair once: the later row leaves out what the earlier one has offered. Which that is, is told by the last of the earlier
 * row's neighbours, since the score of a pair is the same bits from either side.
 */
async function offerAll(
  unit: Matrix,
  topK: number,
  chunk: number,
  step: number,
  best: BestPairs,
  pace: Pace,
): Promise<void> {
  const rows = unit.shape[0];
  const indexes = indexesOf(unit, chunk);
  const lastScore = new Float32Array(rows);
  const lastRow = new Uint32Array(rows);
  let told = 0;
  for (let from = 0; from < rows; from += QUERIES) {
    const to = Math.min(from + QUERIES, rows);
    // One more, since a row finds itself.
    const { scores, neighbours, k } = nearest(indexes, unit.rows(from, to), topK + 1);
    for (let i = from; i < to; i++) {
      let taken = 0;
      for (let at = (i - from) * k; taken < topK && at < (i - from + 1) * k; at++) {
        const j = neighbours[at] as number;
        if (j === i) continue;
        const score = scores[at] as number;
        taken += 1;
        lastScore[i] = score;
        lastRow[i] = j;
        const wasOffered =
          j < i &&
          (score > (lastScore[j] as number) ||
            (score === lastScore[j] && i <= (lastRow[j] as number)));
        if (!wasOffered) best.offer(score, i, j);
      }
    }
    const finished = to === rows ? rows - told : Math.floor((to - told) / step) * step;
    told += finished;
    if (finished > 0 || pace.isDue) await pace.done(finished);
  }
}

interface Nearest {
  /** `k` a query, the highest first. */
  readonly scores: Float32Array;
  readonly neighbours: ArrayLike<number>;
  readonly k: number;
}

interface Chunk {
  readonly index: IndexFlatIP;
  readonly first: number;
}

function indexesOf(unit: Matrix, chunk: number): Chunk[] {
  const [rows, d] = unit.shape;
  const chunks: Chunk[] = [];
  for (let first = 0; first < rows; first += chunk) {
    const own = unit.rows(first, Math.min(first + chunk, rows));
    const index = new IndexFlatIP(d, { preparesItself: own.shape[0] > LEADS_PAY });
    index.add(own);
    chunks.push({ index, first });
  }
  return chunks;
}

/** Each query's nearest rows in all chunks: of equal scores the lower row first, since chunks are merged in their order. */
function nearest(chunks: readonly Chunk[], queries: Matrix, k: number): Nearest {
  let merged: Nearest | undefined;
  for (const { index, first } of chunks) {
    const most = Math.min(k, index.ntotal);
    const { distances, labels } = index.search(queries, most);
    const found = {
      scores: distances,
      neighbours: first === 0 ? labels : labels.map((row) => row + first),
      k: most,
    };
    merged = merged === undefined ? found : merge(merged, found, queries.shape[0], k);
  }
  return merged as Nearest;
}

function merge(a: Nearest, b: Nearest, queries: number, most: number): Nearest {
  const k = Math.min(most, a.k + b.k);
  const scores = new Float32Array(queries * k);
  const neighbours = new Float64Array(queries * k);
  for (let q = 0; q < queries; q++) {
    let [left, right] = [q * a.k, q * b.k];
    const [leftEnd, rightEnd] = [left + a.k, right + b.k];
    for (let at = q * k; at < (q + 1) * k; at++) {
      const fromLeft =
        right === rightEnd ||
        (left < leftEnd && (a.scores[left] as number) >= (b.scores[right] as number));
      scores[at] = (fromLeft ? a.scores[left] : b.scores[right]) as number;
      neighbours[at] = (fromLeft ? a.neighbours[left] : b.neighbours[right]) as number;
      if (fromLeft) left += 1;
      else right += 1;
    }
  }
  return { scores, neighbours, k };
}
