import { Arena } from "../../kernels/arena.js";
import { dot } from "../../kernels/plain.js";
import type { Matrix } from "../../shared/matrix.js";

/** Clusters whose nearest ones are looked for at once. */
export const AT_ONCE = 32;
/** Means that they are compared with at once, a multiple of 4: both then stay in the cache. */
const BLOCK = 64;

/**
 * The means of clusters that are being merged, for linkages that these and the sizes tell, so that no matrix of distances is needed: Ward's
 * (Ward 1963; the increase of the sum of squares, as the square root that scikit-learn gives), and the average of cosine
 * distances, since the mean of inner products is the inner product of means. A cluster is known by the number of one of its vectors.
 */
export class ClusterMeans {
  readonly #arena = new Arena();
  readonly #isWard: boolean;
  readonly #size: number;
  readonly #means: number;
  readonly #asked: number;
  readonly #dots: number;
  readonly #sizes: Float64Array;
  readonly #squares: Float64Array;
  /** Means lie behind each other: whose, and where. */
  readonly #clusterAt: Uint32Array;
  readonly #placeOf: Uint32Array;
  /** Clusters that are left. */
  count: number;
  /** Of each cluster the nearest other one, as it was last looked for. */
  readonly nearest: Uint32Array;

  /** @param points for cosines of length 1. @throws NighError `ERR_OUT_OF_MEMORY` for more than 4 GiB. */
  constructor(points: Matrix, linkage: "ward" | "average cosine") {
    const [rows, d] = points.shape;
    this.#isWard = linkage === "ward";
    this.#size = Math.ceil(d / 4) * 4;
    const bytes = 4 * (rows + BLOCK) * this.#size;
    this.#arena.reserve(bytes + 4 * AT_ONCE * (this.#size + BLOCK) + 256);
    this.#means = this.#arena.alloc(bytes);
    this.#asked = this.#arena.alloc(4 * AT_ONCE * this.#size);
    this.#dots = this.#arena.alloc(4 * AT_ONCE * BLOCK);
    this.#arena.f32.fill(0, this.#means / 4, (this.#means + bytes) / 4);
    for (let row = 0; row < rows; row++) this.#arena.f32.set(points.row(row), this.#at(row));
    this.#sizes = new Float64Array(rows).fill(1);
    this.#clusterAt = Uint32Array.from({ length: rows }, (_, row) => row);
    this.#placeOf = this.#clusterAt.slice();
    this.#squares = Float64Array.from({ length: rows }, (_, row) => squareOf(this.#mean(row)));
    this.nearest = new Uint32Array(rows);
    this.count = rows;
  }

  /** Clusters that are left, in no order. */
  clusters(): Uint32Array {
    return this.#clusterAt.subarray(0, this.count);
  }

  /** Finds what is nearest to each of some clusters, at most `AT_ONCE`; of equal distances that of the pair with the lower numbers. */
  findNearest(some: ArrayLike<number>): void {
    const { f32, kernels } = this.#arena;
    const best = new Float64Array(some.length).fill(Infinity);
    for (let q = 0; q < some.length; q++) {
      f32.set(this.#mean(some[q] as number), this.#asked / 4 + q * this.#size);
    }
    for (let from = 0; from < this.count; from += BLOCK) {
      const block = this.#means + 4 * from * this.#size;
      kernels.dotsOfAll(this.#asked, some.length, block, BLOCK, this.#size, this.#dots);
      const to = Math.min(from + BLOCK, this.count);
      for (let q = 0; q < some.length; q++) {
        const cluster = some[q] as number;
        const dots = this.#dots / 4 + q * BLOCK - from;
        for (let place = from; place < to; place++) {
          const other = this.#clusterAt[place] as number;
          if (other === cluster) continue;
          const key = this.#key(cluster, other, f32[dots + place] as number);
          const least = best[q] as number;
          if (key > least) continue;
          if (key === least && !isLower(cluster, other, this.nearest[cluster] as number)) continue;
          best[q] = key;
          this.nearest[cluster] = other;
        }
      }
    }
  }

  /** Of two clusters, in float64. */
  distance(a: number, b: number): number {
    const [left, right] = [this.#mean(a), this.#mean(b)];
    if (!this.#isWard) return Math.max(0, 1 - dot(left, right));
    let square = 0;
    for (let i = 0; i < left.length; i++) {
      square += ((left[i] as number) - (right[i] as number)) ** 2;
    }
    return Math.sqrt(square * this.#weight(a, b));
  }

  /** Merges `from` into `into`, whose number the new cluster has. */
  merge(from: number, into: number): void {
    const [a, b] = [this.#mean(from), this.#mean(into)];
    const [sizeA, sizeB] = [this.#sizes[from] as number, this.#sizes[into] as number];
    for (let i = 0; i < b.length; i++) {
      b[i] = (sizeA * (a[i] as number) + sizeB * (b[i] as number)) / (sizeA + sizeB);
    }
    this.#sizes[into] = sizeA + sizeB;
    this.#squares[into] = squareOf(b);
    this.count -= 1;
    const place = this.#placeOf[from] as number;
    const last = this.#clusterAt[this.count] as number;
    a.set(this.#mean(last));
    this.#clusterAt[place] = last;
    this.#placeOf[last] = place;
  }

  /** What is compared; the same bits from either side. */
  #key(a: number, b: number, product: number): number {
    if (!this.#isWard) return -product;
    const squares = (this.#squares[a] as number) + (this.#squares[b] as number);
    return Math.max(0, squares - 2 * product) * this.#weight(a, b);
  }

  #weight(a: number, b: number): number {
    const [sizeA, sizeB] = [this.#sizes[a] as number, this.#sizes[b] as number];
    return (2 * (sizeA * sizeB)) / (sizeA + sizeB);
  }

  #mean(cluster: number): Float32Array {
    const at = this.#at(this.#placeOf[cluster] as number);
    return this.#arena.f32.subarray(at, at + this.#size);
  }

  #at(place: number): number {
    return this.#means / 4 + place * this.#size;
  }
}

/** Whether the pair of `a` and `b` comes before that of `a` and `c`. */
function isLower(a: number, b: number, c: number): boolean {
  const [low, lowC] = [Math.min(a, b), Math.min(a, c)];
  return low < lowC || (low === lowC && Math.max(a, b) < Math.max(a, c));
}

function squareOf(vector: Float32Array): number {
  return dot(vector, vector);
}
