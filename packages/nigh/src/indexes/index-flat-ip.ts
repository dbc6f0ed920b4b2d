import { dot } from "../kernels/plain.js";
import { topK } from "../kernels/top-k.js";
import { NighError } from "../shared/errors.js";
import { Matrix, type MatrixLike } from "../shared/matrix.js";
import { checkInteger } from "../shared/options.js";

/** Flat, as FAISS: `k` entries a query, best first; where there are fewer, label -1 and distance -Infinity. */
export interface SearchResult {
  readonly distances: Float32Array;
  readonly labels: Int32Array;
}

/**
 * Exact search by inner product: every vector is compared. Labels are places in the order of adding; ties
 * go to the lower one. On vectors of length 1 the inner product is the cosine.
 */
export class IndexFlatIP {
  /** Dimensions of the vectors. */
  readonly d: number;
  #data = new Float32Array(0);
  #count = 0;

  constructor(d: number) {
    this.d = checkInteger("IndexFlatIP", "d", d, 1);
  }

  get ntotal(): number {
    return this.#count;
  }

  /** @throws NighError `ERR_DIMENSION` when the vectors have other dimensions; nothing is added then. */
  add(vectors: MatrixLike): void {
    const matrix = this.#check("add", vectors);
    const used = this.#count * this.d;
    if (used + matrix.data.length > this.#data.length) {
      // Doubling keeps the copies that growing costs below the size of what is added.
      const grown = new Float32Array(Math.max(used + matrix.data.length, 2 * this.#data.length));
      grown.set(this.#data.subarray(0, used));
      this.#data = grown;
    }
    this.#data.set(matrix.data, used);
    this.#count += matrix.shape[0];
  }

  /** The `k` vectors of highest inner product for each query. */
  search(queries: MatrixLike, k: number): SearchResult {
    const matrix = this.#check("search", queries);
    checkInteger("IndexFlatIP.search", "k", k, 1);
    const distances = new Float32Array(matrix.shape[0] * k).fill(Number.NEGATIVE_INFINITY);
    const labels = new Int32Array(matrix.shape[0] * k).fill(-1);
    const scores = new Float32Array(this.#count);
    for (let q = 0; q < matrix.shape[0]; q++) {
      const query = matrix.row(q);
      for (let i = 0; i < this.#count; i++) scores[i] = dot(query, this.#row(i));
      for (const [place, { index, score }] of topK(scores, k).entries()) {
        distances[q * k + place] = score;
        labels[q * k + place] = index;
      }
    }
    return { distances, labels };
  }

  #row(i: number): Float32Array {
    return this.#data.subarray(i * this.d, (i + 1) * this.d);
  }

  #check(method: string, vectors: MatrixLike): Matrix {
    const matrix = Matrix.from(vectors);
    if (matrix.shape[0] > 0 && matrix.shape[1] !== this.d) {
      throw new NighError(
        "ERR_DIMENSION",
        `IndexFlatIP.${method}: the vectors have ${matrix.shape[1]} dimensions, the index has ${this.d}.`,
      );
    }
    return matrix;
  }
}
