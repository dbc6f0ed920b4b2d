/** Wall clock of a call. */
export function millisecondsOf(call: () => unknown): number {
  const start = performance.now();
  call();
  return performance.now() - start;
}
