/** How cost grows with the number of vectors. */
import { count, fourDecimals, rangeText } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { IndexBench, SubjectResults } from "./bench.js";
import { type DataSet, syntheticVectors } from "./data-sets.js";
import { withProcesses } from "./engines.js";
import type { IndexSpec, SearchSettings } from "./protocol.js";
import { millisecondsText } from "./search-table.js";
import { type BuildRounds, buildInTurns, bytesText, growthText, secondsOf } from "./timed-build.js";
import { type SearchRounds, searchInTurns } from "./timed-search.js";

const SIZES = [10_000, 50_000, 200_000, 1_000_000];
/** Graphs of more vectors are built only when asked for: it takes very long. */
const LARGE = 200_000;

interface Kind {
  readonly name: string;
  spec(rows: number): IndexSpec;
  readonly settings: SearchSettings;
}

const FLAT: Kind = { name: "flat", spec: () => ({ kind: "flat", metric: "ip" }), settings: {} };
const IVF: Kind = {
  name: "IVF, √vectors lists, nprobe 16",
  spec: (rows) => ({ kind: "ivf", metric: "ip", nlist: Math.round(Math.sqrt(rows)) }),
  settings: { nprobe: 16 },
};
const HNSW: Kind = {
  name: "HNSW, M 16, efConstruction 128, efSearch 64",
  spec: () => ({ kind: "hnsw", metric: "ip", m: 16, efConstruction: 128 }),
  settings: { efSearch: 64 },
};

interface GrowthRow {
  readonly kind: string;
  readonly rows: number;
  readonly build: BuildRounds;
  readonly search: SearchRounds;
}

export async function measureGrowth(bench: IndexBench): Promise<SubjectResults> {
  const results: GrowthRow[] = [];
  for (const kind of [FLAT, IVF, HNSW]) {
    for (const rows of SIZES) {
      if (kind === HNSW && rows > LARGE && !bench.large) continue;
      const data = await syntheticVectors(bench.onStep, rows);
      results.push(...(await measureKind(kind, data, bench)));
    }
  }
  return {
    tables: [
      {
        caption: "How cost grows, synthetic vectors, one query at a time, built once:",
        table: growthTable(results),
      },
    ],
    rounds: results,
  };
}

/** New processes for each index: the memory of the one before is none of its own. */
function measureKind(kind: Kind, data: DataSet, bench: IndexBench): Promise<GrowthRow[]> {
  return withProcesses(bench.engines, async (processes) => {
    const { rows } = data.vectors;
    const { name, spec, settings } = kind;
    bench.onStep(`growth: ${count(rows)} vectors, ${name}`);
    const builds = await buildInTurns(processes, name, spec(rows), data, 1);
    const searchCase = { index: name, mode: "single", settings } as const;
    const searches = await searchInTurns(processes, data, searchCase, bench);
    return searches.map((search, i) => ({
      kind: name,
      rows,
      build: builds[i] as BuildRounds,
      search,
    }));
  });
}

function growthTable(results: readonly GrowthRow[]): FigureTable {
  return {
    head: [
      "index",
      "engine",
      "vectors",
      "build, s",
      "bytes a vector",
      "memory grew by, bytes a vector",
      "ms a query (min–max)",
      "recall@10",
    ],
    wordColumns: 2,
    rows: results.map(({ kind, rows, build, search }) => [
      kind,
      search.engine,
      count(rows),
      spread(secondsOf(build)).median.toFixed(1),
      bytesText(build),
      growthText(build),
      rangeText(spread(search.milliseconds), millisecondsText),
      fourDecimals(search.recall),
    ]),
  };
}
