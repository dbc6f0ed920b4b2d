/** The vectors to search: made when first asked for, kept in benchmarks/.cache. */
import { join } from "node:path";
import { exactNeighbours } from "./exact-neighbours.js";
import { makeSentenceVectors } from "./sentence-vectors.js";
import { makeRandomVectors, makeSyntheticVectors } from "./synthetic-vectors.js";
import { CACHE, COLUMNS, hasRows, type VectorFile } from "./vector-file.js";

export interface DataSet {
  readonly name: string;
  readonly vectors: VectorFile;
  readonly queries: VectorFile;
  /** Rows of the ten nearest vectors of each query. */
  readonly neighbours: Int32Array;
}

/** Neighbours that are asked for, and that recall counts. */
export const NEIGHBOURS = 10;

const RANDOM_ROWS = 10_000;
const SENTENCE_ROWS = 50_000;

type OnStep = (step: string) => void;

/** Vectors, and queries of the same kind. */
export interface VectorFiles {
  readonly vectors: VectorFile;
  readonly queries: VectorFile;
}

export function randomVectors(onStep: OnStep): Promise<DataSet> {
  return dataSet("random", randomFiles(RANDOM_ROWS), onStep);
}

/** @param queryRows at most 1,000, and at least one. */
export async function sentenceVectors(onStep: OnStep, queryRows: number): Promise<DataSet> {
  const files = await sentenceFiles(onStep);
  const { neighbours, ...data } = await dataSet("sentences", files, onStep);
  return {
    ...data,
    queries: { ...files.queries, rows: queryRows },
    neighbours: neighbours.subarray(0, queryRows * NEIGHBOURS),
  };
}

export function syntheticVectors(onStep: OnStep, rows: number): Promise<DataSet> {
  return dataSet("synthetic", syntheticFiles(onStep, rows), onStep);
}

/** Smaller files begin like larger ones: one seed makes them all. There are 500 queries. */
export function randomFiles(rows: number): VectorFiles {
  const vectors = cached("random", rows);
  const queries = cached("random-queries", 500);
  if (!hasRows(vectors)) makeRandomVectors(vectors, 1);
  if (!hasRows(queries)) makeRandomVectors(queries, 2);
  return { vectors, queries };
}

/** 50,000 vectors and 1,000 queries. */
export async function sentenceFiles(onStep: OnStep): Promise<VectorFiles> {
  const vectors = cached("sentences", SENTENCE_ROWS);
  const queries = cached("sentence-queries", 1000);
  if (!hasRows(vectors) || !hasRows(queries)) {
    onStep(`encoding ${vectors.rows + queries.rows} sentences, once: some minutes`);
    await makeSentenceVectors(vectors, queries);
  }
  return { vectors, queries };
}

/** Smaller files begin like larger ones: one seed makes them all. There are 200 queries. */
export function syntheticFiles(onStep: OnStep, rows: number): VectorFiles {
  const vectors = cached("synthetic", rows);
  const queries = cached("synthetic-queries", 200);
  if (!hasRows(vectors)) {
    onStep(`making ${rows.toLocaleString("en")} synthetic vectors, once`);
    makeSyntheticVectors(vectors, 3);
  }
  if (!hasRows(queries)) makeSyntheticVectors(queries, 5);
  return { vectors, queries };
}

/** A file's name tells how many rows it has. */
function cached(name: string, rows: number): VectorFile {
  return { file: join(CACHE, `${name}-${rows}x${COLUMNS}.f32`), rows };
}

async function dataSet(
  name: string,
  { vectors, queries }: VectorFiles,
  onStep: OnStep,
): Promise<DataSet> {
  const neighbours = await exactNeighbours(vectors, queries, NEIGHBOURS, onStep);
  return { name, vectors, queries, neighbours };
}

/** Such as "50,000 sentences". */
export function dataSetText({ name, vectors }: DataSet): string {
  return `${vectors.rows.toLocaleString("en")} ${name}`;
}
