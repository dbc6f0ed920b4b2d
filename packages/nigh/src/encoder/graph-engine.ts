import { throwIfAborted } from "../shared/abort.js";
import type { Matrix } from "../shared/matrix.js";
import { encodeTexts, tokenizeTexts } from "./encode-texts.js";
import { EncoderPool } from "./encoder-pool.js";
import type { Engine, EngineWork, TokenIds } from "./engine.js";
import type { ModelFolder } from "./model-folder.js";
import type { Dtype } from "./program.js";
import type { RuntimeName } from "./runtime.js";
import { isHeavy } from "./session-size.js";
import type { BuiltProgram } from "./worker-messages.js";

export interface GraphEngineOptions {
  readonly dtype: Dtype;
  readonly threads: number;
  readonly runtime: RuntimeName | undefined;
  readonly signal: AbortSignal | undefined;
}

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
      urgent: texts.length === 1,
    });
    return tokens.ids.map((ids, i) => ({ ids, truncated: tokens.truncated[i] === 1 }));
  }

  async encode(texts: readonly string[], work: EngineWork): Promise<Matrix> {
    const { prompt, batchSize, onProgress, signal } = work;
    const urgent = texts.length === 1;
    return encodeTexts(this.#pool, prompt === "" ? texts : texts.map((text) => prompt + text), {
      dimension: this.#built.dimension,
      padId: this.#built.padId,
      promptTokens: await this.#promptTokens(prompt, urgent),
      batchSize,
      onProgress,
      signal,
      urgent,
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Tokens at the start of each text that pooling leaves out: none in most models. */
  async #promptTokens(prompt: string, urgent: boolean): Promise<number> {
    if (prompt === "" || includesPrompt(this.#folder)) return 0;
    const { ids } = await tokenizeTexts(this.#pool, [prompt], { signal: undefined, urgent });
    // As Python counts them: without one special token at the end.
    return (ids[0]?.length ?? 0) - Math.min(1, this.#built.tokensAfter);
  }
}

function includesPrompt(folder: ModelFolder): boolean {
  return folder.following.every((module) => module.kind !== "Pooling" || module.includePrompt);
}
