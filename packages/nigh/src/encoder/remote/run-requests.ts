import { Matrix } from "../../shared/matrix.js";
import { type OnProgress, ProgressMeter } from "../../shared/progress.js";
import { runLimited } from "../run-limited.js";
import { cutRequests } from "./cut-requests.js";
import type { MeasuredTexts } from "./measure-texts.js";
import { LIMITS } from "./openai-models.js";

export interface RequestPlan {
  /** Most texts of a request. */
  readonly batchSize: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly onProgress: OnProgress | undefined;
  readonly signal: AbortSignal | undefined;
  /** One request: vectors of equal length, one for each text. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

/**
 * Vectors of texts by several requests, one row each, in order; undefined where there are no texts.
 *
 * @throws what the first request throws that fails; the others are stopped.
 */
export async function runRequests(
  { texts, tokens, isCut }: MeasuredTexts,
  { batchSize, concurrency, onProgress, signal, embed }: RequestPlan,
): Promise<Matrix | undefined> {
  const maxTexts = Math.min(batchSize, LIMITS.requestTexts);
  const requests = cutRequests(tokens, maxTexts, LIMITS.requestTokens);
  const meter = new ProgressMeter(texts.length);
  const tokensInAll = sum(tokens);
  const stop = new AbortController();
  const stops = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
  let matrix: Matrix | undefined;
  await runLimited(requests, concurrency, async ({ start, end }) => {
    try {
      const vectors = await embed(texts.slice(start, end), stops);
      matrix ??= Matrix.zeros(texts.length, (vectors[0] as Float32Array).length);
      for (const [i, vector] of vectors.entries()) matrix.row(start + i).set(vector);
      meter.add(end - start, sum(isCut.subarray(start, end)), sum(tokens.subarray(start, end)));
      onProgress?.(meter.read(tokensInAll));
    } catch (error) {
      // Nothing goes on, and costs, behind the caller's back.
      stop.abort();
      throw error;
    }
  });
  return matrix;
}

function sum(numbers: Uint32Array | Uint8Array): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
