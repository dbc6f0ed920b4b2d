/** Where a long piece of work stands. */
export interface Progress {
  /** Items finished. */
  done: number;
  /** Items in all. */
  total: number;
  /** Items finished per second, since the start. */
  perSecond: number;
  /** Seconds until the end at the present rate; 0 when done. */
  etaSeconds: number;
  /** Texts so far that were cut at the model's maximum length. */
  truncated: number;
  /** Windows that texts were read in so far: as many as texts, or more where `longText` is "chunk". */
  windows: number;
}

export type OnProgress = (progress: Progress) => void;

/**
 * Turns counts into {@link Progress}. `work` may measure something finer than items (tokens, say):
 * the time left is then estimated from it, since items differ in size.
 */
export class ProgressMeter {
  readonly #total: number;
  readonly #start = performance.now();
  #done = 0;
  #truncated = 0;
  #workDone = 0;
  #windows = 0;

  constructor(total: number) {
    this.#total = total;
  }

  add(items: number, truncated = 0, work = items, windows = items): void {
    this.#done += items;
    this.#truncated += truncated;
    this.#workDone += work;
    this.#windows += windows;
  }

  /** @param workTotal an estimate of all work, in the unit of `add`; defaults to the items. */
  read(workTotal = this.#total): Progress {
    const seconds = Math.max((performance.now() - this.#start) / 1000, 1e-6);
    const workLeft = Math.max(workTotal - this.#workDone, 0);
    const finished = this.#done >= this.#total;
    return {
      done: this.#done,
      total: this.#total,
      perSecond: this.#done / seconds,
      etaSeconds: finished || this.#workDone === 0 ? 0 : (workLeft * seconds) / this.#workDone,
      truncated: this.#truncated,
      windows: this.#windows,
    };
  }
}
