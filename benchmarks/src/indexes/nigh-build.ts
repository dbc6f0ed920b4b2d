import { setTimeout } from "node:timers/promises";
import {
  IndexFlatIP,
  IndexFlatL2,
  IndexHNSWFlat,
  IndexIVFFlat,
  Matrix,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type VectorIndex,
} from "nigh";
import { millisecondsOf } from "./milliseconds-of.js";
import type { BuildRequest, Built, IndexSpec } from "./protocol.js";
import { COLUMNS, chunksOf, readRows, type VectorFile } from "./vector-file.js";

/** Rows that IVF learns from for each list, at most: FAISS's own limit, so that both learn from the same ones. */
const TRAINING_ROWS = 256;
/** Ample for the collector to give memory back. */
const COLLECTION_MILLISECONDS = 100;

export async function buildIndex({
  spec,
  vectors,
}: BuildRequest): Promise<Built & { index: VectorIndex }> {
  const residentBefore = process.memoryUsage.rss();
  const index = emptyIndex(spec);
  const trainSeconds = spec.nlist === undefined ? 0 : train(index, spec.nlist, vectors);
  const addSeconds = addAll(index, vectors);
  // What was read is not the index's; the collector frees it in a thread of its own.
  globalThis.gc?.();
  await setTimeout(COLLECTION_MILLISECONDS);
  return {
    index,
    trainSeconds,
    addSeconds,
    bytes: index.memoryBytes,
    residentBytes: process.memoryUsage.rss() - residentBefore,
  };
}

/** @returns seconds, reading not among them. */
function train(index: VectorIndex, nlist: number, { file, rows }: VectorFile): number {
  const count = Math.min(rows, TRAINING_ROWS * nlist);
  const sample = new Matrix(readRows(file, 0, count), count, COLUMNS);
  return millisecondsOf(() => index.train(sample)) / 1000;
}

/** @returns seconds, reading not among them. */
function addAll(index: VectorIndex, vectors: VectorFile): number {
  let milliseconds = 0;
  for (const chunk of chunksOf(vectors)) {
    const rows = new Matrix(chunk, chunk.length / COLUMNS, COLUMNS);
    milliseconds += millisecondsOf(() => index.add(rows));
  }
  return milliseconds / 1000;
}

function emptyIndex(spec: IndexSpec): VectorIndex {
  const { kind, metric: name, nlist = 0, m, efConstruction, threads = 1 } = spec;
  const metric = name === "ip" ? METRIC_INNER_PRODUCT : METRIC_L2;
  const options = { threads };
  const flat =
    name === "ip" ? new IndexFlatIP(COLUMNS, options) : new IndexFlatL2(COLUMNS, options);
  if (kind === "flat") return flat;
  if (kind === "ivf") return new IndexIVFFlat(flat, COLUMNS, nlist, metric);
  const index = new IndexHNSWFlat(COLUMNS, m, metric);
  if (efConstruction !== undefined) index.efConstruction = efConstruction;
  return index;
}
