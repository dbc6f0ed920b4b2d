/** Where a download stands. */
export interface DownloadProgress {
  /** Bytes that are on disk, those of earlier attempts included. */
  done: number;
  /** Bytes of all files that the model needs. */
  total: number;
  /** Bytes per second of this download. */
  perSecond: number;
  /** Seconds until the end at the present rate; 0 when done. */
  etaSeconds: number;
  filesDone: number;
  filesTotal: number;
  /** The file that the last bytes are of. */
  file: string;
}

export type OnDownload = (progress: DownloadProgress) => void;

/** Counts bytes that arrive, and tells how it goes. */
export class DownloadMeter {
  readonly #onProgress: OnDownload | undefined;
  readonly #total: number;
  readonly #filesTotal: number;
  readonly #start = performance.now();
  #done = 0;
  #arrived = 0;
  #filesDone = 0;

  constructor(onProgress: OnDownload | undefined, files: readonly { size: number }[]) {
    this.#onProgress = onProgress;
    this.#total = files.reduce((sum, { size }) => sum + size, 0);
    this.#filesTotal = files.length;
  }

  /** Bytes of an earlier attempt; negative where they have to come again. */
  found(bytes: number): void {
    this.#done += bytes;
  }

  /** A file that need not be fetched. */
  has({ name, size }: { name: string; size: number }): void {
    this.#done += size;
    this.finished(name);
  }

  arrived(file: string, bytes: number): void {
    this.#done += bytes;
    this.#arrived += bytes;
    this.#tell(file);
  }

  finished(file: string): void {
    this.#filesDone += 1;
    this.#tell(file);
  }

  #tell(file: string): void {
    if (this.#onProgress === undefined) return;
    const seconds = Math.max((performance.now() - this.#start) / 1000, 1e-6);
    const perSecond = this.#arrived / seconds;
    const left = this.#total - this.#done;
    this.#onProgress({
      done: this.#done,
      total: this.#total,
      perSecond,
      etaSeconds: left === 0 || perSecond === 0 ? 0 : left / perSecond,
      filesDone: this.#filesDone,
      filesTotal: this.#filesTotal,
      file,
    });
  }
}
