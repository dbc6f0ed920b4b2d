import { nextTurn } from "#shared/turns";
import { throwIfAborted } from "../shared/abort.js";
import { checkKeys, checkSignal, checkTypes } from "../shared/options.js";
import { type OnProgress, ProgressMeter } from "../shared/progress.js";
import { withProgressBar } from "../shared/progress-bar.js";

/** What every long analysis takes. */
export interface WorkOptions {
  /** Draw a progress bar on stderr. Default false. */
  readonly showProgressBar?: boolean | undefined;
  /** Told now and then how far the work is. */
  readonly onProgress?: OnProgress | undefined;
  /** Stops the work: the promise then rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

const WORK_KEYS = ["showProgressBar", "onProgress", "signal"] as const;

/** Milliseconds that a program waits for its turn at most, as far as the steps of the work are shorter. */
const TURN_MS = 50;

/** Refuses unknown keys, and checks those of {@link WorkOptions}. @param own the other keys that there are. */
export function checkWorkOptions(
  where: string,
  options: WorkOptions,
  own: readonly string[],
): void {
  checkKeys(where, options, [...own, ...WORK_KEYS]);
  checkTypes(where, options, { showProgressBar: "boolean", onProgress: "function" });
  checkSignal(where, options.signal);
}

/** Work on the thread of the program that lets others in: it is told of each step. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  readonly #report: OnProgress | undefined;
  readonly #meter: ProgressMeter;
  #turnEnds = performance.now() + TURN_MS;

  constructor(total: number, signal: AbortSignal | undefined, report: OnProgress | undefined) {
    this.#signal = signal;
    this.#report = report;
    this.#meter = new ProgressMeter(total);
  }

  /**
   * Counts items that are done. Every 50 ms it gives up the thread for a turn.
   *
   * @throws NighError `ERR_ABORTED` when the signal has fired.
   */
  async done(items: number): Promise<void> {
    this.#meter.add(items);
    this.#report?.(this.#meter.read());
    throwIfAborted(this.#signal);
    if (performance.now() < this.#turnEnds) return;
    await nextTurn();
    throwIfAborted(this.#signal);
    this.#turnEnds = performance.now() + TURN_MS;
  }

  /** Whether a turn is over, for steps too short to be told one by one. */
  get isDue(): boolean {
    return performance.now() >= this.#turnEnds;
  }
}

/** Runs work of `total` items with the progress bar, reports and signal of its options. */
export async function paced<T>(
  label: string,
  total: number,
  { showProgressBar = false, onProgress, signal }: WorkOptions,
  work: (pace: Pace) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  return withProgressBar({ show: showProgressBar, label, onProgress }, (report) =>
    work(new Pace(total, signal, report)),
  );
}
