import { Worker } from "node:worker_threads";
import { NighError } from "../../shared/errors.js";
import type { Arena } from "../arena.js";
import type { ScanArguments } from "../scan-arguments.js";
import { kernelModule } from "../wasm.js";

/** What a worker's control words say: [state, argument, argument, …]. */
export const IDLE = 0;
export const GIVEN = 1;
export const FAILED = 2;
export const STARTING = 3;
export const MOST_ARGUMENTS = 8;

/** A worker that does not start by then (a bundler left its file out, say) never will. */
const START_MILLISECONDS = 20_000;

/** What a worker is started with. */
export interface KernelWorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** State and arguments, int32. */
  readonly control: SharedArrayBuffer;
}

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
      new Int32Array(control)[0] = STARTING;
      const workerData: KernelWorkerData = {
        module: kernelModule(true),
        memory: arena.memory,
        control,
      };
      const worker = new Worker(new URL("./kernel-worker.js", import.meta.url), {
        workerData,
      });
      worker.unref();
      this.#workers.push(worker);
      this.#controls.push(new Int32Array(control));
    }
  }

  /**
   * Runs `searchLists` with each of up to `count` lists of arguments, one in each thread.
   *
   * @throws NighError `ERR_RUNTIME` when a thread failed.
   */
  searchLists(calls: readonly ScanArguments[]): void {
    const [own, ...others] = calls;
    for (const i of others.keys()) this.#awaitStart(this.#controls[i] as Int32Array);
    for (const [i, call] of others.entries()) {
      const control = this.#controls[i] as Int32Array;
      control.set(call, 1);
      Atomics.store(control, 0, GIVEN);
      Atomics.notify(control, 0);
    }
    if (own !== undefined) this.#arena.kernels.searchLists(...own);
    const states = Array.from(others.keys(), (i) => awaitEnd(this.#controls[i] as Int32Array));
    if (!states.includes(FAILED)) return;
    throw new NighError(
      "ERR_RUNTIME",
      "A search thread failed; results are not complete. Search again, or use an index with one thread.",
    );
  }

  #awaitStart(control: Int32Array): void {
    if (Atomics.load(control, 0) !== STARTING) return;
    if (Atomics.wait(control, 0, STARTING, START_MILLISECONDS) !== "timed-out") return;
    this.close();
    throw new NighError(
      "ERR_RUNTIME",
      `A search thread did not start within ${START_MILLISECONDS / 1000} s: dist/kernels/node/kernel-worker.js must lie beside kernel-threads.js. Use an index with one thread.`,
    );
  }

  /** Ends the workers. */
  close(): void {
    for (const worker of this.#workers.splice(0)) void worker.terminate();
    this.#controls.length = 0;
  }
}

/** Waits until a worker is done; gives the state that it left. */
function awaitEnd(control: Int32Array): number {
  while (Atomics.load(control, 0) === GIVEN) Atomics.wait(control, 0, GIVEN);
  return Atomics.exchange(control, 0, IDLE);
}
