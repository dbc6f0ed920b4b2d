import { join } from "#shared/path";
import { nextTurn } from "#shared/turns";
import { throwIfAborted } from "../../shared/abort.js";
import { NighError } from "../../shared/errors.js";
import { Matrix } from "../../shared/matrix.js";
import { ProgressMeter } from "../../shared/progress.js";
import type { Engine, EngineWork, TokenIds } from "../engine.js";
import { loadWeights } from "../model-files.js";
import type { ModelFolder } from "../model-folder.js";
import type { StaticEmbeddingModule } from "../modules/static-embedding.js";
import type { Dtype } from "../program.js";
import { type MeanOfRows, meanOfRows } from "./mean-of-rows.js";
import { StaticTokenizer } from "./static-tokenizer.js";
import { isModel2VecFile, readTokenTable, type TokenTable } from "./token-table.js";

/** Milliseconds of work after which others of the program have a turn. */
const SLICE_MS = 8;

interface Parts {
  readonly tokenizer: StaticTokenizer;
  readonly mean: MeanOfRows;
}

type Work = (text: string, i: number, parts: Parts) => void;

/**
 * A static model: a text's vector is the mean of its tokens' vectors, which are looked up. Runs in the thread that calls it, in slices
 * between which others have a turn.
 */
export class StaticEngine implements Engine {
  readonly dimension: number;
  readonly maxSeqLength: number;
  readonly fingerprint: string;
  readonly runtime = undefined;
  #parts: Parts | undefined;

  private constructor(
    table: TokenTable,
    tokenizer: StaticTokenizer,
    normalizes: boolean,
    fingerprint: string,
  ) {
    this.dimension = table.vectors.shape[1];
    this.maxSeqLength = tokenizer.maxLength;
    this.fingerprint = fingerprint;
    this.#parts = { tokenizer, mean: meanOfRows(table, normalizes) };
  }

  /**
   * @throws NighError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_UNSUPPORTED_MODEL` for modules other than Normalize behind the
   * vectors, `ERR_CHECKSUM`, `ERR_FILE`.
   */
  static async load(
    folder: ModelFolder,
    input: StaticEmbeddingModule,
    dtype: Dtype,
  ): Promise<StaticEngine> {
    if (dtype !== "fp32") {
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${folder.path} is a static model, which runs in float32 only: load it with dtype "fp32".`,
      );
    }
    const other = folder.following.find((module) => module.kind !== "Normalize");
    if (other !== undefined) {
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${folder.path}: modules.json lists ${other.kind} behind StaticEmbedding; nigh runs Normalize or nothing there.`,
      );
    }
    const { weights, fingerprint } = await loadWeights(folder);
    try {
      const source = weights.encoder;
      if (source === undefined) throw new TypeError("a static model has weights");
      const path = source.paths.join(", ");
      const table = readTokenTable(source, path);
      weights.checkUnchanged();
      // A folder of sentence-transformers may have a config.json that someone added.
      const model2vec = isModel2VecFile(source) ? input.model2vec : undefined;
      const tokenizer = await StaticTokenizer.load(join(input.path, "tokenizer.json"), model2vec);
      checkTokens(path, tokenizer, table);
      const normalizes = model2vec?.normalize ?? folder.following.length > 0;
      return new StaticEngine(table, tokenizer, normalizes, fingerprint);
    } finally {
      weights.close();
    }
  }

  async tokenize(texts: readonly string[]): Promise<TokenIds[]> {
    const tokens: TokenIds[] = [];
    await this.#inSlices(texts, undefined, (text, _, { tokenizer }) => {
      tokens.push(tokenizer.encode(text));
    });
    return tokens;
  }

  /** A text without tokens is zeros, as in Python. */
  async encode(
    texts: readonly string[],
    { prompt, longText, onProgress, signal }: EngineWork,
  ): Promise<Matrix> {
    if (longText === "chunk" && this.maxSeqLength !== Infinity) {
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `This is a static model, which reads the first ${this.maxSeqLength} tokens of a text and no windows: leave longText: "chunk" out, or split long texts with splitPassages.`,
      );
    }
    const vectors = Matrix.zeros(texts.length, this.dimension);
    const meter = new ProgressMeter(texts.length);
    let done = 0;
    let truncated = 0;
    const work: Work = (text, i, { tokenizer, mean }) => {
      const tokens = tokenizer.encode(prompt === "" ? text : prompt + text);
      mean(tokens.ids, vectors.row(i));
      done++;
      if (tokens.truncated) truncated++;
    };
    await this.#inSlices(texts, signal, work, () => {
      meter.add(done, truncated);
      done = 0;
      truncated = 0;
      onProgress?.(meter.read());
    });
    return vectors;
  }

  async close(): Promise<void> {
    this.#parts = undefined;
  }

  async #inSlices(
    texts: readonly string[],
    signal: AbortSignal | undefined,
    work: Work,
    onSlice?: () => void,
  ): Promise<void> {
    let parts = this.#open();
    throwIfAborted(signal);
    let start = performance.now();
    for (const [i, text] of texts.entries()) {
      work(text, i, parts);
      const isLast = i === texts.length - 1;
      if (!isLast && performance.now() - start < SLICE_MS) continue;
      onSlice?.();
      if (isLast) return;
      await nextTurn();
      parts = this.#open();
      throwIfAborted(signal);
      start = performance.now();
    }
  }

  #open(): Parts {
    if (this.#parts !== undefined) return this.#parts;
    throw new NighError("ERR_CLOSED", "The model was closed: load it again.");
  }
}

function checkTokens(path: string, tokenizer: StaticTokenizer, { tokens }: TokenTable): void {
  if (tokenizer.idLimit <= tokens) return;
  throw new NighError(
    "ERR_MODEL_FORMAT",
    `${path} has vectors of ${tokens} tokens, but tokenizer.json has ids up to ${tokenizer.idLimit - 1}. They do not belong together: bring the whole model folder from its source.`,
  );
}
