import { Worker } from "node:worker_threads";
import { NighError } from "../shared/errors.js";
import { createBusyCell, markBusy, removeBusyCell } from "./exit-guard.js";
import type {
  AnswerMessage,
  Kind,
  RequestMessage,
  Requests,
  WorkerSetup,
} from "./worker-messages.js";

interface Task {
  readonly message: RequestMessage;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

type PoolSetup = Omit<WorkerSetup, "busy">;

/** One thread and what it is doing; it takes one request at a time. */
class PoolWorker {
  readonly #worker: Worker;
  /** Set back by the thread itself. */
  readonly #busy = createBusyCell();
  #task: Task | undefined;
  #failure: NighError | undefined;
  readonly #onIdle: () => void;

  constructor(setup: PoolSetup, onIdle: () => void) {
    this.#onIdle = onIdle;
    const workerData: WorkerSetup = { ...setup, busy: this.#busy };
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
      task?.reject(
        new NighError(answer.error.code, answer.error.message, { cause: answer.error.cause }),
      );
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

/** Runs requests on worker threads, first come first served; threads start when they are needed. */
export class EncoderPool {
  readonly #setup: PoolSetup;
  readonly #size: number;
  readonly #queue: Task[] = [];
  readonly #workers: PoolWorker[] = [];
  /** Told whenever a worker becomes idle: close() waits for that. */
  readonly #waiting: (() => void)[] = [];
  #program: Requests["start"]["request"]["program"] | undefined;
  #closing: Promise<void> | undefined;
  #nextId = 0;

  /** @param size most threads. */
  constructor(setup: PoolSetup, size: number) {
    this.#setup = setup;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Starts the first thread, which reads the weights and builds the graph for all. */
  async build(request: Requests["build"]["request"]): Promise<Requests["build"]["answer"]> {
    this.#addWorker();
    const built = await this.#ask("build", request);
    this.#program = built.program;
    return built;
  }

  tokenize(request: Requests["tokenize"]["request"]): Promise<Requests["tokenize"]["answer"]> {
    return this.#ask("tokenize", request);
  }

  run(request: Requests["run"]["request"]): Promise<Requests["run"]["answer"]> {
    return this.#ask("run", request);
  }

  /** Refuses what waits, lets what runs finish, frees the sessions and ends the threads. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const closed = new NighError("ERR_CLOSED", "The model was closed.");
    for (const task of this.#queue.splice(0)) task.reject(closed);
    await Promise.all(
      this.#workers.map(async (worker) => {
        while (!worker.idle && worker.failure === undefined)
          await new Promise<void>((done) => this.#waiting.push(done));
        if (worker.failure === undefined)
          await this.#askWorker(worker, "close", {}).catch(() => undefined);
        await worker.terminate();
      }),
    );
    // Who keeps the closed model must not keep its weights.
    this.#program = undefined;
  }

  #ask<K extends Kind>(kind: K, request: Requests[K]["request"]): Promise<Requests[K]["answer"]> {
    if (this.#closing)
      return Promise.reject(new NighError("ERR_CLOSED", "The model was closed: load it again."));
    const failure = this.#workers.find((worker) => worker.failure)?.failure;
    if (failure) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ message: this.#message(kind, request), resolve, reject });
      this.#dispatch();
    });
  }

  #askWorker<K extends Kind>(
    worker: PoolWorker,
    kind: K,
    request: Requests[K]["request"],
  ): Promise<Requests[K]["answer"]> {
    return new Promise((resolve, reject) =>
      worker.take({ message: this.#message(kind, request), resolve, reject }),
    );
  }

  #message<K extends Kind>(kind: K, request: Requests[K]["request"]): RequestMessage {
    return { id: this.#nextId++, kind, ...request } as unknown as RequestMessage;
  }

  #dispatch(): void {
    for (const worker of this.#workers) {
      if (this.#queue.length === 0) break;
      if (worker.idle) worker.take(this.#queue.shift() as Task);
    }
    const failure = this.#workers.find((worker) => worker.failure)?.failure;
    if (failure) for (const task of this.#queue.splice(0)) task.reject(failure);
    if (
      this.#queue.length > 0 &&
      this.#program &&
      this.#workers.length < this.#size &&
      !this.#closing
    ) {
      const worker = this.#addWorker();
      // A thread that cannot start fails the requests that wait, through #dispatch.
      this.#askWorker(worker, "start", { program: this.#program }).catch((error) => {
        for (const task of this.#queue.splice(0)) task.reject(error);
      });
    }
  }

  #addWorker(): PoolWorker {
    const worker = new PoolWorker(this.#setup, () => {
      this.#dispatch();
      for (const done of this.#waiting.splice(0)) done();
    });
    this.#workers.push(worker);
    return worker;
  }
}
