import { join } from "node:path";
import type { EngineProcess } from "../engine-process.js";
import { type Closeness, compareVectors } from "./compare-vectors.js";
import type { Engine } from "./engine.js";
import { type Encoded, type EncodeRequest, encoded } from "./protocol.js";
import type { TextSet } from "./text-sets.js";

/** Rounds may differ by this share in the sum of their vectors; less work would differ by more. */
const CHECKSUM_TOLERANCE = 1e-4;

/** One engine on one set. */
export interface EngineRounds {
  readonly engine: string;
  readonly isReference: boolean;
  /** Nearness to the reference's vectors; none without a reference. */
  readonly closeness: Closeness | undefined;
  readonly rounds: readonly Encoded[];
  /** For each round, the reference's run right beside it; empty without a reference. */
  readonly beside: readonly Encoded[];
}

interface Contestant {
  readonly process: EngineProcess<Engine>;
  /** From the warm-up: what every round must come to. */
  readonly expected: Encoded;
  readonly closeness: Closeness | undefined;
  readonly rounds: Encoded[];
  readonly beside: Encoded[];
}

export interface RoundsPlan {
  readonly rounds: number;
  /** A folder for the vectors of the warm-up. */
  readonly folder: string;
  readonly onRound: (round: number) => void;
}

/**
 * Lets engines encode a set in turns. Each engine runs right beside the reference in every round, now
 * before it, now after it, so that a machine that gets slower or faster does so for both.
 */
export async function runRounds(
  processes: readonly EngineProcess<Engine>[],
  set: TextSet,
  plan: RoundsPlan,
): Promise<EngineRounds[]> {
  const contestants = await warmUp(processes, set, plan.folder);
  const reference = contestants.find(({ process }) => process.engine.isReference);
  const others = contestants.filter((contestant) => contestant !== reference);
  for (let round = 0; round < plan.rounds; round++) {
    plan.onRound(round);
    for (const contestant of others) {
      if (round % 2 === 0 && reference) contestant.beside.push(await runOnce(reference, set));
      await runOnce(contestant, set);
      if (round % 2 === 1 && reference) contestant.beside.push(await runOnce(reference, set));
    }
  }
  return contestants.map(({ process: { engine }, closeness, rounds, beside }) => ({
    engine: engine.name,
    isReference: engine.isReference,
    closeness,
    rounds,
    beside,
  }));
}

/** One run each that does not count; its vectors show that all do the same work. */
async function warmUp(
  processes: readonly EngineProcess<Engine>[],
  set: TextSet,
  folder: string,
): Promise<Contestant[]> {
  const referenceAt = processes.findIndex(({ engine }) => engine.isReference);
  const file = (i: number): string => join(folder, `vectors-${i}.f32`);
  const runs: Encoded[] = [];
  for (const [i, process] of processes.entries())
    runs.push(await encode(process, { texts: set.file, vectors: file(i) }));
  return Promise.all(
    processes.map(async (process, i) => {
      const expected = runs[i] as Encoded;
      const closeness =
        referenceAt < 0
          ? undefined
          : await compareVectors(file(i), file(referenceAt), expected.columns);
      checkCloseness(process, closeness);
      return { process, expected, closeness, rounds: [], beside: [] };
    }),
  );
}

function checkCloseness({ engine }: EngineProcess<Engine>, closeness: Closeness | undefined): void {
  // One part in a million is what rounding leaves of a vector's cosine with itself.
  if (closeness && closeness.meanCosine < engine.leastMeanCosine - 1e-6)
    throw new Error(
      `${engine.name} did not do the same work: mean cosine ${closeness.meanCosine}, expected at least ${engine.leastMeanCosine}.`,
    );
}

async function runOnce({ process, expected, rounds }: Contestant, set: TextSet): Promise<Encoded> {
  const run = await encode(process, { texts: set.file, vectors: null });
  const drift = Math.abs(run.checksum / expected.checksum - 1);
  if (run.rows !== set.texts || !(drift <= CHECKSUM_TOLERANCE))
    throw new Error(
      `${process.engine.name} gave ${run.rows} vectors that sum to ${run.checksum}; expected ${set.texts} and ${expected.checksum}.`,
    );
  rounds.push(run);
  return run;
}

function encode(process: EngineProcess<Engine>, request: EncodeRequest): Promise<Encoded> {
  return process.ask(request, encoded);
}
