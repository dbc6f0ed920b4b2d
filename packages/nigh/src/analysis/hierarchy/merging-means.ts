import type { Matrix } from "../../shared/matrix.js";
import { ActiveRows } from "../active-rows.js";
import type { Merging } from "./merging.js";

/**
 * Linkages that the means of clusters and their sizes tell, so that no matrix of distances is needed: Ward's (Ward 1963; the increase of
 * the sum of squares, as the square root that scikit-learn gives), and the average of cosine distances, since the mean of inner
 * products is the inner product of means.
 */
export class MergingMeans implements Merging {
  readonly #means: ActiveRows;
  readonly #sizes: Uint32Array;
  /** Of the means; for cosines. */
  readonly #squares: Float64Array | undefined;
  /** Place of each cluster in `active`. */
  readonly #places: Uint32Array;

  /** @param points for cosines of length 1. */
  constructor(points: Matrix, linkage: "ward" | "average cosine") {
    const rows = points.shape[0];
    this.#means = new ActiveRows(points);
    this.#sizes = new Uint32Array(rows).fill(1);
    this.#places = Uint32Array.from({ length: rows }, (_, row) => row);
    if (linkage === "ward") return;
    this.#squares = new Float64Array(rows);
    for (let row = 0; row < rows; row++) this.#squares[row] = squareOf(this.#means.row(row));
  }

  nearest(cluster: number, preferred: number): { other: number; distance: number } {
    const squared = this.#means.distancesFrom(cluster);
    const { active, count } = this.#means;
    const squares = this.#squares;
    const size = this.#sizes[cluster] as number;
    const own = squares?.[cluster] ?? 0;
    let other = -1;
    let least = Infinity;
    for (let i = 0; i < count; i++) {
      const candidate = active[i] as number;
      if (candidate === cluster) continue;
      const square = squared[i] as number;
      let key: number;
      if (squares === undefined) {
        const others = this.#sizes[candidate] as number;
        key = (square * 2 * size * others) / (size + others);
      } else {
        key = 1 - (own + (squares[candidate] as number) - square) / 2;
      }
      if (key > least || (key === least && !wins(candidate, other, preferred))) continue;
      least = key;
      other = candidate;
    }
    const distance = squares === undefined ? Math.sqrt(least) : Math.max(0, least);
    return { other, distance };
  }

  merge(from: number, into: number): void {
    const [a, b] = [this.#means.row(from), this.#means.row(into)];
    const [sizeA, sizeB] = [this.#sizes[from] as number, this.#sizes[into] as number];
    const size = sizeA + sizeB;
    for (let i = 0; i < b.length; i++) {
      b[i] = (sizeA * (a[i] as number) + sizeB * (b[i] as number)) / size;
    }
    this.#sizes[into] = size;
    if (this.#squares !== undefined) this.#squares[into] = squareOf(b);
    const place = this.#places[from] as number;
    this.#means.removeAt(place);
    this.#places[this.#means.active[place] as number] = place;
  }
}

/** Whether a cluster as near as `other` comes before it. */
function wins(candidate: number, other: number, preferred: number): boolean {
  return candidate === preferred || (other !== preferred && candidate < other);
}

function squareOf(vector: Float32Array): number {
  let square = 0;
  for (const x of vector) square += x * x;
  return square;
}
