import { Arena } from "../../kernels/arena.js";
import type { Matrix } from "../../shared/matrix.js";

/** Vectors in WebAssembly memory, of which some are still in play: squared distances of one to all of these. */
export class ActiveRows {
  readonly #arena = new Arena();
  readonly #size: number;
  readonly #floats: number;
  readonly #table: number;
  readonly #distances: number;
  /** Rows in play, the first `count` of them; their order changes when one leaves. */
  readonly active: Uint32Array;
  count: number;

  /** @throws NighError `ERR_OUT_OF_MEMORY` for more than 4 GiB. */
  constructor(points: Matrix) {
    const [rows, d] = points.shape;
    this.#size = Math.ceil(d / 4) * 4;
    this.#arena.reserve(4 * rows * (this.#size + 2) + 256);
    this.#floats = this.#arena.alloc(4 * rows * this.#size);
    this.#table = this.#arena.alloc(4 * rows);
    this.#distances = this.#arena.alloc(4 * rows);
    const { f32, u32 } = this.#arena;
    if (this.#size > d) f32.fill(0, this.#floats / 4, this.#floats / 4 + rows * this.#size);
    for (let row = 0; row < rows; row++) {
      f32.set(points.row(row), this.#addressOf(row) / 4);
      u32[this.#table / 4 + row] = this.#addressOf(row);
    }
    this.active = Uint32Array.from({ length: rows }, (_, row) => row);
    this.count = rows;
  }

  /** A view of a row's numbers, padded with zeros. */
  row(row: number): Float32Array {
    const at = this.#addressOf(row) / 4;
    return this.#arena.f32.subarray(at, at + this.#size);
  }

  /** Squared Euclidean distances of `row` to `active`, in that order; a view that the next call overwrites. */
  distancesFrom(row: number): Float32Array {
    const { f32, kernels } = this.#arena;
    const distances = f32.subarray(this.#distances / 4, this.#distances / 4 + this.count);
    distances.fill(Infinity);
    kernels.lowerDistances(
      this.#size,
      this.#table,
      this.count,
      this.#addressOf(row),
      this.#distances,
    );
    return distances;
  }

  /** Takes the row at a place of `active` out of play; the last one takes its place. */
  removeAt(place: number): void {
    const { u32 } = this.#arena;
    this.count -= 1;
    this.active[place] = this.active[this.count] as number;
    u32[this.#table / 4 + place] = u32[this.#table / 4 + this.count] as number;
  }

  #addressOf(row: number): number {
    return this.#floats + 4 * row * this.#size;
  }
}
