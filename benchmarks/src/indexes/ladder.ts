/** Approximate search over a ladder of settings: what recall costs. */
import type { IndexBench, SubjectResults } from "./bench.js";
import type { Curve, CurvePoint } from "./curve.js";
import { type DataSet, dataSetText, sentenceVectors } from "./data-sets.js";
import { type IndexProcess, withProcesses } from "./engines.js";
import { equalRecallTable, ladderTable } from "./ladder-tables.js";
import type { IndexSpec, SearchSettings } from "./protocol.js";
import { buildInTurns, buildTable } from "./timed-build.js";
import { type SearchCase, searchInTurns } from "./timed-search.js";

export interface Ladder {
  /** Such as "HNSW". */
  readonly index: string;
  /** What is built, in full. */
  readonly description: string;
  readonly spec: IndexSpec;
  readonly setting: keyof SearchSettings;
  readonly steps: readonly number[];
  /** Recalls at which the engines are compared. */
  readonly recalls: readonly number[];
}

const QUERIES = 1000;
/** Builds take long: no more than these are timed. */
const MOST_BUILDS = 3;

export async function measureLadder(ladder: Ladder, bench: IndexBench): Promise<SubjectResults> {
  const { index, description, spec, setting, recalls } = ladder;
  const data = await sentenceVectors(bench.onStep, QUERIES);
  const { builds, curves } = await withProcesses(bench.engines, async (processes) => {
    const times = Math.min(bench.rounds, MOST_BUILDS);
    bench.onStep(`${index}: building ${times} times`);
    const builds = await buildInTurns(processes, index, spec, data, times);
    const single = await climb(processes, ladder, data, "single", bench);
    const batch = await climb(processes, ladder, data, "batch", bench);
    return { builds, curves: [...single, ...batch] };
  });
  const title = `${description}, ${dataSetText(data)}`;
  return {
    tables: [
      { caption: `${title}, built:`, table: buildTable(builds) },
      {
        caption: `${title}, at equal recall@10 (interpolated between the steps of the next table):`,
        table: equalRecallTable(curves, recalls, QUERIES),
      },
      { caption: `${title}, step by step:`, table: ladderTable(curves, setting, QUERIES) },
    ],
    curves,
    rounds: { builds, curves },
  };
}

/** One curve for each process. */
async function climb(
  processes: readonly IndexProcess[],
  { index, setting, steps }: Ladder,
  data: DataSet,
  mode: SearchCase["mode"],
  bench: IndexBench,
): Promise<Curve[]> {
  const points = processes.map((): CurvePoint[] => []);
  for (const step of steps) {
    bench.onStep(`${index}, ${mode}: ${setting} ${step}`);
    const settings = { [setting]: step };
    const results = await searchInTurns(processes, data, { index, mode, settings }, bench);
    for (const [i, { recall, milliseconds }] of results.entries())
      points[i]?.push({ setting: step, recall, milliseconds });
  }
  return processes.map(({ engine: { name } }, i) => ({
    engine: name,
    index,
    mode,
    points: points[i] ?? [],
  }));
}
