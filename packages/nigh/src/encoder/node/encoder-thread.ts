import { Worker } from "node:worker_threads";
import type { AnswerMessage, EncoderSetup, RequestMessage } from "../worker-messages.js";
import { createBusyCell, markBusy, removeBusyCell } from "./exit-guard.js";

/** Threads beyond this many work within a batch, not beside each other: each has a session in memory. */
export const MOST_THREADS = 16;

/** What a worker needs before it can do anything. */
export interface WorkerSetup extends EncoderSetup {
  /** See exit-guard.ts: the thread sets it to 0 when it has computed. */
  readonly busy: Int32Array;
}

/** A worker thread with a model's service, which is asked one thing at a time. */
export class EncoderThread {
  readonly #worker: Worker;
  /** Set back by the thread itself. */
  readonly #busy = createBusyCell();

  /** @param onFailure told when the thread has stopped. */
  constructor(
    setup: EncoderSetup,
    onAnswer: (answer: AnswerMessage) => void,
    onFailure: (cause: Error) => void,
  ) {
    const workerData: WorkerSetup = { ...setup, busy: this.#busy };
    this.#worker = new Worker(new URL("./encoder-worker.js", import.meta.url), { workerData });
    // An idle worker does not keep the program alive: no one has to remember close().
    this.#worker.unref();
    const fail = (cause: Error): void => {
      removeBusyCell(this.#busy);
      onFailure(cause);
    };
    this.#worker.on("message", (answer: AnswerMessage) => {
      this.#worker.unref();
      onAnswer(answer);
    });
    this.#worker.on("error", fail);
    this.#worker.on("exit", (code) => fail(new Error(`exit code ${code}`)));
  }

  post(message: RequestMessage): void {
    markBusy(this.#busy);
    this.#worker.ref();
    this.#worker.postMessage(message);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
    removeBusyCell(this.#busy);
  }
}
