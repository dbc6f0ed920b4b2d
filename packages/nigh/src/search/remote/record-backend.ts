import type { Embedder } from "../../encoder/embedder.js";
import type { Matrix } from "../../shared/matrix.js";
import type { StoredEmbedder } from "../../store/collection-row.js";
import type { Metadata } from "../../store/metadata.js";
import type { Columns, PartialRecord, Selection } from "../../store/record-reader.js";
import type { EmbeddingFunction, IdentifiedEmbedder } from "../collections/bound-embedder.js";
import type { RecordPage } from "../collections/collections-client.js";
import type { CollectionConfiguration, FullConfiguration } from "../collections/configuration.js";
import type { RecordFilter } from "../collections/nearest-records.js";
import type { Found } from "../collections/results.js";
import type { RecordTarget, WriteOptions } from "../collections/write-verbs.js";

/** An embedder, and what it was made of. */
export interface NamedEmbedder {
  readonly bound: IdentifiedEmbedder;
  /** undefined for the bundled model. */
  readonly given: Embedder | EmbeddingFunction | undefined;
}

/** What is known of a collection elsewhere, as of when it was last looked at. */
export interface CollectionInfo {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  /** Floats without a fraction are `Float`s. */
  readonly metadata: Metadata | null;
  readonly configuration: FullConfiguration;
  /** null before the first vector. */
  readonly dimension: number | null;
  readonly embedder: StoredEmbedder | null;
}

/** A collection to make elsewhere. */
export interface CollectionToMake {
  readonly name: string;
  readonly metadata: Metadata | null;
  readonly configuration: FullConfiguration;
  /** As the caller gave it, without defaults. */
  readonly given: CollectionConfiguration;
  readonly embedder: NamedEmbedder | undefined;
}

/** Changes of a collection elsewhere. */
export interface ChangesToMake {
  readonly name: string | undefined;
  readonly metadata: Metadata | undefined;
  readonly configuration: CollectionConfiguration | undefined;
}

export type RemoteWriteOptions = WriteOptions<NamedEmbedder>;

/** The records of one collection, wherever they are: arguments are checked, and texts embedded, by RemoteCollection. */
export interface RecordBackend extends RecordTarget<NamedEmbedder> {
  readonly info: CollectionInfo;
  /** @throws NighError `ERR_EMBEDDER`, `ERR_DIMENSION` when the collection's vectors cannot be compared with those of an embedder. */
  checkEmbedder(embedder: NamedEmbedder): Promise<void>;
  /** @returns how many were deleted. */
  delete(selection: Selection): Promise<number>;
  get(selection: Selection, columns: Columns): Promise<PartialRecord[]>;
  query(queries: Matrix, k: number, filter: RecordFilter, columns: Columns): Promise<Found[][]>;
  count(): Promise<number>;
  modify(changes: ChangesToMake): Promise<void>;
  readPage(after: number, limit: number): Promise<RecordPage>;
}

/** The collections of one database, wherever it is. */
export interface CatalogueBackend {
  /** @throws NighError `ERR_EXISTS`, unless `orGet`. */
  create(fresh: CollectionToMake, orGet: boolean): Promise<RecordBackend>;
  /** @throws NighError `ERR_NOT_FOUND`. */
  find(name: string): Promise<RecordBackend>;
  /** In the order in which they were made. @param limit -1 for all. */
  list(limit: number, offset: number): Promise<RecordBackend[]>;
  count(): Promise<number>;
  /** @throws NighError `ERR_NOT_FOUND`. */
  delete(name: string): Promise<void>;
  close(): Promise<void>;
}
