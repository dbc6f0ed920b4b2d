import { throwIfAborted } from "../shared/abort.js";
import { Matrix } from "../shared/matrix.js";
import { type OnProgress, ProgressMeter } from "../shared/progress.js";
import { type Batch, makeBatches, padBatch, padRows } from "./batching.js";
import type { EncoderPool } from "./encoder-pool.js";
import { runLimited } from "./run-limited.js";
import { WindowMeans } from "./window-means.js";
import type { ModelInput, TokenizedTexts } from "./worker-messages.js";

/** Tokens that run together, padding included (docs/benchmarks.md has the measurement). */
const BATCH_TOKENS = 256;

/** Texts that are sorted by length together; bounds the tokens that are held in memory. */
const WINDOW_TEXTS = 4096;
const WINDOW_CHARACTERS = 16_000_000;

/** Texts that one request tokenizes: small enough that the threads share the work and copying blocks no event loop. */
const CHUNK_TEXTS = 128;
const CHUNK_CHARACTERS = 1_000_000;

export interface EncodePlan {
  readonly dimension: number;
  readonly padId: number;
  /** Tokens at the start of each text that pooling leaves out. */
  readonly promptTokens: number;
  readonly batchSize: number;
  readonly onProgress: OnProgress | undefined;
  readonly signal: AbortSignal | undefined;
  /** How long texts are read in windows; undefined: they are cut. */
  readonly windows: { readonly prompt: string; readonly normalizes: boolean } | undefined;
  /** Before everything that is not: a query must not wait for a corpus. */
  readonly urgent: boolean;
}

export interface EncodedTexts {
  /** One row a text, in order. */
  readonly vectors: Matrix;
  /** 1 where tokens of a text were cut. */
  readonly truncated: Uint8Array;
}

/** What the model makes of texts, or of pairs of texts: tokenizes, sorts by length and runs batch after batch. */
export async function encodeTexts(
  pool: EncoderPool,
  texts: readonly ModelInput[],
  plan: EncodePlan,
): Promise<EncodedTexts> {
  const vectors = Matrix.zeros(texts.length, plan.dimension);
  const truncated = new Uint8Array(texts.length);
  const meter = new ProgressMeter(texts.length);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(plan.signal ? [plan.signal] : [])]);
  const tokenize = (window: Run | undefined): Promise<TokenizedTexts> | undefined =>
    window && tokenizeTexts(pool, window.texts, { ...plan, signal });
  const windows = cutRuns(texts, WINDOW_TEXTS, WINDOW_CHARACTERS);
  let tokensSeen = 0;
  let textsSeen = 0;
  let next = tokenize(windows[0]);
  try {
    for (const [w, window] of windows.entries()) {
      const tokens = (await next) as TokenizedTexts;
      next = tokenize(windows[w + 1]);
      // Its failure is met when it is awaited; until then it must not count as unhandled.
      next?.catch(() => undefined);
      tokensSeen += tokens.ids.reduce((sum, ids) => sum + ids.length, 0);
      textsSeen += tokens.truncated.length;
      truncated.set(tokens.truncated, window.start);
      const tokensTotal = (tokensSeen / textsSeen) * texts.length;
      const means =
        tokens.windows &&
        new WindowMeans(vectors, window.start, tokens.windows, plan.windows?.normalizes ?? false);
      await runWindow(pool, tokens, plan, (batch, rows) => {
        let done = 0;
        for (const [j, i] of batch.entries()) {
          const row = rows.subarray(j * plan.dimension, (j + 1) * plan.dimension);
          if (means === undefined) vectors.data.set(row, (window.start + i) * plan.dimension);
          if (means === undefined || means.add(i, row)) done++;
        }
        meter.add(
          done,
          means ? 0 : batch.reduce((sum, i) => sum + (tokens.truncated[i] as number), 0),
          batch.reduce((sum, i) => sum + (tokens.ids[i] as Int32Array).length, 0),
          batch.length,
        );
        plan.onProgress?.(meter.read(tokensTotal));
      });
    }
  } finally {
    // After a failure nothing goes on behind the caller's back.
    stop.abort();
  }
  return { vectors, truncated };
}

async function runWindow(
  pool: EncoderPool,
  tokens: TokenizedTexts,
  plan: EncodePlan,
  onBatch: (batch: Batch, rows: Float32Array) => void,
): Promise<void> {
  const lengths = tokens.ids.map((ids) => ids.length);
  const batches = makeBatches(lengths, plan.batchSize, BATCH_TOKENS);
  await runLimited(batches, pool.size + 1, async (batch) => {
    throwIfAborted(plan.signal);
    const ids = batch.map((i) => tokens.ids[i] as Int32Array);
    const { types } = tokens;
    const request = {
      ...padBatch(ids, plan.padId),
      types:
        types &&
        padRows(
          batch.map((i) => types[i] as Int32Array),
          0,
        ),
      promptTokens: plan.promptTokens,
    };
    onBatch(batch, await pool.run(request, plan.urgent));
  });
}

/** Token ids of texts, special tokens included, cut at the model's maximum length or into windows of it. */
export async function tokenizeTexts(
  pool: EncoderPool,
  texts: readonly ModelInput[],
  plan: Pick<EncodePlan, "signal" | "urgent" | "windows">,
): Promise<TokenizedTexts> {
  const chunks = cutRuns(texts, CHUNK_TEXTS, CHUNK_CHARACTERS);
  const parts = new Map<number, TokenizedTexts>();
  await runLimited(chunks, pool.size + 1, async (chunk) => {
    throwIfAborted(plan.signal);
    parts.set(
      chunk.start,
      await pool.tokenize({ texts: chunk.texts, windowPrompt: plan.windows?.prompt }, plan.urgent),
    );
  });
  const ordered = chunks.map(({ start }) => parts.get(start) as TokenizedTexts);
  return {
    ids: ordered.flatMap((part) => part.ids),
    types: ordered[0]?.types && ordered.flatMap((part) => part.types ?? []),
    truncated: Uint8Array.from(ordered.flatMap((part) => [...part.truncated])),
    windows: ordered[0]?.windows && {
      counts: Uint32Array.from(ordered.flatMap((part) => [...(part.windows?.counts ?? [])])),
      sizes: Uint32Array.from(ordered.flatMap((part) => [...(part.windows?.sizes ?? [])])),
    },
  };
}

interface Run {
  readonly start: number;
  readonly texts: readonly ModelInput[];
}

/** Cuts a list into runs of at most so many texts; a run ends when it has so many characters. */
function cutRuns(texts: readonly ModelInput[], maxTexts: number, maxCharacters: number): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < texts.length; ) {
    let end = start;
    let characters = 0;
    while (end < texts.length && end - start < maxTexts && characters < maxCharacters) {
      characters += charactersOf(texts[end] as ModelInput);
      end++;
    }
    runs.push({ start, texts: texts.slice(start, end) });
    start = end;
  }
  return runs;
}

function charactersOf(input: ModelInput): number {
  return typeof input === "string" ? input.length : input[0].length + input[1].length;
}
