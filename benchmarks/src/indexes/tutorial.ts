/** The tutorial's comparison: exact search, then the same with inverted lists, and how much faster that is. */
import { fourDecimals, NONE, rangeText, twoDecimals } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { IndexBench, SubjectResults } from "./bench.js";
import { dataSetText, randomVectors } from "./data-sets.js";
import { withProcesses } from "./engines.js";
import type { IndexSpec, SearchSettings } from "./protocol.js";
import { millisecondsText } from "./search-table.js";
import { buildInTurns } from "./timed-build.js";
import { type SearchRounds, searchInTurns } from "./timed-search.js";

const EXACT: Step = {
  name: "IndexFlatL2, exact",
  spec: { kind: "flat", metric: "l2" },
  settings: {},
};
const IVF: Step = {
  name: "IndexIVFFlat, 100 lists, nprobe 10",
  spec: { kind: "ivf", metric: "l2", nlist: 100 },
  settings: { nprobe: 10 },
};

interface Step {
  readonly name: string;
  readonly spec: IndexSpec;
  readonly settings: SearchSettings;
}

export async function measureTutorial(bench: IndexBench): Promise<SubjectResults> {
  // Of vectors of length 1 the nearest by distance are the nearest by inner product.
  const data = await randomVectors(bench.onStep);
  const [exact = [], ivf = []] = await withProcesses(bench.engines, async (processes) => {
    const steps: SearchRounds[][] = [];
    for (const { name, spec, settings } of [EXACT, IVF]) {
      bench.onStep(`tutorial: ${name}`);
      await buildInTurns(processes, name, spec, data, 1);
      steps.push(
        await searchInTurns(processes, data, { index: name, mode: "single", settings }, bench),
      );
    }
    return steps;
  });
  return {
    tables: [
      {
        caption: `The tutorial's table: ${dataSetText(data)} vectors, one query at a time. Random vectors have no clusters, so that lists miss most neighbours: the figures below are of real ones.`,
        table: tutorialTable(exact, ivf),
      },
    ],
    rounds: { exact, ivf },
  };
}

function tutorialTable(exact: readonly SearchRounds[], ivf: readonly SearchRounds[]): FigureTable {
  return {
    head: ["engine", "index", "ms a query (min–max)", "speed-up", "recall@10"],
    wordColumns: 2,
    rows: exact.flatMap((slow, i) =>
      [slow, ivf[i]].flatMap((search, step) => {
        if (search === undefined) return [];
        const ratio = spread(slow.milliseconds).median / spread(search.milliseconds).median;
        return [
          [
            search.engine,
            [EXACT, IVF][step]?.name ?? NONE,
            rangeText(spread(search.milliseconds), millisecondsText),
            `${twoDecimals(ratio)}×`,
            fourDecimals(search.recall),
          ],
        ];
      }),
    ),
  };
}
