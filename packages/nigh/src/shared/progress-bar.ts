import { progressDisplay } from "#shared/progress-display";
import type { Progress } from "./progress.js";
import type { Counted, Unit } from "./progress-lines.js";

export interface ProgressBarOptions<P extends Counted = Progress> {
  show: boolean;
  /** What is counted, e.g. "Encoding". */
  label: string;
  /** Default "items". */
  unit?: Unit;
  /** Told as well, whether the bar is shown or not. */
  onProgress?: ((progress: P) => void) | undefined;
}

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
  const display = progressDisplay(label, unit);
  try {
    return await work((progress) => {
      display.show(progress);
      options.onProgress?.(progress);
    });
  } finally {
    display.stop();
  }
}
