import { type Options, Presets, SingleBar } from "cli-progress";
import {
  type Counted,
  formatCount,
  formatPace,
  formatSeconds,
  type ProgressDisplay,
  ProgressLines,
  type Unit,
} from "../progress-lines.js";

/** On stderr: a bar on a terminal, plain lines in a pipe. */
export function progressDisplay(label: string, unit: Unit): ProgressDisplay {
  if (process.stderr.isTTY) return new Bar(label, unit);
  return new ProgressLines(label, unit, (line) => process.stderr.write(`${line}\n`));
}

class Bar implements ProgressDisplay {
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
