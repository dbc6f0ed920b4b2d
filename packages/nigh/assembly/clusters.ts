/** What k-means keeps of its centroids and of the rows' assignment to them. */
import { aligned, Layout } from "./blocks";
import { encodeQuery, Facts, quantize } from "./codes";

/** Arrays over centroids have `padded` entries. */
@unmanaged
export class Clusters {
  /** Centroids, and that padded to a multiple of 4. */
  k: u32;
  padded: u32;
  /** Centroids, float32, padded as rows are; the host writes them. */
  floats: usize;
  /** Their codes: as rows have them, or with relaxed SIMD as queries have them. */
  codes: usize;
  /** {@link Terms} of each. */
  terms: usize;
  /** The row at hand as a query; not used with relaxed SIMD. */
  query: usize;
  /** How far each has moved since the last step, float32, rounded up; the host writes them. */
  moves: usize;
  /** Room: the centroids that a row is compared with, u32, for 4 more than there are, and lower bounds of their squared distances, float32. */
  chosen: usize;
  lows: usize;
  room: usize;
  /** Sums of each centroid's rows, float64, padded as rows are, and how many rows there are, u32. */
  sums: usize;
  counts: usize;
  /** Of each row: its centroid, u32, and the squared distance to it, float32. */
  labels: usize;
  distances: usize;
  /** Lower bounds of distances, float32 [rows x padded]; 0 when there is no room for them. */
  bounds: usize;
  /** The highest of the centroids' lengths. */
  longest: f32;
}

/** What an estimate of a squared distance needs of a centroid. */
@unmanaged
export class Terms {
  /** 2 * numbers per code. */
  factor: f32;
  /** Squared length. */
  square: f32;
  /** 2 * length. */
  norm: f32;
  /** 2 * length of what the codes leave out, and of what float32 can be off. */
  rest: f32;
}

/** Bytes of {@link Clusters} and of all but the bounds. */
export function clusterBytes(layout: Layout, k: u32, rows: u32): f64 {
  const padded = <f64>((k + 3) & ~3);
  const ofCentroid = 12 * layout.size + layout.full.size + offsetof<Terms>() + 16;
  return padded * <f64>ofCentroid + 8 * <f64>rows + <f64>(3 * layout.full.size + offsetof<Clusters>() + 1024);
}

/** @param bounds address of 4 * rows * (k padded to a multiple of 4) bytes, or 0. */
export function layOutClusters(layout: Layout, clusters: Clusters, k: u32, rows: u32, bounds: usize): void {
  const padded = (k + 3) & ~3;
  const numbers = aligned((<usize>padded) << 2);
  clusters.k = k;
  clusters.padded = padded;
  clusters.floats = changetype<usize>(clusters) + aligned(offsetof<Clusters>());
  clusters.codes = clusters.floats + aligned((<usize>padded * layout.size) << 2);
  clusters.terms = clusters.codes + aligned(<usize>padded * layout.full.size);
  clusters.query = clusters.terms + aligned(<usize>padded * offsetof<Terms>());
  clusters.moves = clusters.query + 2 * layout.full.size;
  clusters.chosen = clusters.moves + numbers;
  clusters.lows = clusters.chosen + numbers + 64;
  clusters.room = clusters.lows + numbers;
  clusters.sums = clusters.room + aligned(layout.full.size + offsetof<Facts>());
  clusters.counts = clusters.sums + aligned((<usize>padded * layout.size) << 3);
  clusters.labels = clusters.counts + numbers;
  clusters.distances = clusters.labels + aligned((<usize>rows) << 2);
  clusters.bounds = bounds;
}

export function centroidsOf(clusters: Clusters): usize {
  return clusters.floats;
}

export function movesOf(clusters: Clusters): usize {
  return clusters.moves;
}

export function sumsOf(clusters: Clusters): usize {
  return clusters.sums;
}

export function countsOf(clusters: Clusters): usize {
  return clusters.counts;
}

export function labelsOf(clusters: Clusters): usize {
  return clusters.labels;
}

export function distancesOf(clusters: Clusters): usize {
  return clusters.distances;
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function centroidAt(layout: Layout, clusters: Clusters, j: u32): usize {
  return clusters.floats + ((<usize>j * layout.size) << 2);
}

// @ts-ignore: decorators are AssemblyScript's
@inline export function centroidCodes(layout: Layout, clusters: Clusters, j: u32): usize {
  return clusters.codes + <usize>j * layout.full.size;
}

export function encodeCentroids(layout: Layout, clusters: Clusters): void {
  const size = layout.full.size;
  const facts = changetype<Facts>(clusters.room + size);
  clusters.longest = 0;
  for (let j: u32 = 0; j < clusters.k; j++) {
    const codes = centroidCodes(layout, clusters, j);
    const floats = centroidAt(layout, clusters, j);
    if (ASC_FEATURE_RELAXED_SIMD) {
      encodeQuery(floats, layout.size, size, codes, clusters.room, facts);
    } else {
      quantize(floats, layout.size, codes, size, 127, facts);
      for (let i: u32 = 0; i < size; i += 16) {
        v128.store(codes + i, v128.xor(v128.load(codes + i), i16x8.splat(0x80)));
      }
    }
    const terms = changetype<Terms>(clusters.terms + ((<usize>j) << 4));
    terms.factor = 2 * facts.scale;
    terms.square = facts.norm * facts.norm;
    terms.norm = 2 * facts.norm;
    terms.rest = 2 * (facts.rest + layout.epsilon * facts.norm);
    clusters.longest = max(clusters.longest, facts.norm);
  }
}
