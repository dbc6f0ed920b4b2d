/**
 * Threads that work pays to be divided among: half of what the browser tells of, since two mostly share a core, and a page has other
 * threads that want to run; threads of WebAssembly wait in a loop for those that are not let. Without cross-origin isolation there are none.
 */
export function availableParallelism(): number {
  return crossOriginIsolated ? Math.ceil(navigator.hardwareConcurrency / 2) : 1;
}

const GIB = 2 ** 30;

/** Memory that this page may use, in bytes: what the browser tells of the machine's, which is rounded and at most 8 GiB; else 4 GiB. */
export function usableMemory(): number {
  const { deviceMemory = 4 } = navigator as { deviceMemory?: number };
  return deviceMemory * GIB;
}
