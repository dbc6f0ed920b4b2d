import type { Metadata } from "./metadata.js";

/** One entry of a collection. */
export interface StoredRecord {
  readonly id: string;
  readonly document: string | null;
  /** null where there is none: a record never has metadata without keys. */
  readonly metadata: Metadata | null;
  readonly uri: string | null;
  readonly embedding: Float32Array;
}
