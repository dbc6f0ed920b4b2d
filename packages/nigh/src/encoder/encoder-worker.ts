/** The thread that a model runs in: tokenizes, builds the graph, computes. The event loop of the program stays free. */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, NighError } from "../shared/errors.js";
import type { Tokenizer } from "../tokens/tokenizer.js";
import { dimensionOf } from "./dimensions.js";
import { markIdle } from "./exit-guard.js";
import { loadTokenizer } from "./load-tokenizer.js";
import { loadWeights } from "./model-files.js";
import { buildProgram, type Dtype } from "./program.js";
import { type EncoderProgram, loadRuntime, type Runtime, type Session } from "./runtime.js";
import type {
  AnswerMessage,
  BuiltProgram,
  RequestMessage,
  TokenizedTexts,
  WorkerSetup,
} from "./worker-messages.js";

const setup = workerData as WorkerSetup;

let tokenizer: Tokenizer | undefined;
let runtime: Runtime | undefined;
let session: Session | undefined;

async function ready(): Promise<{ tokenizer: Tokenizer; runtime: Runtime }> {
  tokenizer ??= await loadTokenizer(setup.folder);
  runtime ??= await loadRuntime(setup.runtime);
  return { tokenizer, runtime };
}

async function start(program: EncoderProgram): Promise<void> {
  const { runtime } = await ready();
  session = await runtime.createSession(program, setup.threads);
}

async function build(dtype: Dtype): Promise<BuiltProgram> {
  const { folder } = setup;
  const { weights, fingerprint } = await loadWeights(folder);
  try {
    const { tokenizer, runtime } = await ready();
    const program = await buildProgram(folder, weights, dtype, runtime);
    await start(program);
    weights.checkUnchanged();
    return {
      program,
      fingerprint,
      runtime: runtime.name,
      padId: tokenizer.padId,
      tokensAfter: tokenizer.tokensAfter,
      maxSeqLength: tokenizer.maxLength,
      dimension: dimensionOf(folder),
    };
  } finally {
    weights.close();
  }
}

async function tokenize(texts: readonly string[]): Promise<TokenizedTexts> {
  const { tokenizer } = await ready();
  const tokenized = texts.map((text) => tokenizer.encode(text));
  return {
    ids: tokenized.map((one) => one.ids),
    truncated: Uint8Array.from(tokenized, (one) => (one.truncated ? 1 : 0)),
  };
}

async function run(
  ids: Int32Array,
  lengths: Int32Array,
  promptTokens: number,
): Promise<Float32Array> {
  const vectors = (await session?.run(ids, lengths, promptTokens))?.["vectors"];
  if (vectors === undefined)
    throw new NighError("ERR_RUNTIME", "The worker has no session: load the model again.");
  return vectors;
}

async function close(): Promise<null> {
  await session?.close();
  session = undefined;
  return null;
}

async function answer(message: RequestMessage): Promise<AnswerMessage> {
  const { id } = message;
  switch (message.kind) {
    case "build":
      return { id, answer: await build(message.dtype) };
    case "start":
      return { id, answer: await start(message.program).then(() => null) };
    case "tokenize":
      return { id, answer: await tokenize(message.texts) };
    case "run":
      return { id, answer: await run(message.ids, message.lengths, message.promptTokens) };
    case "close":
      return { id, answer: await close() };
  }
}

async function answerOrError(message: RequestMessage): Promise<AnswerMessage> {
  try {
    return await answer(message);
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

parentPort?.on("message", async (message: RequestMessage) => {
  const answered = await answerOrError(message);
  markIdle(setup.busy);
  parentPort?.postMessage(answered);
});
