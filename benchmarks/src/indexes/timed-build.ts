/** Builds of several engines in turns: time and memory. */
import { count, NONE, rangeText } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { DataSet } from "./data-sets.js";
import type { IndexProcess } from "./engines.js";
import { nighEngine } from "./engines.js";
import { type Built, built, type IndexSpec } from "./protocol.js";
import { TIMES_HEAD, timesCell } from "./search-table.js";

export interface BuildRounds {
  readonly engine: string;
  readonly rows: number;
  /** The first is of a new process: its memory tells something. */
  readonly rounds: readonly Built[];
}

/** Builds an index in each process, `rounds` times in turns; the last one stays under its name. */
export async function buildInTurns(
  processes: readonly IndexProcess[],
  index: string,
  spec: IndexSpec,
  { vectors }: DataSet,
  rounds: number,
): Promise<BuildRounds[]> {
  const results = processes.map((): Built[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, process] of processes.entries())
      results[i]?.push(await process.ask({ op: "build", index, spec, vectors }, built));
  return processes.map(({ engine: { name } }, i) => ({
    engine: name,
    rows: vectors.rows,
    rounds: results[i] ?? [],
  }));
}

export function buildTable(results: readonly BuildRounds[]): FigureTable {
  const nighs = results.find(({ engine }) => engine === nighEngine.name);
  return {
    head: [
      "engine",
      "build, s (min–max)",
      TIMES_HEAD,
      "bytes a vector",
      "memory grew by, bytes a vector",
    ],
    wordColumns: 1,
    rows: results.map((result) => [
      result.engine,
      rangeText(spread(secondsOf(result))),
      timesCell(result.engine, secondsOf(result), nighs && secondsOf(nighs)),
      bytesText(result),
      growthText(result),
    ]),
  };
}

/** Training and adding. */
export function secondsOf({ rounds }: BuildRounds): number[] {
  return rounds.map(({ trainSeconds, addSeconds }) => trainSeconds + addSeconds);
}

export function bytesText({ rows, rounds: [first] }: BuildRounds): string {
  return first === undefined ? NONE : count(first.bytes / rows);
}

export function growthText({ rows, rounds: [first] }: BuildRounds): string {
  return first === undefined ? NONE : count(first.residentBytes / rows);
}
