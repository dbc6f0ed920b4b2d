import { messageOf, NighError } from "../shared/errors.js";
import type { Tokenizer } from "../tokens/tokenizer.js";
import { dimensionOf } from "./dimensions.js";
import { loadTokenizer } from "./load-tokenizer.js";
import { loadWeights } from "./model-files.js";
import { buildProgram, type Dtype } from "./program.js";
import { isQuantized, type QuantizedProgram, readProgram } from "./quantized-program.js";
import { type EncoderProgram, loadRuntime, type Runtime, type Session } from "./runtime.js";
import type {
  AnswerMessage,
  BuiltProgram,
  EncoderSetup,
  ModelInput,
  RequestMessage,
  Requests,
  TokenizedTexts,
} from "./worker-messages.js";

/** What a thread does for a model: tokenizes, builds the graph, computes. */
export class EncoderService {
  readonly #setup: EncoderSetup;
  #tokenizer: Tokenizer | undefined;
  #runtime: Runtime | undefined;
  #session: Session | undefined;

  constructor(setup: EncoderSetup) {
    this.#setup = setup;
  }

  /** Never throws: an error is an answer. */
  async answer(message: RequestMessage): Promise<AnswerMessage> {
    try {
      return await this.#answer(message);
    } catch (error) {
      // An error loses its class between threads: code and message cross, and become a NighError again.
      return {
        id: message.id,
        error: {
          code: error instanceof NighError ? error.code : "ERR_RUNTIME",
          message: messageOf(error),
          cause: error instanceof NighError ? error.cause : error,
        },
      };
    }
  }

  async #answer(message: RequestMessage): Promise<AnswerMessage> {
    const { id } = message;
    switch (message.kind) {
      case "build":
        return { id, answer: await this.#build(message.dtype) };
      case "start":
        return { id, answer: await this.#start(message.program).then(() => null) };
      case "tokenize":
        return { id, answer: await this.#tokenize(message.texts, message.windowPrompt) };
      case "run":
        return { id, answer: await this.#run(message) };
      case "close":
        return { id, answer: await this.#close() };
    }
  }

  async #ready(): Promise<{ tokenizer: Tokenizer; runtime: Runtime }> {
    this.#tokenizer ??= await loadTokenizer(this.#setup.folder);
    this.#runtime ??= await loadRuntime(this.#setup.runtime);
    return { tokenizer: this.#tokenizer, runtime: this.#runtime };
  }

  async #start(program: EncoderProgram): Promise<void> {
    const { runtime } = await this.#ready();
    this.#session = await runtime.createSession(program, this.#setup.threads);
  }

  async #build(dtype: Dtype): Promise<BuiltProgram> {
    const { folder } = this.#setup;
    const { program, fingerprint } = isQuantized(folder)
      ? await this.#startQuantized(dtype)
      : await this.#startWeights(dtype);
    const { tokenizer, runtime } = await this.#ready();
    return {
      program,
      fingerprint,
      runtime: runtime.name,
      padId: tokenizer.padId,
      tokensAfter: tokenizer.tokensAfter,
      maxSeqLength: tokenizer.maxLength,
      dimension: dimensionOf(folder),
    };
  }

  async #startWeights(dtype: Dtype): Promise<QuantizedProgram> {
    const { folder } = this.#setup;
    const { weights, fingerprint } = await loadWeights(folder);
    try {
      const { runtime } = await this.#ready();
      const program = await buildProgram(folder, weights, dtype, runtime);
      await this.#start(program);
      weights.checkUnchanged();
      return { program, fingerprint };
    } finally {
      weights.close();
    }
  }

  async #startQuantized(dtype: Dtype): Promise<QuantizedProgram> {
    const { folder } = this.#setup;
    if (dtype !== "int8") {
      throw new NighError(
        "ERR_UNSUPPORTED_MODEL",
        `${folder.path} was quantized and has int8 weights only: load it with dtype "int8", or the model that it was made from.`,
      );
    }
    const read = await readProgram(folder);
    await this.#start(read.program);
    return read;
  }

  async #tokenize(
    texts: readonly ModelInput[],
    windowPrompt: string | undefined,
  ): Promise<TokenizedTexts> {
    const { tokenizer } = await this.#ready();
    if (windowPrompt !== undefined) return inWindows(tokenizer, texts, windowPrompt);
    const types: Int32Array[] = [];
    const tokenized = texts.map((text) => {
      if (typeof text === "string") return tokenizer.encode(text);
      const pair = tokenizer.encodePair(...text);
      types.push(pair.types);
      return pair;
    });
    return {
      ids: tokenized.map((one) => one.ids),
      types: types.length === 0 ? undefined : types,
      truncated: Uint8Array.from(tokenized, (one) => (one.truncated ? 1 : 0)),
      windows: undefined,
    };
  }

  async #run(request: Requests["run"]["request"]): Promise<Float32Array> {
    const vectors = (await this.#session?.run(request))?.["vectors"];
    if (vectors === undefined)
      throw new NighError("ERR_RUNTIME", "The worker has no session: load the model again.");
    return vectors;
  }

  async #close(): Promise<null> {
    await this.#session?.close();
    this.#session = undefined;
    return null;
  }
}

function inWindows(
  tokenizer: Tokenizer,
  texts: readonly ModelInput[],
  prompt: string,
): TokenizedTexts {
  const cut = texts.map((text) => {
    if (typeof text !== "string") throw new TypeError("pairs are not read in windows");
    return tokenizer.encodeWindows(text, prompt);
  });
  return {
    ids: cut.flatMap(({ ids }) => ids),
    types: undefined,
    truncated: new Uint8Array(texts.length),
    windows: {
      counts: Uint32Array.from(cut, ({ ids }) => ids.length),
      sizes: Uint32Array.from(cut.flatMap(({ sizes }) => sizes)),
    },
  };
}
