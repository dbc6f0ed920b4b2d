import { throwIfAborted } from "../shared/abort.js";
import { Matrix } from "../shared/matrix.js";
import { type OnProgress, ProgressMeter } from "../shared/progress.js";
import { type EncodedTexts, encodeTexts, tokenizeTexts } from "./encode-texts.js";
import { EncoderPool } from "./encoder-pool.js";
import type { Engine, EngineWork, PairTokenIds, TokenIds } from "./engine.js";
import type { ModelFolder } from "./model-folder.js";
import type { Dtype } from "./program.js";
import { runLimited } from "./run-limited.js";
import type { RuntimeName } from "./runtime.js";
import { isHeavy } from "./session-size.js";
import type { BuiltProgram, TextPair } from "./worker-messages.js";

export interface GraphEngineOptions {
  readonly dtype: Dtype;
  readonly threads: number;
  readonly runtime: RuntimeName | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Single tokens that run together: 256 tokens with the special ones, as a batch of texts has. */
const BATCH_SINGLE_TOKENS = 85;

type Built = Omit<BuiltProgram, "program">;

/** A transformer that onnxruntime computes in worker threads. */
export class GraphEngine implements Engine {
  readonly #folder: ModelFolder;
  readonly #pool: EncoderPool;
  readonly #built: Built;

  private constructor(folder: ModelFolder, pool: EncoderPool, built: Built) {
    this.#folder = folder;
    this.#pool = pool;
    this.#built = built;
  }

  static async load(
    folder: ModelFolder,
    { dtype, threads, runtime, signal }: GraphEngineOptions,
  ): Promise<GraphEngine> {
    const pool = new EncoderPool({ folder, runtime }, threads, isHeavy(folder, dtype));
    try {
      // The program is the pool's, which forgets it when it is closed.
      const { program: _, ...built } = await pool.build({ dtype });
      throwIfAborted(signal);
      return new GraphEngine(folder, pool, built);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  get dimension(): number {
    return this.#built.dimension;
  }

  get maxSeqLength(): number {
    return this.#built.maxSeqLength;
  }

  get fingerprint(): string {
    return this.#built.fingerprint;
  }

  get runtime(): RuntimeName {
    return this.#built.runtime;
  }

  async tokenize(texts: readonly string[]): Promise<TokenIds[]> {
    const tokens = await tokenizeTexts(this.#pool, texts, {
      signal: undefined,
      windows: undefined,
      urgent: texts.length === 1,
    });
    return tokens.ids.map((ids, i) => ({ ids, truncated: tokens.truncated[i] === 1 }));
  }

  async encode(texts: readonly string[], work: EngineWork): Promise<Matrix> {
    const { prompt, batchSize, longText, onProgress, signal } = work;
    const urgent = texts.length === 1;
    const normalizes = this.#folder.following.at(-1)?.kind === "Normalize";
    const windows = longText === "chunk" ? { prompt, normalizes } : undefined;
    // Windows have the prompt put before each of them.
    const prompted = prompt === "" || windows ? texts : texts.map((text) => prompt + text);
    const { vectors } = await encodeTexts(this.#pool, prompted, {
      dimension: this.#built.dimension,
      padId: this.#built.padId,
      promptTokens: await this.#promptTokens(prompt, urgent),
      batchSize,
      onProgress,
      signal,
      windows,
      urgent,
    });
    return vectors;
  }

  /** {@link tokenize} of pairs, for a model that takes these. */
  async tokenizePairs(pairs: readonly TextPair[]): Promise<PairTokenIds[]> {
    const urgent = pairs.length === 1;
    const tokens = await tokenizeTexts(this.#pool, pairs, {
      signal: undefined,
      windows: undefined,
      urgent,
    });
    return tokens.ids.map((ids, i) => ({
      ids,
      types: tokens.types?.[i] ?? new Int32Array(ids.length),
      truncated: tokens.truncated[i] === 1,
    }));
  }

  /** What a cross-encoder makes of pairs: a number for each label, before any activation. The prompt is put before the first text. */
  async classify(pairs: readonly TextPair[], work: EngineWork): Promise<EncodedTexts> {
    const { prompt, longText: _, ...plan } = work;
    const prompted = pairs.map(([first, second]): TextPair => [prompt + first, second]);
    return encodeTexts(this.#pool, prompt === "" ? pairs : prompted, {
      ...plan,
      dimension: this.#built.dimension,
      padId: this.#built.padId,
      promptTokens: 0,
      windows: undefined,
      urgent: pairs.length === 1,
    });
  }

  /** The vector of each token as a text of its own, between the model's special tokens. */
  async encodeSingleTokens(
    tokenIds: ArrayLike<number>,
    {
      onProgress,
      signal,
    }: Pick<EngineWork, "signal"> & { readonly onProgress?: OnProgress | undefined },
  ): Promise<Matrix> {
    const [empty] = await this.tokenize([""]);
    const specials = Array.from(empty?.ids ?? []);
    const { tokensAfter, dimension } = this.#built;
    const before = specials.slice(0, specials.length - tokensAfter);
    const after = specials.slice(specials.length - tokensAfter);
    const vectors = Matrix.zeros(tokenIds.length, dimension);
    const meter = new ProgressMeter(tokenIds.length);
    const starts = Array.from(
      { length: Math.ceil(tokenIds.length / BATCH_SINGLE_TOKENS) },
      (_, i) => i * BATCH_SINGLE_TOKENS,
    );
    await runLimited(starts, this.#pool.size + 1, async (start) => {
      throwIfAborted(signal);
      const batch = Array.from(tokenIds).slice(start, start + BATCH_SINGLE_TOKENS);
      const ids = Int32Array.from(batch.flatMap((id) => [...before, id, ...after]));
      const lengths = new Int32Array(batch.length).fill(specials.length + 1);
      const request = { ids, lengths, types: undefined, promptTokens: 0 };
      const rows = await this.#pool.run(request, false);
      vectors.data.set(rows, start * dimension);
      meter.add(batch.length);
      onProgress?.(meter.read());
    });
    return vectors;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Tokens at the start of each text that pooling leaves out: none in most models. */
  async #promptTokens(prompt: string, urgent: boolean): Promise<number> {
    if (prompt === "" || includesPrompt(this.#folder)) return 0;
    const { ids } = await tokenizeTexts(this.#pool, [prompt], {
      signal: undefined,
      windows: undefined,
      urgent,
    });
    // As Python counts them: without one special token at the end.
    return (ids[0]?.length ?? 0) - Math.min(1, this.#built.tokensAfter);
  }
}

function includesPrompt(folder: ModelFolder): boolean {
  return folder.following.every((module) => module.kind !== "Pooling" || module.includePrompt);
}
