import { describe } from "../shared/describe.js";
import { NighError } from "../shared/errors.js";
import { checkInteger } from "../shared/options.js";

export interface Scored {
  /** Place in the list of scores. */
  index: number;
  score: number;
}

/**
 * The `k` highest scores, highest first, ties by the lower index; all of them when there are fewer. NaN is
 * never among them.
 *
 * @throws NighError `ERR_INVALID_ARGUMENT` when `k` is no integer of at least 1.
 */
export function topK(scores: Float32Array | readonly number[], k: number): Scored[] {
  if (!(scores instanceof Float32Array) && !Array.isArray(scores)) {
    throw new NighError(
      "ERR_INVALID_ARGUMENT",
      `topK: the scores must be a Float32Array or number[], found ${describe(scores)}.`,
    );
  }
  checkInteger("topK", "k", k, 1);
  const best = new BestScores(Math.min(k, scores.length));
  for (let index = 0; index < scores.length; index++) best.offer(index, scores[index] as number);
  return best.sorted();
}

/** The highest of scores that come one after the other, with indexes that grow: ties go to the lower one. */
export class BestScores {
  readonly #size: number;
  /** With the worst of the best at its root: most scores are refused by one comparison. */
  readonly #heap: Scored[] = [];

  /** @param size how many are kept. */
  constructor(size: number) {
    this.#size = size;
  }

  /** NaN is never kept. */
  offer(index: number, score: number): void {
    const heap = this.#heap;
    if (heap.length < this.#size) {
      if (Number.isNaN(score)) return;
      heap.push({ index, score });
      siftUp(heap);
    } else if (heap.length > 0 && score > (heap[0] as Scored).score) {
      heap[0] = { index, score };
      siftDown(heap);
    }
  }

  /** Best first. */
  sorted(): Scored[] {
    return this.#heap.toSorted((a, b) => (isWorse(a, b) ? 1 : -1));
  }
}

function isWorse(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.index > b.index);
}

function siftUp(heap: Scored[]): void {
  let child = heap.length - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isWorse(heap[child] as Scored, heap[parent] as Scored)) return;
    swap(heap, child, parent);
    child = parent;
  }
}

function siftDown(heap: Scored[]): void {
  let parent = 0;
  for (;;) {
    let worst = parent;
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      if (child < heap.length && isWorse(heap[child] as Scored, heap[worst] as Scored))
        worst = child;
    }
    if (worst === parent) return;
    swap(heap, parent, worst);
    parent = worst;
  }
}

function swap(heap: Scored[], i: number, j: number): void {
  const held = heap[i] as Scored;
  heap[i] = heap[j] as Scored;
  heap[j] = held;
}
