import { normalizeL2 } from "../kernels/similarity.js";
import type { Matrix } from "../shared/matrix.js";
import type { TextWindows } from "./worker-messages.js";

/**
 * Puts the vectors of windows together: a text's vector is the mean of its windows', weighted by their tokens. They come in any order and
 * are added in that of the text, so that the sum does not depend on it.
 */
export class WindowMeans {
  readonly #vectors: Matrix;
  readonly #first: number;
  readonly #windows: TextWindows;
  readonly #normalizes: boolean;
  /** The text of each window. */
  readonly #texts: Int32Array;
  /** The first window of each text. */
  readonly #starts: Int32Array;
  readonly #waiting = new Map<number, (Float32Array | undefined)[]>();

  /**
   * @param vectors receives the row of text t at `first + t`.
   * @param normalizes whether vectors of several windows are scaled to length 1.
   */
  constructor(vectors: Matrix, first: number, windows: TextWindows, normalizes: boolean) {
    this.#vectors = vectors;
    this.#first = first;
    this.#windows = windows;
    this.#normalizes = normalizes;
    this.#texts = new Int32Array(windows.sizes.length);
    this.#starts = new Int32Array(windows.counts.length);
    let next = 0;
    for (const [text, count] of windows.counts.entries()) {
      this.#starts[text] = next;
      this.#texts.fill(text, next, next + count);
      next += count;
    }
  }

  /** @returns whether the window's text is complete. */
  add(window: number, row: Float32Array): boolean {
    const text = this.#texts[window] as number;
    const count = this.#windows.counts[text] as number;
    const target = this.#vectors.row(this.#first + text);
    if (count === 1) {
      target.set(row);
      return true;
    }
    const start = this.#starts[text] as number;
    const rows =
      this.#waiting.get(text) ?? new Array<Float32Array | undefined>(count).fill(undefined);
    rows[window - start] = row.slice();
    this.#waiting.set(text, rows);
    if (rows.includes(undefined)) return false;
    this.#waiting.delete(text);
    this.#write(rows as Float32Array[], this.#windows.sizes.subarray(start, start + count), target);
    return true;
  }

  #write(rows: readonly Float32Array[], sizes: Uint32Array, target: Float32Array): void {
    const total = sizes.reduce((a, b) => a + b, 0);
    for (let t = 0; t < target.length; t++) {
      let sum = 0;
      for (const [i, row] of rows.entries()) sum += (sizes[i] as number) * (row[t] as number);
      target[t] = sum / total;
    }
    if (this.#normalizes) normalizeL2(target);
  }
}
