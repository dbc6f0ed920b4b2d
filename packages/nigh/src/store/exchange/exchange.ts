import type { Metadata } from "../metadata.js";
import type { StoredRecord } from "../record.js";

/** What a file says of the collection that its records are from. */
export interface ExchangeHeader {
  readonly name: string;
  /** null where the collection has none. */
  readonly metadata: Metadata | null;
  /** A JSON object. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** What made the embeddings; null where that is unknown. */
  readonly embedder: {
    readonly name: string;
    readonly fingerprint: string;
    readonly dimension: number;
    /** Precision of the first vectors, where the embedder has a choice. */
    readonly dtype?: string;
    /** "chunk" where long texts were read in windows. */
    readonly longText?: string;
  } | null;
  /** Of the embeddings; null where there are none. */
  readonly dimension: number | null;
}

/** Gives the records to write, from the first, each time it is called; the same ones each time. */
export type RecordSource = () => Iterable<StoredRecord> | AsyncIterable<StoredRecord>;

/** A record of a file. Floats without a fraction are `Float`s, integers beyond 2^53 bigints. */
export interface ImportedRecord extends Omit<StoredRecord, "embedding"> {
  /** null where the file has none: the document is to be encoded. */
  readonly embedding: Float32Array | null;
  /** Where it stands, for messages: "notes.jsonl:17". */
  readonly place: string;
}

/** A file that is open for import. */
export interface Import {
  /** null in a file that nigh did not write. */
  readonly header: ExchangeHeader | null;
  /** How many records there are; null where only reading them tells. */
  readonly count: number | null;
  /** Read as they are asked for. Ends with an error when fewer come than were written. */
  readonly records: AsyncIterable<ImportedRecord>;
}

/** A kind of file that records are written to and read from. */
export interface ExchangeFormat {
  readonly name: "jsonl" | "parquet";
  /** Replaces what is at the path, once all is on disk. @returns how many records were written. */
  readonly write: (records: RecordSource, path: string, header: ExchangeHeader) => Promise<number>;
  readonly read: (path: string) => Promise<Import>;
}
