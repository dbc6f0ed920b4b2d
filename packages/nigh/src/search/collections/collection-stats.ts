import { type FileBytes, fileBytes, tableBytes } from "../../store/storage-stats.js";
import type { OpenCollection } from "./open-collection.js";

/** How a collection answers: by comparing all vectors, by a graph, or by a graph that is being built. */
export interface IndexStats {
  readonly kind: "exact" | "hnsw";
  /** Vectors that the graph holds. */
  readonly inGraph: number;
  /** Vectors that are compared one by one. */
  readonly exact: number;
  /** Whether a graph is being built or extended in the background. */
  readonly isBuilding: boolean;
  /** Candidates that a walk keeps, as measured for this collection; 0 without a graph. */
  readonly efSearch: number;
}

export interface CollectionStats {
  readonly records: number;
  /** null before the first vector. */
  readonly dimension: number | null;
  /** Name of the embedder that the vectors are from; null where they were given. */
  readonly embedder: string | null;
  readonly index: IndexStats;
  readonly bytes: {
    readonly records: number;
    readonly vectors: number;
    readonly metadata: number;
    readonly words: number;
    /** Of vectors and graph in this process's memory. */
    readonly memory: number;
  };
  /** Of the whole database. `live` are the bytes of `file` that are neither dead nor slack. */
  readonly database: FileBytes & { readonly live: number };
}

export async function collectionStats(collection: OpenCollection): Promise<CollectionStats> {
  const pages = await collection.pages.measure();
  return collection.readVectors(({ db, row, reader, state }) => {
    state.follow(db, row);
    const { live } = state;
    const bytes = fileBytes(db, collection.database.path, pages);
    return {
      records: reader.count(),
      dimension: row.dimension,
      embedder: row.embedder?.name ?? null,
      index: {
        kind: live?.graph === undefined ? "exact" : "hnsw",
        inGraph: live?.graph?.ntotal ?? 0,
        exact: live?.flat.ntotal ?? 0,
        isBuilding: state.isBuilding,
        efSearch: live?.graph?.efSearch ?? 0,
      },
      bytes: { ...tableBytes(pages, row), memory: live?.memoryBytes ?? 0 },
      database: { ...bytes, live: bytes.file - bytes.dead - bytes.slack },
    };
  });
}
