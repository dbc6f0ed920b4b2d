import { IndexFlatL2 } from "../../indexes/index-flat.js";
import type { Matrix } from "../../shared/matrix.js";
import type { Pace } from "../paced-work.js";
import { ActiveRows } from "./active-rows.js";

/** Edges of a minimum spanning tree, in the order in which they were found. */
export interface SpanningTree {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly distances: Float64Array;
}

const QUERIES = 256;

/**
 * Of each row the distance to its `k`-th nearest, itself counted, squared: how sparse its surroundings are.
 */
export async function coreDistances(points: Matrix, k: number, pace: Pace): Promise<Float32Array> {
  const [rows, d] = points.shape;
  const index = new IndexFlatL2(d);
  index.add(points);
  const cores = new Float32Array(rows);
  for (let from = 0; from < rows; from += QUERIES) {
    const to = Math.min(from + QUERIES, rows);
    const { distances } = index.search(points.rows(from, to), k);
    for (let row = from; row < to; row++) {
      cores[row] = distances[(row - from + 1) * k - 1] as number;
    }
    await pace.done(to - from);
  }
  return cores;
}

/**
 * A minimum spanning tree of all rows by mutual reachability, the greatest of two rows' distance and their core distances (Campello et al.
 * 2013), by Prim's algorithm: no list of edges, time n² d. A row whose best edge is its core distance cannot get a better one, so
 * it is compared with no further rows.
 *
 * @param cores squared, see {@link coreDistances}.
 */
export async function mutualReachabilityTree(
  points: Matrix,
  cores: Float32Array,
  pace: Pace,
): Promise<SpanningTree> {
  const rows = points.shape[0];
  const edges = Math.max(0, rows - 1);
  const tree = {
    from: new Uint32Array(edges),
    to: new Uint32Array(edges),
    distances: new Float64Array(edges),
  };
  const open = new ActiveRows(points);
  const settled = new SettledRows();
  const best = new Float32Array(rows).fill(Infinity);
  const via = new Uint32Array(rows);
  // As scikit-learn begins.
  let current = 0;
  open.removeAt(0);
  for (let edge = 0; edge < edges; edge++) {
    const distances = open.distancesFrom(current);
    const core = cores[current] as number;
    let nearest = -1;
    let place = -1;
    for (let i = open.count - 1; i >= 0; i--) {
      const row = open.active[i] as number;
      const own = cores[row] as number;
      const reach = Math.max(distances[i] as number, core, own);
      if (reach < (best[row] as number)) {
        best[row] = reach;
        via[row] = current;
        if (reach === own) {
          // Going down, what takes this place has been looked at; its distance is not needed any more.
          open.removeAt(i);
          settled.push(reach, row);
          if (place === open.count) place = i;
          continue;
        }
      }
      if (nearest < 0 || isLess(best[row] as number, row, best[nearest] as number, nearest)) {
        nearest = row;
        place = i;
      }
    }
    const top = settled.peek();
    if (
      top !== undefined &&
      (nearest < 0 || isLess(top.key, top.row, best[nearest] as number, nearest))
    ) {
      nearest = settled.pop();
    } else {
      open.removeAt(place);
    }
    tree.from[edge] = via[nearest] as number;
    tree.to[edge] = nearest;
    tree.distances[edge] = Math.sqrt(best[nearest] as number);
    current = nearest;
    if (edge % 32 === 31 || pace.isDue) await pace.done(edge % 32 === 31 ? 32 : 0);
  }
  await pace.done(edges % 32);
  return tree;
}

function isLess(keyA: number, a: number, keyB: number, b: number): boolean {
  return keyA < keyB || (keyA === keyB && a < b);
}

/** A heap of rows whose edge to the tree is final, the shortest on top, ties by row. */
class SettledRows {
  readonly #heap: { key: number; row: number }[] = [];

  peek(): { readonly key: number; readonly row: number } | undefined {
    return this.#heap[0];
  }

  push(key: number, row: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push({ key, row });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLess(at, parent)) return;
      at = parent;
    }
  }

  /** Of a heap that is not empty. */
  pop(): number {
    const heap = this.#heap;
    const { row } = heap[0] as { row: number };
    const last = heap.pop() as { key: number; row: number };
    if (heap.length === 0) return row;
    heap[0] = last;
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      if (child >= heap.length) return row;
      if (child + 1 < heap.length && this.#isLess(child + 1, child)) child += 1;
      if (!this.#swapIfLess(child, at)) return row;
      at = child;
    }
  }

  #isLess(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a], this.#heap[b]] as { key: number; row: number }[];
    if (left === undefined || right === undefined) return false;
    return isLess(left.key, left.row, right.key, right.row);
  }

  #swapIfLess(lower: number, upper: number): boolean {
    if (!this.#isLess(lower, upper)) return false;
    const held = this.#heap[lower] as { key: number; row: number };
    this.#heap[lower] = this.#heap[upper] as { key: number; row: number };
    this.#heap[upper] = held;
    return true;
  }
}
