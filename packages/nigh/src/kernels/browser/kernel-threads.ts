import { NighError } from "../../shared/errors.js";
import type { Arena } from "../arena.js";
import type { ScanArguments } from "../scan-arguments.js";

/** Threads of a search are Node's. */
export class KernelThreads {
  /** @throws NighError `ERR_RUNTIME`. */
  constructor(_arena: Arena, count: number) {
    throw new NighError(
      "ERR_RUNTIME",
      `An index in a browser searches in the thread that calls it, found threads: ${count}. Leave the option out.`,
    );
  }

  searchLists(_calls: readonly ScanArguments[]): void {}

  close(): void {}
}
