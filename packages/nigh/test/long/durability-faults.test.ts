import { describe, expect, it } from "vitest";
import { ERRORS, KILLS, runFaults } from "../database/fault-matrix.js";
import { NEEDS_STRACE } from "../database/strace.js";

describe.skipIf(NEEDS_STRACE.skip)(NEEDS_STRACE.title("the disk"), () => {
  for (const fault of ERRORS) {
    it(`fails once, at whichever ${fault.call} (${fault.fault}): what fails is rejected, everything acknowledged is there, and the client goes on`, async () => {
      const outcome = await runFaults(fault);
      console.log(fault, outcome);
      expect(outcome.rejected).toBeGreaterThan(0);
      expect(outcome.wentOn).toBe(outcome.rejected);
    });
  }

  for (const fault of KILLS) {
    it(`a program killed at whichever ${fault.call} leaves everything acknowledged, and its last batch whole or not at all`, async () => {
      const outcome = await runFaults(fault);
      console.log(fault, outcome);
      expect(outcome.runs).toBeGreaterThan(0);
    });
  }
});
