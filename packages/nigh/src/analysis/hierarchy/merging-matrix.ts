import { dot, euclidean } from "../../kernels/plain.js";
import { NighError } from "../../shared/errors.js";
import { formatBytes } from "../../shared/format-bytes.js";
import type { Matrix } from "../../shared/matrix.js";
import type { Pace } from "../paced-work.js";

/** Bytes of distances at most: 23,170 vectors. */
const MOST_BYTES = 2 ** 30;

/**
 * Linkages that need the distance of every pair, 4 bytes each: complete (the farthest pair) and average (the mean of all pairs), by the
 * recurrences of Lance and Williams 1967.
 */
export class MergingMatrix {
  readonly #rows: number;
  readonly #linkage: "complete" | "average";
  readonly #sizes: Float64Array;
  readonly #distances: Float32Array;
  /** Clusters that are left, ascending. */
  #left: number[];

  /** @throws NighError `ERR_OUT_OF_MEMORY` for more pairs than 1 GiB holds. */
  constructor(where: string, rows: number, linkage: "complete" | "average") {
    const bytes = 2 * rows * (rows - 1);
    if (bytes > MOST_BYTES) {
      throw new NighError(
        "ERR_OUT_OF_MEMORY",
        `${where}: ${linkage} linkage keeps the distance of every pair, and those of ${rows} vectors take ${formatBytes(bytes)}: at most ${formatBytes(MOST_BYTES)}, 23,170 vectors, can be. Use linkage "ward", or "average" with metric "cosine", which need no such matrix.`,
      );
    }
    this.#rows = rows;
    this.#linkage = linkage;
    this.#sizes = new Float64Array(rows).fill(1);
    this.#distances = new Float32Array((rows * (rows - 1)) / 2);
    this.#left = Array.from({ length: rows }, (_, row) => row);
  }

  /** Computes all distances, counting one row after the other. @param cosine of points of length 1. */
  async measure(points: Matrix, cosine: boolean, pace: Pace): Promise<void> {
    for (let i = 0; i < this.#rows; i++) {
      const row = points.row(i);
      for (let j = i + 1; j < this.#rows; j++) {
        const other = points.row(j);
        this.#distances[this.#at(i, j)] = cosine ? 1 - dot(row, other) : euclidean(row, other);
      }
      if (pace.isDue) await pace.done(0);
    }
  }

  /**
   * The cluster nearest to `cluster`, and its distance: of equal ones `preferred`, then the one with the lowest number.
   *
   * @param preferred -1 for none.
   */
  nearest(cluster: number, preferred: number): { other: number; distance: number } {
    let other = preferred;
    let distance =
      preferred < 0 ? Infinity : (this.#distances[this.#at(cluster, preferred)] as number);
    for (const candidate of this.#left) {
      if (candidate === cluster) continue;
      const own = this.#distances[this.#at(cluster, candidate)] as number;
      if (own >= distance) continue;
      distance = own;
      other = candidate;
    }
    return { other, distance };
  }

  /** Merges `from` into `into`, whose number the new cluster has. */
  merge(from: number, into: number): void {
    const [sizeA, sizeB] = [this.#sizes[from] as number, this.#sizes[into] as number];
    this.#left = this.#left.filter((cluster) => cluster !== from);
    for (const other of this.#left) {
      if (other === into) continue;
      const at = this.#at(into, other);
      const a = this.#distances[this.#at(from, other)] as number;
      const b = this.#distances[at] as number;
      this.#distances[at] =
        this.#linkage === "complete" ? Math.max(a, b) : (sizeA * a + sizeB * b) / (sizeA + sizeB);
    }
    this.#sizes[into] = sizeA + sizeB;
  }

  #at(a: number, b: number): number {
    const [i, j] = a < b ? [a, b] : [b, a];
    return i * this.#rows - (i * (i + 1)) / 2 + j - i - 1;
  }
}
