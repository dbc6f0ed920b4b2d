import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineProcess } from "../engine-process.js";
import type { Engine } from "./engine.js";
import { type EngineRounds, runRounds } from "./rounds.js";
import { makeTextSets, type TextSet } from "./text-sets.js";

export interface EncodePlan {
  readonly engines: readonly Engine[];
  readonly texts: number;
  readonly rounds: number;
  /** How often each engine is started to time its start. */
  readonly starts: number;
  /** One measurement for each count of threads. */
  readonly threads: readonly number[];
  readonly onStep: (step: string) => void;
}

export interface EncodeResults {
  readonly sets: readonly TextSet[];
  readonly speeds: readonly (EngineRounds & { readonly set: TextSet; readonly threads: number })[];
  readonly processes: readonly ProcessFigures[];
  /** Of the reference's libraries. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What an engine's process takes to start and to keep. */
export interface ProcessFigures {
  readonly engine: string;
  readonly threads: number;
  /** From the start of the program to a first vector, for each start. */
  readonly loadSeconds: readonly number[];
  /** After all rounds; undefined where it cannot be told. */
  readonly residentMiB: number | undefined;
}

/** Measures all engines on all sets, one count of threads after the other. */
export async function measureEncode(plan: EncodePlan): Promise<EncodeResults> {
  const folder = await mkdtemp(join(tmpdir(), "nigh-bench-"));
  try {
    const sets = await makeTextSets(plan.texts, folder);
    const parts: EncodeResults[] = [];
    for (const threads of plan.threads)
      parts.push(await measureThreads(plan, threads, sets, folder));
    return {
      sets,
      speeds: parts.flatMap(({ speeds }) => speeds),
      processes: parts.flatMap(({ processes }) => processes),
      versions: parts[0]?.versions ?? {},
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureThreads(
  plan: EncodePlan,
  threads: number,
  sets: readonly TextSet[],
  folder: string,
): Promise<EncodeResults> {
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  plan.onStep(`${count}: starting`);
  const loadSeconds = await timeStarts(plan, threads);
  const running: EngineProcess<Engine>[] = [];
  try {
    for (const [i, engine] of plan.engines.entries()) {
      const process = await EngineProcess.start(engine, engine.command(threads));
      running.push(process);
      loadSeconds[i]?.push(process.loadSeconds);
    }
    const speeds: EncodeResults["speeds"][number][] = [];
    for (const set of sets) {
      plan.onStep(`${count}, ${set.name}: warm-up`);
      const rounds = await runRounds(running, set, {
        rounds: plan.rounds,
        folder,
        onRound: (round) =>
          plan.onStep(`${count}, ${set.name}: round ${round + 1} of ${plan.rounds}`),
      });
      speeds.push(...rounds.map((figures) => ({ ...figures, set, threads })));
    }
    const processes = await Promise.all(
      running.map(async (process, i) => ({
        engine: process.engine.name,
        threads,
        loadSeconds: loadSeconds[i] ?? [],
        residentMiB: await process.residentMiB(),
      })),
    );
    const versions = Object.assign({}, ...running.map(({ versions }) => versions));
    return { sets, speeds, processes, versions };
  } finally {
    await Promise.all(running.map((process) => process.close()));
  }
}

/** Starts each engine all but one of its times, in turns; the last start is of the process that stays. */
async function timeStarts(plan: EncodePlan, threads: number): Promise<number[][]> {
  const seconds: number[][] = plan.engines.map(() => []);
  for (let start = 1; start < plan.starts; start++) {
    for (const [i, engine] of plan.engines.entries()) {
      const process = await EngineProcess.start(engine, engine.command(threads));
      seconds[i]?.push(process.loadSeconds);
      await process.close();
    }
  }
  return seconds;
}
