import { checkOneOf } from "../../shared/options.js";
import type { Metadata, MetadataFields } from "../../store/metadata.js";
import type { PartialRecord } from "../../store/record-reader.js";

export const INCLUDES = ["documents", "metadatas", "embeddings", "uris", "distances"] as const;

/** What results have besides ids. */
export type Include = (typeof INCLUDES)[number];

/** @throws NighError `ERR_INVALID_ARGUMENT`. */
export function checkInclude(
  where: string,
  include: readonly Include[] | undefined,
  otherwise: readonly Include[],
): readonly Include[] {
  if (include === undefined) return otherwise;
  const list: readonly unknown[] = Array.isArray(include) ? include : [include];
  return list.map((name) => checkOneOf(where, "include", name, INCLUDES));
}

/** A record as a row of a result: what was not asked for is undefined, what the record lacks is null. */
export interface RecordRow<M extends MetadataFields<M> = Metadata> {
  readonly id: string;
  readonly document?: string | null;
  readonly metadata?: M | null;
  readonly embedding?: Float32Array;
  readonly uri?: string | null;
}

export interface QueryRow<M extends MetadataFields<M> = Metadata> extends RecordRow<M> {
  /** Squared Euclidean distance, 1 - inner product or 1 - cosine, by the collection's space. */
  readonly distance?: number;
}

/** Records as columns, in the order in which they were added; columns that were not asked for are null. */
export class GetResult<M extends MetadataFields<M> = Metadata> {
  readonly ids: string[];
  readonly documents: (string | null)[] | null;
  readonly metadatas: (M | null)[] | null;
  readonly embeddings: Float32Array[] | null;
  readonly uris: (string | null)[] | null;
  readonly include: readonly Include[];

  /** @internal */
  constructor(records: readonly PartialRecord[], include: readonly Include[]) {
    this.ids = records.map(({ id }) => id);
    this.include = include;
    this.documents = columnOf(records, include, "documents", ({ document }) => document ?? null);
    this.metadatas = columnOf(
      records,
      include,
      "metadatas",
      ({ metadata }) => (metadata ?? null) as M | null,
    );
    this.embeddings = columnOf(
      records,
      include,
      "embeddings",
      ({ embedding }) => embedding as Float32Array,
    );
    this.uris = columnOf(records, include, "uris", ({ uri }) => uri ?? null);
  }

  /** The same as objects, one a record. */
  rows(): RecordRow<M>[] {
    return this.ids.map((id, i) => ({
      id,
      ...(this.documents && { document: this.documents[i] ?? null }),
      ...(this.metadatas && { metadata: this.metadatas[i] ?? null }),
      ...(this.embeddings && { embedding: this.embeddings[i] as Float32Array }),
      ...(this.uris && { uri: this.uris[i] ?? null }),
    }));
  }
}

/** A record that was found, and how far it is. */
export interface Found {
  readonly record: PartialRecord;
  readonly distance: number;
}

/** Nearest records as columns, a list for each query, the nearest first; columns that were not asked for are null. */
export class QueryResult<M extends MetadataFields<M> = Metadata> {
  readonly ids: string[][];
  readonly distances: number[][] | null;
  readonly documents: (string | null)[][] | null;
  readonly metadatas: (M | null)[][] | null;
  readonly embeddings: Float32Array[][] | null;
  readonly uris: (string | null)[][] | null;
  readonly include: readonly Include[];

  /** @internal */
  constructor(found: readonly (readonly Found[])[], include: readonly Include[]) {
    const results = found.map(
      (list) =>
        new GetResult<M>(
          list.map(({ record }) => record),
          include,
        ),
    );
    this.ids = results.map(({ ids }) => ids);
    this.include = include;
    this.distances = include.includes("distances")
      ? found.map((list) => list.map(({ distance }) => distance))
      : null;
    this.documents = include.includes("documents") ? results.map((r) => r.documents ?? []) : null;
    this.metadatas = include.includes("metadatas") ? results.map((r) => r.metadatas ?? []) : null;
    this.embeddings = include.includes("embeddings")
      ? results.map((r) => r.embeddings ?? [])
      : null;
    this.uris = include.includes("uris") ? results.map((r) => r.uris ?? []) : null;
  }

  /** The same as objects: a list of rows for each query. */
  rows(): QueryRow<M>[][] {
    return this.ids.map((ids, q) =>
      ids.map((id, i) => ({
        id,
        ...(this.distances && { distance: this.distances[q]?.[i] as number }),
        ...(this.documents && { document: this.documents[q]?.[i] ?? null }),
        ...(this.metadatas && { metadata: this.metadatas[q]?.[i] ?? null }),
        ...(this.embeddings && { embedding: this.embeddings[q]?.[i] as Float32Array }),
        ...(this.uris && { uri: this.uris[q]?.[i] ?? null }),
      })),
    );
  }
}

function columnOf<T>(
  records: readonly PartialRecord[],
  include: readonly Include[],
  name: Include,
  value: (record: PartialRecord) => T,
): T[] | null {
  return include.includes(name) ? records.map(value) : null;
}
