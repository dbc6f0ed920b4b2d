/** Gives the tests all of nigh/browser, as the global `nigh`. */
import * as all from "nigh/browser";

declare global {
  var nigh: typeof import("nigh/browser");
  var workerWithoutMemory: () => Worker;
}

globalThis.nigh = all;
globalThis.workerWithoutMemory = () =>
  new Worker(new URL("./no-memory-worker.ts", import.meta.url), { type: "module" });
