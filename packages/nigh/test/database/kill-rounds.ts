import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doctor, PersistentClient } from "nigh";
import { expect } from "vitest";
import { makeBatches } from "./batches.js";
import { expectIntegrity } from "./integrity.js";
import { expectAnswers, Model, whichModel } from "./model.js";
import { seededRandom } from "./seeded-random.js";

const PROGRAM = join(import.meta.dirname, "write-batches.mjs");
/** About as many as a program carries out on a fast disk before it is killed. */
const BATCHES = 400;
/** Every so many rounds the program is killed while it starts, opens and recovers. */
const EARLY = 4;

export interface Killed {
  readonly rounds: number;
  /** Batches that were acknowledged in all. */
  readonly acknowledged: number;
  /** Rounds after which a batch was there that nobody had acknowledged. */
  readonly unacknowledged: number;
  /** Rounds in which the program was killed before it had opened the database. */
  readonly early: number;
}

/**
 * Kills a program that writes batches at random instants, again and again on the same folder, and looks after each round whether all
 * that was acknowledged is there, and at most the one batch that was being written besides.
 */
export async function killRounds(rounds: number, seed: number): Promise<Killed> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "nigh-kill-"));
  const [path, file] = [join(folder, "db"), join(folder, "batches.jsonl")];
  let model = new Model();
  let next = 0;
  let [unacknowledged, early] = [0, 0];
  try {
    for (let round = 0; round < rounds; round++) {
      const batches = makeBatches(seed, next, BATCHES);
      writeFileSync(file, batches.map((batch) => JSON.stringify(batch)).join("\n"));
      const lines = await killed([path, file, `${next}`], round % EARLY === 3, random);
      if (lines[0] !== "open") early++;
      const acknowledged = lines.slice(1).map(Number);
      expect(acknowledged).toEqual(acknowledged.map((_, i) => next + i));
      for (const batch of batches.slice(0, acknowledged.length)) model.apply(batch);
      next += acknowledged.length;
      const beyond = batches[acknowledged.length];
      // Without one, all were carried out, and the program was killed while it closed or waited.
      const after = beyond === undefined ? model : model.after(beyond);
      const client = new PersistentClient({ path });
      const which = await whichModel(client, [model, after]);
      await expectAnswers(client, which === 0 ? model : after, seed + round);
      expectIntegrity(path);
      expect((await doctor({ path })).problems).toEqual([]);
      await client.close();
      // A batch that changes nothing is in both.
      if (which === 1) {
        unacknowledged++;
        model = after;
        next++;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { rounds, acknowledged: next - unacknowledged, unacknowledged, early };
}

/** Whole lines that the program wrote before it was killed. */
function killed(args: string[], isEarly: boolean, random: () => number): Promise<string[]> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [text, errors] = ["", ""];
  const kill = (within: number) => setTimeout(() => child.kill("SIGKILL"), within * random());
  if (isEarly) kill(700);
  child.stdout.on("data", (part: Buffer) => {
    if (text === "" && !isEarly) kill(300);
    text += part;
  });
  child.stderr.on("data", (part: Buffer) => {
    errors += part;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_, signal) => {
      if (signal === "SIGKILL") resolve(text.split("\n").slice(0, -1));
      else reject(new Error(`the program ended by itself: ${errors || text}`));
    });
  });
}
