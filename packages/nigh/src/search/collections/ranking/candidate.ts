import type { Metadata } from "../../../store/metadata.js";

/** What a reranker made of a record. */
export interface Reranked {
  readonly score: number;
  /** From 1. */
  readonly rank: number;
  /** Name of the reranker, where it has one. */
  readonly model?: string;
  /** Whether it could not read the document to its end: the rest was not judged. */
  readonly truncated?: boolean;
}

/** What a search knows of a record on its way to an answer. */
export interface Candidate {
  readonly key: number;
  /** What the rows are ordered by, higher first; until diversity orders them otherwise. */
  score: number;
  /** Place among the records nearest in meaning, from 1; undefined when it is not among those that were looked at. */
  semantic?: { readonly score: number; readonly rank?: number };
  keyword?: { readonly score: number; readonly rank: number };
  fusion?: { readonly score: number; readonly rank: number };
  rerank?: Reranked;
  diversity?: { readonly relevance: number; readonly similarity: number };
}

/** A candidate with its record. */
export interface RecordCandidate extends Candidate {
  readonly id: string;
  readonly document: string | null;
  readonly metadata: Metadata | null;
  /** Only read for diversity. */
  readonly vector?: Float32Array;
}
