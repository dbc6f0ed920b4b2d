import type { DownloadProgress, OnDownload } from "../index.js";
import { withProgressBar } from "../shared/progress-bar.js";

/** Runs work that may download a model, with a progress bar where one is wanted. */
export function withDownloadBar<T>(
  name: string,
  show: boolean,
  work: (onProgress: OnDownload | undefined) => Promise<T>,
): Promise<T> {
  return withProgressBar<T, DownloadProgress>(
    { show, label: `Downloading ${name}`, unit: "bytes" },
    work,
  );
}
