/** The parts of `npm run bench -- indexes`, in the order in which they run. */
import type { MeasureSubject } from "./bench.js";
import { measureExact } from "./exact.js";
import { measureGrowth } from "./growth.js";
import { measureHnsw } from "./hnsw.js";
import { measureIvf } from "./ivf.js";
import { measureKmeans } from "./kmeans.js";
import { measureOpen } from "./open.js";
import { measureTutorial } from "./tutorial.js";
import { measureTwoThreads } from "./two-threads.js";

export const SUBJECTS = {
  tutorial: measureTutorial,
  exact: measureExact,
  hnsw: measureHnsw,
  ivf: measureIvf,
  kmeans: measureKmeans,
  open: measureOpen,
  growth: measureGrowth,
  threads: measureTwoThreads,
} as const satisfies Readonly<Record<string, MeasureSubject>>;

export type SubjectName = keyof typeof SUBJECTS;

export const SUBJECT_NAMES = Object.keys(SUBJECTS) as SubjectName[];
