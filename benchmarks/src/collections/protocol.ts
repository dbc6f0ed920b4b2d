/**
 * How the bench talks to a process that has a collection, one JSON object a line: it writes its ready line, then answers
 * each {@link CollectionRequest} with a line.
 */
import { z } from "zod";
import type { VectorFile } from "../indexes/vector-file.js";
import type { RecordFile } from "./records.js";

/** Makes a collection and adds records, {@link ADDED_AT_ONCE} a call; making and reading the records is not timed. */
export interface AddRequest {
  readonly op: "add";
  readonly records: RecordFile;
}

/** Asks a query, and further ones until nothing is being built in the background any more. */
export interface SettleRequest {
  readonly op: "settle";
  readonly queries: VectorFile;
  readonly k: number;
}

/** Asks all queries in the way of one of the query cases; {@link QueryRequest.warmUp} more follow in the file. */
export interface QueryRequest {
  readonly op: "query";
  readonly case: number;
  readonly records: RecordFile;
  readonly queries: VectorFile;
  readonly warmUp: number;
  readonly k: number;
}

/** Opens the folder's collection and asks it the first of the queries. */
export interface OpenRequest {
  readonly op: "open";
  readonly queries: VectorFile;
  readonly k: number;
}

export interface ResidentRequest {
  readonly op: "resident";
}

export interface CloseRequest {
  readonly op: "close";
}

export type CollectionRequest =
  | AddRequest
  | SettleRequest
  | QueryRequest
  | OpenRequest
  | ResidentRequest
  | CloseRequest;

export const ADDED_AT_ONCE = 1000;

export const added = z.object({
  seconds: z.number().positive(),
  /** Of the slowest call. */
  longestSeconds: z.number().positive(),
});
export type Added = z.infer<typeof added>;

export const settled = z.object({
  /** Of the first query after adding, by itself. */
  firstMilliseconds: z.number().positive(),
  /** From then on until nothing was being built. */
  seconds: z.number().nonnegative(),
  /** Of the slowest query in the meantime; null where nothing was being built. */
  longestMilliseconds: z.number().positive().nullable(),
});
export type Settled = z.infer<typeof settled>;

export const queried = z.object({
  /** Of each query. */
  milliseconds: z.array(z.number().positive()),
  /** Of each upsert. */
  upsertMilliseconds: z.array(z.number().positive()),
  /** Rows of the answers, query after query; -1 where there are fewer. */
  rows: z.array(z.number()),
});
export type Queried = z.infer<typeof queried>;

export const opened = z.object({ milliseconds: z.number().positive() });

export const resident = z.object({ bytes: z.number().positive() });

export const closed = z.object({ milliseconds: z.number().nonnegative() });
