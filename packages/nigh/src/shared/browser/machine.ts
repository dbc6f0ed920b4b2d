/** Cores that this page may use. Without cross-origin isolation WebAssembly has no threads. */
export function availableParallelism(): number {
  return crossOriginIsolated ? navigator.hardwareConcurrency : 1;
}

const GIB = 2 ** 30;

/** Memory that this page may use, in bytes: what the browser tells of the machine's, which is rounded and at most 8 GiB; else 4 GiB. */
export function usableMemory(): number {
  const { deviceMemory = 4 } = navigator as { deviceMemory?: number };
  return deviceMemory * GIB;
}
