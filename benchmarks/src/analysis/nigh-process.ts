/** A process that answers with nigh's analyses, as protocol.ts describes. */
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import {
  agglomerativeClusters,
  communityDetection,
  hdbscanClusters,
  Matrix,
  outliers,
  paraphraseMining,
} from "nigh";
import { COLUMNS, readRows } from "../indexes/vector-file.js";
import type { Analysed, Analysis, AnalysisRequest } from "./protocol.js";

type Rows = ArrayLike<number> | readonly (readonly number[])[];

const RUN: Readonly<Record<Analysis, (vectors: Matrix) => Promise<Rows>>> = {
  communities: (vectors) => communityDetection(vectors),
  pairs: (vectors) => paraphraseMining(vectors),
  hierarchy: async (vectors) => (await agglomerativeClusters(vectors, { nClusters: 100 })).labels,
  density: async (vectors) => (await hdbscanClusters(vectors)).labels,
  outliers: async (vectors) => (await outliers(vectors)).scores,
};

process.stdout.write(`${JSON.stringify({ versions: {} })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await handle(JSON.parse(line) as AnalysisRequest);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function handle({ analysis, vectors, result }: AnalysisRequest): Promise<Analysed> {
  const { file, rows } = vectors;
  const matrix = new Matrix(readRows(file, 0, rows), rows, COLUMNS);
  const before = process.cpuUsage();
  const start = performance.now();
  const found = await RUN[analysis](matrix);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  if (result !== null) writeFileSync(result, JSON.stringify(Array.from<unknown>(found)));
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}
