/** k-means: time, and how tight the clusters are. */
import { join } from "node:path";
import { alternate } from "../alternate.js";
import { count, rangeText } from "../figure-text.js";
import { spread } from "../statistics.js";
import type { FigureTable } from "../table.js";
import type { IndexBench, SubjectResults } from "./bench.js";
import { type DataSet, dataSetText, sentenceVectors } from "./data-sets.js";
import { type IndexProcess, withProcesses } from "./engines.js";
import { inertiaOf } from "./inertia.js";
import { clustered, type KmeansRequest } from "./protocol.js";
import { TIMES_HEAD, timesCell } from "./search-table.js";

const CLUSTERS = 100;
const ITERATIONS = 10;
const SEED = 1;

interface Contestant {
  readonly name: string;
  readonly process: IndexProcess;
  readonly method: KmeansRequest["method"];
  readonly start: KmeansRequest["start"];
}

interface KmeansRounds {
  readonly name: string;
  readonly start: string;
  readonly seconds: readonly number[];
  readonly inertia: number;
}

export async function measureKmeans(bench: IndexBench): Promise<SubjectResults> {
  const data = await sentenceVectors(bench.onStep, 1);
  const results = await withProcesses(bench.enginesByBlas, (processes) =>
    cluster(processes.flatMap(contestantsOf), data, bench),
  );
  return {
    tables: [
      {
        caption: `k-means, ${CLUSTERS} clusters, ${ITERATIONS} iterations, one start, all of ${dataSetText(data)}:`,
        table: kmeansTable(results),
      },
    ],
    rounds: results,
  };
}

/** Python's process has two libraries that do it. */
function contestantsOf(process: IndexProcess): Contestant[] {
  const { name, kind } = process.engine;
  if (kind === "nigh") return [{ name, process, method: "nigh", start: "k-means++" }];
  const sklearn = name.replace("FAISS", "scikit-learn");
  return [
    { name: `${name}: faiss.Kmeans`, process, method: "faiss", start: "random" },
    { name: `${sklearn}: KMeans`, process, method: "scikit-learn", start: "random" },
    { name: `${sklearn}: KMeans`, process, method: "scikit-learn", start: "k-means++" },
  ];
}

async function cluster(
  contestants: readonly Contestant[],
  { vectors }: DataSet,
  { rounds, folder, onStep }: IndexBench,
): Promise<KmeansRounds[]> {
  const run = ({ process, method, start }: Contestant, centroids: string | null) => {
    const request = {
      op: "kmeans",
      method,
      start,
      vectors,
      k: CLUSTERS,
      iterations: ITERATIONS,
      seed: SEED,
    };
    return process.ask({ ...request, centroids }, clustered);
  };
  // The first run does not count: it warms up, and its centroids give the inertia.
  const inertias: number[] = [];
  for (const [i, contestant] of contestants.entries()) {
    onStep(`k-means: ${contestant.name}`);
    const file = join(folder, `centroids-${i}.f32`);
    await run(contestant, file);
    inertias.push(inertiaOf(vectors, file, CLUSTERS));
  }
  onStep("k-means: rounds");
  const results = await alternate(contestants, rounds, (contestant) => run(contestant, null));
  return contestants.map(({ name, start }, i) => ({
    name,
    start,
    seconds: (results[i] ?? []).map(({ seconds }) => seconds),
    inertia: inertias[i] as number,
  }));
}

function kmeansTable(results: readonly KmeansRounds[]): FigureTable {
  const nighs = results[0]?.seconds;
  return {
    head: ["engine", "start", "s (min–max)", "inertia", TIMES_HEAD],
    wordColumns: 2,
    rows: results.map(({ name, start, seconds, inertia }) => [
      name,
      start,
      rangeText(spread(seconds)),
      count(inertia),
      timesCell(name, seconds, nighs),
    ]),
  };
}
