import { EncoderThread } from "#encoder/encoder-thread";
import { NighError } from "../shared/errors.js";
import type { AnswerMessage, EncoderSetup, RequestMessage } from "./worker-messages.js";

/** A request and who waits for its answer. */
export interface Task {
  readonly message: RequestMessage;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What all threads of a pool are told. */
export type PoolSetup = Omit<EncoderSetup, "threads">;

/** One thread and what it is doing; it takes one request at a time. */
export class PoolWorker {
  readonly #thread: EncoderThread;
  #task: Task | undefined;
  #failure: NighError | undefined;
  readonly #onIdle: () => void;

  /** @param threads that each operator of this thread's session may use. */
  constructor(setup: PoolSetup, threads: number, onIdle: () => void) {
    this.#onIdle = onIdle;
    this.#thread = new EncoderThread(
      { ...setup, threads },
      (answer) => this.#finish(answer),
      (cause) => this.#fail(cause),
    );
  }

  get idle(): boolean {
    return this.#task === undefined && this.#failure === undefined;
  }

  get failure(): NighError | undefined {
    return this.#failure;
  }

  take(task: Task): void {
    this.#task = task;
    this.#thread.post(task.message);
  }

  async terminate(): Promise<void> {
    this.#failure = new NighError("ERR_CLOSED", "The model was closed.");
    await this.#thread.end();
  }

  #finish(answer: AnswerMessage): void {
    const task = this.#task;
    this.#task = undefined;
    if ("error" in answer) {
      const { code, message, cause } = answer.error;
      task?.reject(new NighError(code, message, cause === undefined ? {} : { cause }));
    } else {
      task?.resolve(answer.answer as never);
    }
    this.#onIdle();
  }

  #fail(cause: Error): void {
    this.#failure ??= new NighError(
      "ERR_RUNTIME",
      `A thread of the model stopped: ${cause.message}. Load the model again.`,
      { cause },
    );
    this.#task?.reject(this.#failure);
    this.#task = undefined;
    this.#onIdle();
  }
}
