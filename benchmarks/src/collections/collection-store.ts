/** What the bench asks of a collection in a folder: nigh's and Chroma's behave alike. */
import type { Where } from "nigh";
import type { RecordMetadata } from "./records.js";

export interface Records {
  readonly ids: readonly string[];
  /** Row after row. */
  readonly vectors: Float32Array;
  readonly documents: readonly string[];
  readonly metadatas: readonly RecordMetadata[];
}

export interface CollectionStore {
  /** Makes an empty collection for cosine. */
  create(): Promise<void>;
  /** Opens the one that the folder has. */
  open(): Promise<void>;
  add(records: Records): Promise<void>;
  upsert(records: Records): Promise<void>;
  /** Ids of the `k` nearest; documents, metadata and distances come along, as they do by default. */
  query(vector: Float32Array, k: number, where: Where | undefined): Promise<readonly string[]>;
  /** Whether nothing more is being built in the background. */
  settled(): Promise<boolean>;
  /** Memory of the process that has the collection. */
  residentBytes(): Promise<number>;
  close(): Promise<void>;
}
