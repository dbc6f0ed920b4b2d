import { totalmem } from "node:os";

export { availableParallelism } from "node:os";

/** Memory that this process may use, in bytes. */
export function usableMemory(): number {
  // Undefined or 0 where nothing but the machine limits the process.
  const constrained = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), constrained);
}
