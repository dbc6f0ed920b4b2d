/** The parts of `npm run bench -- collections`, in the order in which they run. */
import { alternate } from "../alternate.js";
import { count } from "../figure-text.js";
import { randomFiles, sentenceFiles, syntheticFiles } from "../indexes/data-sets.js";
import type { CollectionBench, MeasureSubject } from "./bench.js";
import { collectionData } from "./collection-data.js";
import { type CollectionData, collectionRound } from "./collection-round.js";
import type { CollectionEngine } from "./engines.js";
import {
  type CollectionRounds,
  fillTable,
  growthTable,
  memoryTable,
  queryTable,
} from "./tables.js";

const SIZE = { rows: 20_000, queryRows: 200 };
const SMALL = { rows: 20_000, queryRows: 100 };
const LARGE = { rows: 200_000, queryRows: 100 };

export const SUBJECTS = {
  random: async (bench) =>
    besideChroma(await collectionData("random", randomFiles(SIZE.rows), SIZE, bench), bench),
  sentences: async (bench) => {
    const files = await sentenceFiles(bench.onStep);
    return besideChroma(await collectionData("sentences", files, SIZE, bench), bench);
  },
  growth: measureGrowth,
} as const satisfies Readonly<Record<string, MeasureSubject>>;

export type SubjectName = keyof typeof SUBJECTS;

export const SUBJECT_NAMES = Object.keys(SUBJECTS) as SubjectName[];

type Contestant = readonly [engine: CollectionEngine, data: CollectionData];

async function besideChroma(data: CollectionData, bench: CollectionBench) {
  const results = await inTurns(
    bench.engines.map((engine) => [engine, data]),
    bench,
  );
  return {
    tables: [
      { caption: `Filling collections with ${data.text} vectors:`, table: fillTable(results) },
      { caption: "Memory, files, and opening in a new process:", table: memoryTable(results) },
      { caption: "One query at a time, 10 neighbours:", table: queryTable(results) },
    ],
    rounds: results,
  };
}

async function measureGrowth(bench: CollectionBench) {
  const files = syntheticFiles(bench.onStep, LARGE.rows);
  const small = await collectionData("synthetic", files, SMALL, bench);
  const large = await collectionData("synthetic", files, LARGE, bench);
  const contestants = [small, large].flatMap((data) =>
    bench.largeEngines.map((engine): Contestant => [engine, data]),
  );
  const results = await inTurns(contestants, bench);
  const middle = bench.largeEngines.length;
  return {
    tables: [
      {
        caption: `What ${count(LARGE.rows)} records take, as a multiple of ${count(SMALL.rows)} (queries: p50):`,
        table: growthTable(results.slice(0, middle), results.slice(middle)),
      },
      { caption: "Filling:", table: fillTable(results) },
      { caption: "Memory, files, and opening in a new process:", table: memoryTable(results) },
      { caption: "One query at a time, 10 neighbours:", table: queryTable(results) },
    ],
    rounds: results,
  };
}

async function inTurns(
  contestants: readonly Contestant[],
  { rounds, folder, onStep }: CollectionBench,
): Promise<CollectionRounds[]> {
  const results = await alternate(contestants, rounds, ([engine, data]) => {
    onStep(`${data.text}: ${engine.name}`);
    return collectionRound(engine, data, folder);
  });
  return contestants.map(([engine, data], i) => ({
    engine: engine.name,
    data: data.text,
    rows: data.records.vectors.rows,
    rounds: results[i] ?? [],
  }));
}
