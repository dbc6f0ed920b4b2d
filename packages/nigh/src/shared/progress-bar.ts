import { type Options, Presets, SingleBar } from "cli-progress";
import type { OnProgress, Progress } from "./progress.js";

export interface ProgressBarOptions {
  show: boolean;
  /** What is counted, e.g. "Encoding". */
  label: string;
  /** Told as well, whether the bar is shown or not. */
  onProgress?: OnProgress | undefined;
}

/** Seconds between two lines where there is no terminal to redraw. */
const LINE_SECONDS = 5;

/**
 * Runs work with a progress bar on stderr: redrawn on a terminal, plain lines now and then in a pipe.
 * Work that ends within a second shows nothing.
 */
export async function withProgressBar<T>(
  options: ProgressBarOptions,
  work: (onProgress: OnProgress | undefined) => Promise<T>,
): Promise<T> {
  if (!options.show) return work(options.onProgress);
  const display = process.stderr.isTTY ? new Bar(options.label) : new Lines(options.label);
  try {
    return await work((progress) => {
      display.show(progress);
      options.onProgress?.(progress);
    });
  } finally {
    display.stop();
  }
}

class Bar {
  readonly #bar: SingleBar;
  readonly #start = performance.now();
  #started = false;

  constructor(label: string) {
    const format: Options = {
      format: `${label} {bar} {percentage}% | {value}/{total} | {rate}/s | ETA {left}`,
      // Hiding the cursor or switching wrapping off would outlive a Ctrl-C.
      hideCursor: false,
      linewrap: true,
      stream: process.stderr,
    };
    this.#bar = new SingleBar(format, Presets.shades_classic);
  }

  show(progress: Progress): void {
    const shown = {
      rate: formatRate(progress.perSecond),
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
  #last = performance.now() - (LINE_SECONDS - 1) * 1000;
  #shown = false;
  #latest: Progress | undefined;

  constructor(label: string) {
    this.#label = label;
  }

  show(progress: Progress): void {
    this.#latest = progress;
    if (performance.now() - this.#last < LINE_SECONDS * 1000) return;
    this.#last = performance.now();
    this.#shown = true;
    process.stderr.write(`${formatLine(this.#label, progress)}\n`);
  }

  stop(): void {
    if (this.#shown && this.#latest)
      process.stderr.write(`${formatLine(this.#label, this.#latest)}\n`);
  }
}

function formatLine(label: string, { done, total, perSecond, etaSeconds }: Progress): string {
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  return `${label} ${percent}% | ${done}/${total} | ${formatRate(perSecond)}/s | ETA ${formatSeconds(etaSeconds)}`;
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
