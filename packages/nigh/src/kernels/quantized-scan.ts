import type { Matrix } from "../shared/matrix.js";
import { isSigned, type QuantizedBytes, type QuantizedMatrix } from "../shared/quantized-matrix.js";
import { Arena } from "./arena.js";
import { stepsOf } from "./quantize-embeddings.js";
import { BestScores, type Scored } from "./top-k.js";

/** Bytes of the rows that are copied and compared together: they stay in the core's cache for all queries. */
const BLOCK_BYTES = 2 ** 17;

/** Compares all rows of quantized vectors in WebAssembly, in memory for one block of them. */
export class QuantizedScan {
  readonly #arena = new Arena();

  /**
   * For each query the `count` rows with the fewest differing bits, scored by minus these bits.
   *
   * @param queries as many bytes each as the rows.
   */
  bits(queries: readonly QuantizedBytes[], corpus: QuantizedMatrix, count: number): Scored[][] {
    const arena = this.#arena;
    const size = paddedSize(corpus);
    const blockRows = blockRowsOf(size);
    const asked = this.#hold(queries.length * size);
    for (const [q, query] of queries.entries()) {
      arena.u8.set(unsigned(query), asked.address + q * size);
    }
    const found = this.#scan(
      corpus,
      { blockRows, size, queries: queries.length, count },
      (scan) => {
        const { block, rows, query, keys } = scan;
        arena.kernels.hammingKeys(block, rows, size, asked.address + query * size, keys);
      },
    );
    asked.free();
    return found;
  }

  /**
   * For each query the `count` rows whose numbers have the highest cosines with it, scored by these.
   *
   * @param queries of length 1, or 0. @param corpus with ranges.
   */
  steps(queries: Matrix, corpus: QuantizedMatrix, count: number): Scored[][] {
    const arena = this.#arena;
    const size = paddedSize(corpus);
    const blockRows = blockRowsOf(4 * size);
    const asked = this.#hold(4 * queries.shape[0] * size);
    const scale = this.#hold(8 * size);
    const floats = this.#hold(4 * blockRows * size);
    for (const [q, query] of [...queries].entries()) {
      arena.f32.set(query, asked.address / 4 + q * size);
    }
    const { first, step } = unitSteps(corpus);
    arena.f32.set(first, scale.address / 4);
    arena.f32.set(step, scale.address / 4 + size);
    const [from, by] = [scale.address, scale.address + 4 * size];
    const turned = isSigned(corpus.precision) ? 0x80 : 0;
    const plan = { blockRows, size, queries: queries.shape[0], count };
    const found = this.#scan(corpus, plan, ({ block, rows, query, keys }) => {
      const { kernels } = arena;
      if (query === 0) kernels.decodeUnitRows(block, rows, size, turned, from, by, floats.address);
      kernels.dotsOfAll(asked.address + 4 * query * size, 1, floats.address, rows, size, keys);
    });
    for (const held of [asked, scale, floats]) held.free();
    return found;
  }

  /** @param score writes the keys of a block's rows (as many as are filled up to a multiple of 4) for a query; queries come in order. */
  #scan(
    corpus: QuantizedMatrix,
    plan: { blockRows: number; size: number; queries: number; count: number },
    score: (scan: { block: number; rows: number; query: number; keys: number }) => void,
  ): Scored[][] {
    const { blockRows, size, queries, count } = plan;
    const arena = this.#arena;
    const lists = Array.from({ length: queries }, () => new BestScores(count));
    const block = this.#hold(blockRows * size);
    const keys = this.#hold(4 * blockRows);
    const [total, bytes] = corpus.shape;
    const data = unsigned(corpus.data);
    for (let first = 0; first < total; first += blockRows) {
      const rows = Math.min(blockRows, total - first);
      // Row by row where there are zeros to keep behind each.
      const run = size === bytes ? rows : 1;
      for (let i = 0; i < rows; i += run) {
        const start = (first + i) * bytes;
        arena.u8.set(data.subarray(start, start + run * bytes), block.address + i * size);
      }
      const filled = Math.ceil(rows / 4) * 4;
      const found = arena.f32.subarray(keys.address / 4, keys.address / 4 + rows);
      for (const [query, list] of lists.entries()) {
        score({ block: block.address, rows: filled, query, keys: keys.address });
        for (let i = 0; i < rows; i++) list.offer(first + i, found[i] as number);
      }
    }
    block.free();
    keys.free();
    return lists.map((list) => list.sorted());
  }

  /** Zeros. Allocations of a scan all come before its views. */
  #hold(bytes: number): { readonly address: number; free(): void } {
    const address = this.#arena.alloc(bytes);
    this.#arena.u8.fill(0, address, address + bytes);
    return { address, free: () => this.#arena.free(address, bytes) };
  }
}

function paddedSize({ shape }: QuantizedMatrix): number {
  return Math.ceil(shape[1] / 16) * 16;
}

function blockRowsOf(size: number): number {
  return Math.max(4, Math.floor(BLOCK_BYTES / size / 4) * 4);
}

/** Steps in units of the largest number, so that no square is beyond float32; code c stands for `first + step * c`. */
function unitSteps(corpus: QuantizedMatrix): { first: Float32Array; step: Float32Array } {
  const { lowest, step } = stepsOf(corpus);
  const largest = corpus.ranges?.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  return {
    first: lowest.map((x, t) => (x + (step[t] as number) / 2) / largest),
    step: step.map((x) => x / largest),
  };
}

function unsigned(bytes: QuantizedBytes): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
