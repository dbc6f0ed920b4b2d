import { Matrix } from "../shared/matrix.js";
import { Arena } from "./arena.js";

/** Inner products in WebAssembly, summed in float32. */
export class InnerProducts {
  readonly #arena = new Arena();

  /** Of each row of `a` with each row of `b`: [rows of a x rows of b]. */
  of(a: Matrix, b: Matrix): Matrix {
    const size = Math.ceil(a.shape[1] / 4) * 4;
    const columns = Math.ceil(b.shape[0] / 4) * 4;
    const left = this.#put(a, a.shape[0], size);
    const right = this.#put(b, columns, size);
    const bytes = 4 * a.shape[0] * columns;
    const out = this.#arena.alloc(bytes);
    this.#arena.kernels.dotsOfAll(left, a.shape[0], right, columns, size, out);
    const result = Matrix.zeros(a.shape[0], b.shape[0]);
    for (let i = 0; i < a.shape[0]; i++) {
      const start = out / 4 + i * columns;
      result.row(i).set(this.#arena.f32.subarray(start, start + b.shape[0]));
    }
    this.#arena.free(left, 4 * a.shape[0] * size);
    this.#arena.free(right, 4 * columns * size);
    this.#arena.free(out, bytes);
    return result;
  }

  #put(matrix: Matrix, rows: number, size: number): number {
    const address = this.#arena.alloc(4 * rows * size);
    const { f32 } = this.#arena;
    f32.fill(0, address / 4, address / 4 + rows * size);
    for (let i = 0; i < matrix.shape[0]; i++) f32.set(matrix.row(i), address / 4 + i * size);
    return address;
  }
}
