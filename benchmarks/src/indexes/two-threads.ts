/**
 * One thread against two over shared memory. Nothing is measured here yet: the library does not offer it. What belongs
 * here when it does: the exact batch of exact.ts on both data sets, alternating between one thread and two in one
 * process, recall beside the times as there.
 */
import type { SubjectResults } from "./bench.js";

export async function measureTwoThreads(): Promise<SubjectResults> {
  throw new Error("nigh does not search with several threads yet: there is nothing to measure.");
}
