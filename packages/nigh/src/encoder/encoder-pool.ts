import { MOST_THREADS } from "#encoder/encoder-thread";
import { messageOf, NighError } from "../shared/errors.js";
import { type PoolSetup, PoolWorker, type Task } from "./pool-worker.js";
import type { Kind, RequestMessage, Requests } from "./worker-messages.js";

/**
 * How many threads each session gets so that all together use `threads` cores.
 *
 * @param isHeavy the model is too big to be in memory several times.
 */
export function shareThreads(threads: number, isHeavy = false): number[] {
  const workers = isHeavy ? 1 : Math.min(threads, MOST_THREADS);
  return Array.from({ length: workers }, (_, i) => Math.floor((threads + i) / workers));
}

/**
 * Runs requests on worker threads, which start when they are needed. Urgent requests go first; among
 * equals it is first come, first served.
 */
export class EncoderPool {
  readonly #setup: PoolSetup;
  readonly #threads: readonly number[];
  readonly #urgent: Task[] = [];
  readonly #queue: Task[] = [];
  readonly #workers: PoolWorker[] = [];
  /** Told whenever a worker becomes idle: close() waits for that. */
  readonly #waiting: (() => void)[] = [];
  #program: Requests["start"]["request"]["program"] | undefined;
  #closing: Promise<void> | undefined;
  #nextId = 0;

  /**
   * @param threads cores to use in all.
   * @param isHeavy the model is too big to be in memory several times: one thread then has them all.
   */
  constructor(setup: PoolSetup, threads: number, isHeavy: boolean) {
    this.#setup = setup;
    this.#threads = shareThreads(threads, isHeavy);
  }

  /** Requests that can run at the same time. */
  get size(): number {
    return this.#threads.length;
  }

  /** Starts the first thread, which reads the weights and builds the graph for all. */
  async build(request: Requests["build"]["request"]): Promise<Requests["build"]["answer"]> {
    this.#addWorker();
    const built = await this.#ask("build", request, false);
    // A program that no other thread will start with need not be kept.
    if (this.size > 1) this.#program = built.program;
    return built;
  }

  tokenize(
    request: Requests["tokenize"]["request"],
    urgent: boolean,
  ): Promise<Requests["tokenize"]["answer"]> {
    return this.#ask("tokenize", request, urgent);
  }

  run(request: Requests["run"]["request"], urgent: boolean): Promise<Requests["run"]["answer"]> {
    return this.#ask("run", request, urgent);
  }

  /** Refuses what waits, lets what runs finish, frees the sessions and ends the threads. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#rejectWaiting(new NighError("ERR_CLOSED", "The model was closed."));
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

  #ask<K extends Kind>(
    kind: K,
    request: Requests[K]["request"],
    urgent: boolean,
  ): Promise<Requests[K]["answer"]> {
    if (this.#closing)
      return Promise.reject(new NighError("ERR_CLOSED", "The model was closed: load it again."));
    const failure = this.#workers.find((worker) => worker.failure)?.failure;
    if (failure) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      const line = urgent ? this.#urgent : this.#queue;
      line.push({ message: this.#message(kind, request), resolve, reject });
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
    const failure = this.#workers.find((worker) => worker.failure)?.failure;
    if (failure) this.#rejectWaiting(failure);
    for (const worker of this.#workers) {
      if (!worker.idle) continue;
      const task = this.#urgent.shift() ?? this.#queue.shift();
      if (task === undefined) break;
      worker.take(task);
    }
    const waiting = this.#urgent.length + this.#queue.length;
    if (waiting > 0 && this.#program && this.#workers.length < this.size && !this.#closing) {
      this.#startWorker(this.#program);
    }
  }

  /** A thread that cannot start fails the requests that wait. */
  #startWorker(program: Requests["start"]["request"]["program"]): void {
    try {
      this.#askWorker(this.#addWorker(), "start", { program }).catch((error) =>
        this.#rejectWaiting(error),
      );
    } catch (error) {
      const message = `A thread for the model cannot be started: ${messageOf(error)}.`;
      this.#rejectWaiting(new NighError("ERR_RUNTIME", message, { cause: error }));
    }
  }

  #rejectWaiting(error: unknown): void {
    for (const task of [...this.#urgent.splice(0), ...this.#queue.splice(0)]) task.reject(error);
  }

  #addWorker(): PoolWorker {
    const threads = this.#threads[this.#workers.length] ?? 1;
    const worker = new PoolWorker(this.#setup, threads, () => {
      this.#dispatch();
      for (const done of this.#waiting.splice(0)) done();
    });
    this.#workers.push(worker);
    return worker;
  }
}
