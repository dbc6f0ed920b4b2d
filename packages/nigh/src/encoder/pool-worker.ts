import { Worker } from "node:worker_threads";
import { NighError } from "../shared/errors.js";
import { createBusyCell, markBusy, removeBusyCell } from "./exit-guard.js";
import type { AnswerMessage, RequestMessage, WorkerSetup } from "./worker-messages.js";

/** A request and who waits for its answer. */
export interface Task {
  readonly message: RequestMessage;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What all threads of a pool are told; each has a busy cell of its own. */
export type PoolSetup = Omit<WorkerSetup, "busy" | "threads">;

/** One thread and what it is doing; it takes one request at a time. */
export class PoolWorker {
  readonly #worker: Worker;
  /** Set back by the thread itself. */
  readonly #busy = createBusyCell();
  #task: Task | undefined;
  #failure: NighError | undefined;
  readonly #onIdle: () => void;

  /** @param threads that each operator of this thread's session may use. */
  constructor(setup: PoolSetup, threads: number, onIdle: () => void) {
    this.#onIdle = onIdle;
    const workerData: WorkerSetup = { ...setup, threads, busy: this.#busy };
    this.#worker = new Worker(new URL("./encoder-worker.js", import.meta.url), { workerData });
    // An idle worker does not keep the program alive: no one has to remember close().
    this.#worker.unref();
    this.#worker.on("message", (answer: AnswerMessage) => this.#finish(answer));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`exit code ${code}`)));
  }

  get idle(): boolean {
    return this.#task === undefined && this.#failure === undefined;
  }

  get failure(): NighError | undefined {
    return this.#failure;
  }

  take(task: Task): void {
    this.#task = task;
    markBusy(this.#busy);
    this.#worker.ref();
    this.#worker.postMessage(task.message);
  }

  async terminate(): Promise<void> {
    this.#failure = new NighError("ERR_CLOSED", "The model was closed.");
    await this.#worker.terminate();
    removeBusyCell(this.#busy);
  }

  #finish(answer: AnswerMessage): void {
    const task = this.#task;
    this.#task = undefined;
    this.#worker.unref();
    if ("error" in answer) {
      const { code, message, cause } = answer.error;
      task?.reject(new NighError(code, message, cause === undefined ? {} : { cause }));
    } else {
      task?.resolve(answer.answer as never);
    }
    this.#onIdle();
  }

  #fail(cause: Error): void {
    removeBusyCell(this.#busy);
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
