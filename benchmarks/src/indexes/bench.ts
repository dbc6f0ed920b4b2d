/** What every subject of `npm run bench -- indexes` gets and gives. */
import type { FigureTable } from "../table.js";
import type { Curve } from "./curve.js";
import type { IndexEngine } from "./engines.js";

export interface IndexBench {
  /** nigh, and FAISS with the first BLAS kernel when peers are asked for. */
  readonly engines: readonly IndexEngine[];
  /** The same with every BLAS kernel: for what multiplies matrices. */
  readonly enginesByBlas: readonly IndexEngine[];
  readonly rounds: number;
  /** For files that the engines exchange. */
  readonly folder: string;
  /** Whether to measure what takes an hour. */
  readonly large: boolean;
  readonly onStep: (step: string) => void;
}

export interface SubjectResults {
  readonly tables: readonly CaptionedTable[];
  /** For the picture. */
  readonly curves?: readonly Curve[];
  /** Every round, for --json. */
  readonly rounds: unknown;
}

export interface CaptionedTable {
  readonly caption: string;
  readonly table: FigureTable;
}

export type MeasureSubject = (bench: IndexBench) => Promise<SubjectResults>;
