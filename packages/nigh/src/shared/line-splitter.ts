/** One line of a stream of bytes, without its line feed. */
export interface Line {
  /** Counted from 1. */
  number: number;
  /** Undefined when the line was longer than the splitter's limit; its bytes are then gone. */
  bytes: Buffer | undefined;
}

const LINE_FEED = 10;

/**
 * Cuts a stream of bytes into lines, whatever the borders of its chunks. Holds at most one line,
 * and of a line over the limit only the news that there was one.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #tooLong = false;
  #number = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes. Keeps views into `chunk`: it must not be written to again. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    let end = chunk.indexOf(LINE_FEED);
    while (end !== -1) {
      this.#hold(chunk.subarray(start, end));
      lines.push(this.#release());
      start = end + 1;
      end = chunk.indexOf(LINE_FEED, start);
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  /** What stands after the last line feed, where anything does. */
  end(): Line[] {
    return this.#pendingBytes > 0 ? [this.#release()] : [];
  }

  #hold(bytes: Buffer): void {
    if (this.#tooLong || bytes.length === 0) return;
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > this.#maxBytes) {
      this.#tooLong = true;
      this.#pending = [];
    } else {
      this.#pending.push(bytes);
    }
  }

  #release(): Line {
    this.#number += 1;
    const only = this.#pending.length === 1 ? this.#pending[0] : undefined;
    const bytes = this.#tooLong ? undefined : (only ?? Buffer.concat(this.#pending));
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#tooLong = false;
    return { number: this.#number, bytes };
  }
}
