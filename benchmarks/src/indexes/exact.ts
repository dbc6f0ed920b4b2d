/** Exact search: every vector counts. */
import type { IndexBench, SubjectResults } from "./bench.js";
import { type DataSet, dataSetText, randomVectors, sentenceVectors } from "./data-sets.js";
import { type IndexProcess, withProcesses } from "./engines.js";
import { modeText, type SearchGroup, searchTable } from "./search-table.js";
import { buildInTurns } from "./timed-build.js";
import { searchInTurns } from "./timed-search.js";

const QUERIES = 500;

export async function measureExact(bench: IndexBench): Promise<SubjectResults> {
  const sets = [await randomVectors(bench.onStep), await sentenceVectors(bench.onStep, QUERIES)];
  const groups = await withProcesses(bench.enginesByBlas, async (processes) => {
    const all: SearchGroup[] = [];
    for (const data of sets) all.push(...(await searchSet(processes, data, bench)));
    return all;
  });
  return {
    tables: [
      {
        caption: "Exact search (IndexFlatIP), 10 neighbours:",
        table: searchTable(["vectors", "queries"], groups),
      },
    ],
    rounds: groups,
  };
}

async function searchSet(
  processes: readonly IndexProcess[],
  data: DataSet,
  bench: IndexBench,
): Promise<SearchGroup[]> {
  const index = "flat";
  await buildInTurns(processes, index, { kind: "flat", metric: "ip" }, data, 1);
  const groups: SearchGroup[] = [];
  for (const mode of ["single", "batch"] as const) {
    const labels = [dataSetText(data), modeText(mode, data.queries.rows)];
    bench.onStep(`exact: ${labels.join(", ")}`);
    const results = await searchInTurns(processes, data, { index, mode, settings: {} }, bench);
    groups.push({ labels, results });
  }
  return groups;
}
