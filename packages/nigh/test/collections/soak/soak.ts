import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { create } from "./catalogue-commands.js";
import { commands } from "./commands.js";
import { PlainDatabase, RealDatabase } from "./databases.js";
import { expectSame } from "./expectations.js";
import { collectionPlan } from "./plans.js";

/** How long to go on, and how many writers to kill. */
interface SoakOptions {
  readonly seconds: number;
  readonly kills: number;
}

/** Sequences of calls on a database and its plain model; a failure prints its seed and the shortest sequence. */
export async function soak(
  kind: "in memory" | "in a folder",
  { seconds, kills }: SoakOptions,
): Promise<number> {
  let sequences = 0;
  let left = kills;
  await fc.assert(
    fc.asyncProperty(collectionPlan, commands(kind === "in a folder"), async (first, sequence) => {
      const folder =
        kind === "in a folder" ? await mkdtemp(join(tmpdir(), "nigh-soak-")) : undefined;
      const model = new PlainDatabase();
      const real = new RealDatabase(folder, left);
      try {
        await create(model, real, 0, first);
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        for (const via of [0, 1]) await expectSame(model, real, via);
        if (folder !== undefined) {
          await real.close();
          await expectSame(model, real, 0);
        }
        sequences++;
        left = real.kills;
      } finally {
        await real.close();
        if (folder !== undefined) await rm(folder, { recursive: true });
      }
    }),
    {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
    },
  );
  return sequences;
}
