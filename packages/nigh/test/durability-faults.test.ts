import { describe, expect, it } from "vitest";
import { ERRORS, KILLS, runFaults } from "./database/fault-matrix.js";
import { NEEDS_STRACE } from "./database/strace.js";

/** Some of the calls of a run; test/long has all. */
const SAMPLES = {
  pwrite64: [1, 2, 5, 8, 11, 14, 17, 20, 40, 41, 75, 76, 77, 130],
  fsync: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  ftruncate: [1, 2, 3],
  unlink: [1],
  pread64: [1],
};

describe.skipIf(NEEDS_STRACE.skip)(NEEDS_STRACE.title("the disk"), () => {
  for (const fault of ERRORS) {
    const ns = SAMPLES[fault.call];
    it(`fails once (${fault.call}, ${fault.fault}, ${ns.length} places): what fails is rejected, everything acknowledged is there, and the client goes on`, async () => {
      const { runs, rejected, wentOn } = await runFaults(fault, ns);
      expect(runs).toBe(ns.length);
      expect(rejected).toBeGreaterThan(0);
      expect(wentOn).toBe(rejected);
    });
  }

  for (const fault of KILLS) {
    const ns = SAMPLES[fault.call];
    it(`a program killed at ${fault.call} (${ns.length} places) leaves everything acknowledged, and its last batch whole or not at all`, async () => {
      expect((await runFaults(fault, ns)).runs).toBe(ns.length);
    });
  }
});
