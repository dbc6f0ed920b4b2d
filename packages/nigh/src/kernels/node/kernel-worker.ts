/** A thread of {@link KernelThreads}: waits for arguments, runs the kernel, says that it is done. */
import { workerData } from "node:worker_threads";
import type { ScanArguments } from "../scan-arguments.js";
import { instantiateKernels } from "../wasm.js";
import { FAILED, GIVEN, IDLE, type KernelWorkerData } from "./kernel-threads.js";

const data = workerData as KernelWorkerData;
const kernels = instantiateKernels(data.module, data.memory);
const control = new Int32Array(data.control);

Atomics.store(control, 0, IDLE);
Atomics.notify(control, 0);

for (;;) {
  const state = Atomics.load(control, 0);
  if (state !== GIVEN) {
    Atomics.wait(control, 0, state);
    continue;
  }
  let next = IDLE;
  try {
    const [, ...given] = control;
    kernels.searchLists(...(given.slice(0, 5) as unknown as ScanArguments));
  } catch {
    next = FAILED;
  }
  Atomics.store(control, 0, next);
  Atomics.notify(control, 0);
}
