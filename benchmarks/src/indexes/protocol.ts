/**
 * How the bench talks to a process that has indexes, one JSON object a line: it writes its ready line, then answers
 * each {@link IndexRequest} with a line. peers/index_peer.py speaks the same.
 */
import { z } from "zod";
import type { VectorFile } from "./vector-file.js";

/** What index to build: FAISS's names and meaning. */
export interface IndexSpec {
  readonly kind: "flat" | "ivf" | "hnsw";
  readonly metric: "ip" | "l2";
  readonly nlist?: number;
  readonly m?: number;
  readonly efConstruction?: number;
  /** Of nigh's flat indexes. */
  readonly threads?: number;
}

export interface SearchSettings {
  readonly nprobe?: number;
  readonly efSearch?: number;
}

/** Builds an index and keeps it under a name; reading the vectors is not timed. */
export interface BuildRequest {
  readonly op: "build";
  readonly index: string;
  readonly spec: IndexSpec;
  readonly vectors: VectorFile;
}

/** Searches with every query: each in a call of its own, or all in one call. */
export interface SearchRequest {
  readonly op: "search";
  readonly index: string;
  readonly queries: VectorFile;
  readonly k: number;
  readonly mode: "single" | "batch";
  readonly settings: SearchSettings;
  /** Where to write the labels as int32, row after row; not timed. */
  readonly labels: string | null;
}

export interface KmeansRequest {
  readonly op: "kmeans";
  readonly method: "nigh" | "faiss" | "scikit-learn";
  /** How the first centroids are chosen: nigh and FAISS know one way each. */
  readonly start: "k-means++" | "random";
  readonly vectors: VectorFile;
  readonly k: number;
  readonly iterations: number;
  readonly seed: number;
  /** Where to write the centroids as float32, row after row; not timed. */
  readonly centroids: string | null;
}

/** Writes an index into a file. */
export interface WriteRequest {
  readonly op: "write";
  readonly index: string;
  readonly file: string;
}

/** Reads an index and asks it the first of the queries. */
export interface OpenRequest {
  readonly op: "open";
  readonly file: string;
  readonly queries: VectorFile;
  readonly k: number;
}

export type IndexRequest =
  | BuildRequest
  | SearchRequest
  | KmeansRequest
  | WriteRequest
  | OpenRequest;

export const built = z.object({
  trainSeconds: z.number().nonnegative(),
  addSeconds: z.number().positive(),
  /** What the vectors and the structure take, as the library counts it. */
  bytes: z.number().positive(),
  /** What the process grew by; tells something in a new process only. */
  residentBytes: z.number(),
});
export type Built = z.infer<typeof built>;

export const searched = z.object({
  /** Of each query: the median of the calls, or a call's time over its queries. */
  milliseconds: z.number().positive(),
  /** Processor time over wall clock: above 1 with several threads, below when others had the processor. */
  cpuShare: z.number().nonnegative(),
});
export type Searched = z.infer<typeof searched>;

export const clustered = z.object({ seconds: z.number().positive() });

export const written = z.object({ bytes: z.number().positive() });

export const opened = z.object({
  readMilliseconds: z.number().positive(),
  searchMilliseconds: z.number().positive(),
});
export type Opened = z.infer<typeof opened>;
