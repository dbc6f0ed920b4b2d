/** A stored index: from its file to a first answer, in a new process. */
import { join } from "node:path";
import { alternate } from "../alternate.js";
import { rangeText, twoDecimals } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { IndexBench, SubjectResults } from "./bench.js";
import { type DataSet, dataSetText, NEIGHBOURS, sentenceVectors } from "./data-sets.js";
import { type IndexEngine, nighEngine, withProcesses } from "./engines.js";
import { type IndexSpec, type Opened, opened, written } from "./protocol.js";
import { TIMES_HEAD, timesCell } from "./search-table.js";
import { buildInTurns } from "./timed-build.js";

const SPECS: readonly { readonly name: string; readonly spec: IndexSpec }[] = [
  { name: "IndexFlatIP", spec: { kind: "flat", metric: "ip" } },
  { name: "IndexIVFFlat, 224 lists", spec: { kind: "ivf", metric: "ip", nlist: 224 } },
  {
    name: "IndexHNSWFlat, M 16, efConstruction 128",
    spec: { kind: "hnsw", metric: "ip", m: 16, efConstruction: 128 },
  },
];

interface OpenRounds {
  readonly name: string;
  readonly engine: string;
  readonly bytes: number;
  readonly rounds: readonly (Opened & { readonly startMilliseconds: number })[];
}

export async function measureOpen(bench: IndexBench): Promise<SubjectResults> {
  const data = await sentenceVectors(bench.onStep, 1);
  const results: OpenRounds[] = [];
  for (const { name, spec } of SPECS) {
    bench.onStep(`open: building ${name}`);
    const files = await store(spec, data, bench);
    results.push(...(await openInTurns(name, files, data, bench)));
  }
  return {
    tables: [
      {
        caption: `Opening a stored index, ${dataSetText(data)}, in a new process, the file in the system's cache:`,
        table: openTable(results),
      },
    ],
    rounds: results,
  };
}

interface StoredIndex {
  readonly engine: IndexEngine;
  readonly file: string;
  readonly bytes: number;
}

/** Each engine opens what it has written itself. */
function store(spec: IndexSpec, data: DataSet, bench: IndexBench): Promise<StoredIndex[]> {
  return withProcesses(bench.engines, async (processes) => {
    await buildInTurns(processes, "stored", spec, data, 1);
    const files: StoredIndex[] = [];
    for (const process of processes) {
      const file = join(bench.folder, `${process.engine.kind}.index`);
      const { bytes } = await process.ask({ op: "write", index: "stored", file }, written);
      files.push({ engine: process.engine, file, bytes });
    }
    return files;
  });
}

async function openInTurns(
  name: string,
  files: readonly StoredIndex[],
  { queries }: DataSet,
  bench: IndexBench,
): Promise<OpenRounds[]> {
  bench.onStep(`open: ${name}`);
  const rounds = await alternate(files, bench.rounds, ({ engine, file }) =>
    withProcesses([engine], async ([process]) => {
      const times = await process?.ask({ op: "open", file, queries, k: NEIGHBOURS }, opened);
      if (process === undefined || times === undefined) throw new Error("No process was started.");
      return { ...times, startMilliseconds: process.loadSeconds * 1000 };
    }),
  );
  return files.map(({ engine, bytes }, i) => ({
    name,
    engine: engine.name,
    bytes,
    rounds: rounds[i] ?? [],
  }));
}

function openTable(results: readonly OpenRounds[]): FigureTable {
  return {
    head: [
      "index",
      "engine",
      "file, MB",
      "read, ms",
      "first answer, ms",
      "both, ms (min–max)",
      TIMES_HEAD,
      "start of the process, ms",
    ],
    wordColumns: 2,
    rows: results.map((result) => {
      const { name, engine, bytes, rounds } = result;
      const nighs = results.find(
        (other) => other.name === name && other.engine === nighEngine.name,
      );
      return [
        name,
        engine,
        (bytes / 1e6).toFixed(1),
        oneDecimal(spread(rounds.map(({ readMilliseconds }) => readMilliseconds)).median),
        twoDecimals(spread(rounds.map(({ searchMilliseconds }) => searchMilliseconds)).median),
        rangeText(spread(totals(result)), oneDecimal),
        timesCell(engine, totals(result), nighs && totals(nighs)),
        spread(rounds.map(({ startMilliseconds }) => startMilliseconds)).median.toFixed(0),
      ];
    }),
  };
}

function totals({ rounds }: OpenRounds): number[] {
  return rounds.map(
    ({ readMilliseconds, searchMilliseconds }) => readMilliseconds + searchMilliseconds,
  );
}

function oneDecimal(value: number): string {
  return value.toFixed(1);
}
