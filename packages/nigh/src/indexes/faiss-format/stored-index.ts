import type { Metric } from "../vector-index.js";

/**
 * An index as a file of FAISS 1.15 holds it. `P` stands for a long row-major payload (float32 vectors or uint8 codes):
 * when reading, whatever the reader made of it; when writing, {@link Chunks}. `L` stands for the links of an HNSW graph.
 *
 * Counts are integers of 0 to 2^53 - 1. The values of vectors are not looked at: they may be NaN or infinite.
 */
export type StoredIndex<P, L = Int32Array> = StoredIdMap<P, L> | InnerIndex<P, L>;

/** What can be inside an IndexIDMap. */
export type InnerIndex<P, L = Int32Array> =
  | StoredIvfFlat<P, L>
  | StoredScalarQuantizer<P>
  | StoredQuantizer<P, L>;

/** What can be the quantizer of an IVF index. */
export type StoredQuantizer<P, L = Int32Array> = StoredFlat<P> | StoredHnswFlat<P, L>;

/** A payload to write, in one piece or in several: views of any type, whose bytes follow each other. */
export type Chunks = ArrayBufferView | Iterable<ArrayBufferView>;

interface StoredVectors {
  /** Dimensions, 1 to 65,536. */
  readonly d: number;
  readonly metric: Metric;
  readonly ntotal: number;
}

export interface StoredFlat<P> extends StoredVectors {
  readonly type: "flat";
  /** Float32: [ntotal x d]. */
  readonly vectors: P;
}

export interface StoredIvfFlat<P, L = Int32Array> extends StoredVectors {
  readonly type: "ivfFlat";
  readonly isTrained: boolean;
  /** 1 to 2^24. A trained index has a centroid for each of them in `quantizer`. */
  readonly nlist: number;
  /** At least 1; FAISS allows it to exceed `nlist`. */
  readonly nprobe: number;
  /** Its metric may be another one than the index's. */
  readonly quantizer: StoredQuantizer<P, L>;
  /** The lists that are not empty, by ascending number; their sizes sum to `ntotal`. */
  readonly lists: readonly StoredList<P>[];
}

export interface StoredList<P> {
  /** Which list: 0 to nlist - 1. */
  readonly list: number;
  /** Integers of 0 to 2^53 - 1, one a vector; FAISS allows one to be there twice. */
  readonly ids: Float64Array;
  /** Float32: [ids x d]. */
  readonly vectors: P;
}

export interface StoredHnswFlat<P, L = Int32Array> extends StoredVectors {
  readonly type: "hnswFlat";
  /** Links of a vector on each level above the lowest, which has twice as many; at least 1. */
  readonly M: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  /** A vector on the highest level; -1 in an empty index. */
  readonly entryPoint: number;
  /** The highest level, from 0; -1 in an empty index. */
  readonly maxLevel: number;
  /** How likely a new vector has each level as its highest: FAISS needs them to add to the index. */
  readonly levelProbabilities: Float64Array;
  /** On how many levels each vector is, 1 to `levelProbabilities.length`: [ntotal]. */
  readonly levels: Int32Array;
  /**
   * Int32 ordinals of vectors, -1 for none; a search stops at the first -1 of a level. Vector after vector: 2 M links of
   * level 0, then M of each further level that the vector is on: (levels + 1) * M in all.
   */
  readonly neighbors: L;
  /** Same d, metric and ntotal. */
  readonly storage: StoredFlat<P>;
}

/** FAISS's QT_8bit: component j of a vector is `vmin[j] + vdiff[j] * (code + 0.5) / 255`. */
export interface StoredScalarQuantizer<P> extends StoredVectors {
  readonly type: "scalarQuantizer";
  readonly isTrained: boolean;
  /** How the range was learnt: FAISS's RangeStat (0 minmax, 1 meanstd, 2 quantiles, 3 optim) and its parameter. */
  readonly rangeStat: number;
  readonly rangeStatArg: number;
  /** Lowest value of each dimension, finite: [d], or empty when not trained. */
  readonly vmin: Float32Array;
  /** Highest less lowest value, as `vmin`. */
  readonly vdiff: Float32Array;
  /** Uint8: [ntotal x d]. */
  readonly codes: P;
}

export interface StoredIdMap<P, L = Int32Array> extends StoredVectors {
  readonly type: "idMap";
  /** 2 where FAISS keeps the way back from ids as well (IndexIDMap2); the file is the same otherwise. */
  readonly version: 1 | 2;
  readonly inner: InnerIndex<P, L>;
  /** Of the inner index's vectors, in order: integers of 0 to 2^53 - 1; FAISS allows one to be there twice. */
  readonly ids: Float64Array;
}
