import { Worker } from "node:worker_threads";
import { NighError } from "../shared/errors.js";
import type { Arena } from "./arena.js";
import { kernelModule } from "./wasm.js";

/** What a worker's control words say: [state, argument, argument, …]. */
export const IDLE = 0;
export const GIVEN = 1;
export const FAILED = 2;
export const MOST_ARGUMENTS = 8;

/** What a worker is started with. */
export interface KernelWorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** State and arguments, int32. */
  readonly control: SharedArrayBuffer;
}

/** Arguments of `searchLists`. */
export type ScanArguments = readonly [
  layout: number,
  lists: number,
  listCount: number,
  queries: number,
  queryCount: number,
];

/**
 * Threads that run one kernel over the same shared memory at the same time. Calls block until all are done; workers that wait
 * for work do not keep a program alive.
 */
export class KernelThreads {
  readonly #arena: Arena;
  readonly #controls: Int32Array[] = [];
  readonly #workers: Worker[] = [];

  /** @param arena with shared memory. @param count threads, the calling one included. */
  constructor(arena: Arena, count: number) {
    this.#arena = arena;
    for (let i = 1; i < count; i++) {
      const control = new SharedArrayBuffer(4 * (1 + MOST_ARGUMENTS));
      const workerData: KernelWorkerData = {
        module: kernelModule(true),
        memory: arena.memory,
        control,
      };
      const worker = new Worker(new URL("./kernel-worker.js", import.meta.url), { workerData });
      worker.unref();
      this.#workers.push(worker);
      this.#controls.push(new Int32Array(control));
    }
  }

  /** Threads, the calling one included. */
  get count(): number {
    return this.#workers.length + 1;
  }

  /**
   * Runs `searchLists` with each of up to `count` lists of arguments, one in each thread.
   *
   * @throws NighError `ERR_RUNTIME` when a thread failed.
   */
  searchLists(calls: readonly ScanArguments[]): void {
    const [own, ...others] = calls;
    for (const [i, call] of others.entries()) {
      const control = this.#controls[i] as Int32Array;
      control.set(call, 1);
      Atomics.store(control, 0, GIVEN);
      Atomics.notify(control, 0);
    }
    if (own !== undefined) this.#arena.kernels.searchLists(...own);
    for (const i of others.keys()) this.#await(this.#controls[i] as Int32Array);
  }

  #await(control: Int32Array): void {
    while (Atomics.load(control, 0) === GIVEN) Atomics.wait(control, 0, GIVEN);
    if (Atomics.load(control, 0) === IDLE) return;
    Atomics.store(control, 0, IDLE);
    throw new NighError(
      "ERR_RUNTIME",
      "A search thread failed; results are not complete. Search again, or use an index with one thread.",
    );
  }

  /** Ends the workers. */
  close(): void {
    for (const worker of this.#workers.splice(0)) void worker.terminate();
    this.#controls.length = 0;
  }
}
