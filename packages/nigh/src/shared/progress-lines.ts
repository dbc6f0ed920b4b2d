import { formatBytes } from "./format-bytes.js";
import type { Progress } from "./progress.js";

/** What a bar shows of any progress. */
export type Counted = Pick<Progress, "done" | "total" | "perSecond" | "etaSeconds">;

export type Unit = "items" | "bytes";

/** Where progress is shown. */
export interface ProgressDisplay {
  show(progress: Counted): void;
  stop(): void;
}

/** Seconds between two lines where there is no terminal to redraw. */
const LINE_SECONDS = 5;

/** A line now and then. Work that ends within a second shows nothing. */
export class ProgressLines implements ProgressDisplay {
  readonly #label: string;
  readonly #unit: Unit;
  readonly #print: (line: string) => void;
  #last = performance.now() - (LINE_SECONDS - 1) * 1000;
  #shown = false;
  #latest: Counted | undefined;

  constructor(label: string, unit: Unit, print: (line: string) => void) {
    this.#label = label;
    this.#unit = unit;
    this.#print = print;
  }

  show(progress: Counted): void {
    this.#latest = progress;
    if (performance.now() - this.#last < LINE_SECONDS * 1000) return;
    this.#last = performance.now();
    this.#shown = true;
    this.#write(progress);
  }

  stop(): void {
    if (this.#shown && this.#latest) this.#write(this.#latest);
  }

  #write(progress: Counted): void {
    const { done, total, etaSeconds } = progress;
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    const count = formatCount(progress, this.#unit);
    const pace = formatPace(progress, this.#unit);
    this.#print(
      `${this.#label} ${percent}% | ${count} | ${pace}/s | ETA ${formatSeconds(etaSeconds)}`,
    );
  }
}

export function formatCount({ done, total }: Counted, unit: Unit): string {
  return unit === "bytes" ? `${formatBytes(done)}/${formatBytes(total)}` : `${done}/${total}`;
}

export function formatPace({ perSecond }: Counted, unit: Unit): string {
  return unit === "bytes" ? formatBytes(Math.round(perSecond)) : formatRate(perSecond);
}

/** e.g. "3.2", "640". */
export function formatRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

/** e.g. "42 s", "3 min 05 s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
