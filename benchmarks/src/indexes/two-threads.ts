/** Two threads over shared memory beside one, in one process: exact search of a batch. */
import { alternate } from "../alternate.js";
import { fourDecimals, NONE, rangeText } from "../figure-text.js";
import { spread, timesFaster } from "../statistics.js";
import type { IndexBench, SubjectResults } from "./bench.js";
import { type DataSet, dataSetText, randomVectors, sentenceVectors } from "./data-sets.js";
import { nighEngine, withProcesses } from "./engines.js";
import { built, searched } from "./protocol.js";
import { millisecondsText } from "./search-table.js";

const QUERIES = 500;
const K = 10;
const THREADS = [1, 2];

interface ThreadRounds {
  readonly data: string;
  readonly threads: number;
  /** A query, for each round. */
  readonly milliseconds: readonly number[];
  /** Processor time over wall clock, for each round. */
  readonly cpuShares: readonly number[];
}

export async function measureTwoThreads(bench: IndexBench): Promise<SubjectResults> {
  const sets = [await randomVectors(bench.onStep), await sentenceVectors(bench.onStep, QUERIES)];
  const rounds: ThreadRounds[] = [];
  for (const data of sets) rounds.push(...(await measureSet(data, bench)));
  const rows = rounds.map(({ data, threads, milliseconds, cpuShares }) => {
    const one = rounds.find((other) => other.data === data && other.threads === 1);
    const ratio = threads === 1 || !one ? undefined : timesFaster(milliseconds, one.milliseconds);
    return [
      data,
      String(threads),
      rangeText(spread(milliseconds), millisecondsText),
      ratio === undefined ? NONE : rangeText(ratio),
      fourDecimals(spread(cpuShares).median).slice(0, 4),
    ];
  });
  const head = ["vectors", "threads", "ms a query (min–max)", "× one thread", "processors used"];
  return {
    tables: [
      {
        caption: `Exact search (IndexFlatIP), ${QUERIES} queries in one call, ${K} neighbours:`,
        table: { head, wordColumns: 1, rows },
      },
    ],
    rounds,
  };
}

function measureSet(data: DataSet, { rounds, onStep }: IndexBench): Promise<ThreadRounds[]> {
  return withProcesses([nighEngine], async ([process]) => {
    if (process === undefined) throw new Error("nigh's process did not start.");
    onStep(`threads: ${dataSetText(data)}`);
    const { vectors, queries } = data;
    for (const threads of THREADS) {
      const spec = { kind: "flat", metric: "ip", threads };
      await process.ask({ op: "build", index: String(threads), spec, vectors }, built);
    }
    const search = (threads: number) => {
      const index = String(threads);
      const request = { op: "search", index, queries, k: K, mode: "batch", settings: {} };
      return process.ask({ ...request, labels: null }, searched);
    };
    // The first search starts the threads, and the second is after the index has prepared itself.
    for (const threads of [...THREADS, ...THREADS]) await search(threads);
    const results = await alternate(THREADS, rounds, search);
    return THREADS.map((threads, i) => ({
      data: dataSetText(data),
      threads,
      milliseconds: (results[i] ?? []).map(({ milliseconds }) => milliseconds),
      cpuShares: (results[i] ?? []).map(({ cpuShare }) => cpuShare),
    }));
  });
}
