import { type Options, Presets, SingleBar } from "cli-progress";
import { formatBytes } from "./format-bytes.js";
import type { Progress } from "./progress.js";

/** What a bar shows of any progress. */
export type Counted = Pick<Progress, "done" | "total" | "perSecond" | "etaSeconds">;

export interface ProgressBarOptions<P extends Counted = Progress> {
  show: boolean;
  /** What is counted, e.g. "Encoding". */
  label: string;
  /** Default "items". */
  unit?: "items" | "bytes";
  /** Told as well, whether the bar is shown or not. */
  onProgress?: ((progress: P) => void) | undefined;
}

/** Seconds between two lines where there is no terminal to redraw. */
const LINE_SECONDS = 5;

/**
 * Runs work with a progress bar on stderr: redrawn on a terminal, plain lines now and then in a pipe.
 * Work that ends within a second shows nothing.
 */
export async function withProgressBar<T, P extends Counted = Progress>(
  options: ProgressBarOptions<P>,
  work: (onProgress: ((progress: P) => void) | undefined) => Promise<T>,
): Promise<T> {
  if (!options.show) return work(options.onProgress);
  const { label, unit = "items" } = options;
  const display = process.stderr.isTTY ? new Bar(label, unit) : new Lines(label, unit);
  try {
    return await work((progress) => {
      display.show(progress);
      options.onProgress?.(progress);
    });
  } finally {
    display.stop();
  }
}

type Unit = "items" | "bytes";

class Bar {
  readonly #bar: SingleBar;
  readonly #unit: Unit;
  readonly #start = performance.now();
  #started = false;

  constructor(label: string, unit: Unit) {
    this.#unit = unit;
    const format: Options = {
      format: `${label} {bar} {percentage}% | {count} | {rate}/s | ETA {left}`,
      // Hiding the cursor or switching wrapping off would outlive a Ctrl-C.
      hideCursor: false,
      linewrap: true,
      stream: process.stderr,
    };
    this.#bar = new SingleBar(format, Presets.shades_classic);
  }

  show(progress: Counted): void {
    const shown = {
      count: formatCount(progress, this.#unit),
      rate: formatPace(progress, this.#unit),
      left: formatSeconds(progress.etaSeconds),
    };
    if (this.#started) {
      this.#bar.update(progress.done, shown);
    } else if (performance.now() - this.#start > 1000) {
      this.#bar.start(progress.total, progress.done, shown);
      this.#started = true;
    }
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
  }
}

class Lines {
  readonly #label: string;
  readonly #unit: Unit;
  #last = performance.now() - (LINE_SECONDS - 1) * 1000;
  #shown = false;
  #latest: Counted | undefined;

  constructor(label: string, unit: Unit) {
    this.#label = label;
    this.#unit = unit;
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
    process.stderr.write(
      `${this.#label} ${percent}% | ${count} | ${pace}/s | ETA ${formatSeconds(etaSeconds)}\n`,
    );
  }
}

function formatCount({ done, total }: Counted, unit: Unit): string {
  return unit === "bytes" ? `${formatBytes(done)}/${formatBytes(total)}` : `${done}/${total}`;
}

function formatPace({ perSecond }: Counted, unit: Unit): string {
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
