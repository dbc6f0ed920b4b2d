/** Searches of several engines in turns, with the recall of each. */
import { join } from "node:path";
import { alternate } from "../alternate.js";
import { spread } from "../statistics.js";
import type { IndexBench } from "./bench.js";
import { type DataSet, NEIGHBOURS } from "./data-sets.js";
import type { IndexProcess } from "./engines.js";
import { type SearchRequest, type SearchSettings, searched } from "./protocol.js";
import { recallOf } from "./recall.js";

export interface SearchCase {
  readonly index: string;
  readonly mode: SearchRequest["mode"];
  readonly settings: SearchSettings;
}

export interface SearchRounds {
  readonly engine: string;
  readonly recall: number;
  /** A query, for each round. */
  readonly milliseconds: readonly number[];
  /** Processor time over wall clock, for each round. */
  readonly cpuShares: readonly number[];
}

/** One thread that nothing disturbs has a processor for nearly all of the time. */
const LEAST_CPU_SHARE = 0.9;

/** The indexes must have been built in each process under the case's name. */
export async function searchInTurns(
  processes: readonly IndexProcess[],
  data: DataSet,
  { index, mode, settings }: SearchCase,
  { rounds, folder, onStep }: IndexBench,
): Promise<SearchRounds[]> {
  const request = { op: "search", index, queries: data.queries, k: NEIGHBOURS, mode, settings };
  const recalls = new Map<IndexProcess, number>();
  const labels = join(folder, "labels.i32");
  // The first search does not count: it warms up, and its labels give the recall.
  for (const process of processes) {
    await process.ask({ ...request, labels }, searched);
    recalls.set(process, await recallOf(labels, data.neighbours, NEIGHBOURS));
  }
  const results = await alternate(processes, rounds, (process) =>
    process.ask({ ...request, labels: null }, searched),
  );
  return processes.map((process, i) => {
    const own = results[i] ?? [];
    const cpuShares = own.map(({ cpuShare }) => cpuShare);
    const { name } = process.engine;
    if (spread(cpuShares).median < LEAST_CPU_SHARE)
      onStep(`${name} had to share the processor with other programs: its times are too long`);
    return {
      engine: name,
      recall: recalls.get(process) ?? 0,
      milliseconds: own.map(({ milliseconds }) => milliseconds),
      cpuShares,
    };
  });
}
