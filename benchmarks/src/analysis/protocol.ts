/** What the bench asks of a process that analyses vectors, and what it answers. */
import { z } from "zod";
import type { VectorFile } from "../indexes/vector-file.js";

export const ANALYSES = ["communities", "pairs", "hierarchy", "density", "outliers"] as const;
export type Analysis = (typeof ANALYSES)[number];

export interface AnalysisRequest {
  readonly analysis: Analysis;
  readonly vectors: VectorFile;
  /** Where the result is written, for comparison; null for a run that is only timed. */
  readonly result: string | null;
}

export const analysed = z.object({ seconds: z.number(), cpuSeconds: z.number() });
export type Analysed = z.infer<typeof analysed>;

/** Rows of communities or pairs; or a number for each vector. */
export const resultFile = z.union([z.array(z.array(z.number())), z.array(z.number())]);
