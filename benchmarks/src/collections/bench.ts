/** What every subject of `npm run bench -- collections` gets and gives. */
import type { CaptionedTable } from "../indexes/bench.js";
import type { CollectionEngine } from "./engines.js";

export interface CollectionBench {
  /** nigh, and Chroma when peers are asked for. */
  readonly engines: readonly CollectionEngine[];
  /** The same for 200,000 records: Chroma only when asked for, it takes minutes. */
  readonly largeEngines: readonly CollectionEngine[];
  readonly rounds: number;
  /** For collections and documents. */
  readonly folder: string;
  readonly onStep: (step: string) => void;
}

export interface SubjectResults {
  readonly tables: readonly CaptionedTable[];
  /** Every round, for --json. */
  readonly rounds: unknown;
}

export type MeasureSubject = (bench: CollectionBench) => Promise<SubjectResults>;
