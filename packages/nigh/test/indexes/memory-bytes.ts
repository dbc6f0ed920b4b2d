import {
  type ByteSink,
  type ByteSource,
  checkRemaining,
} from "../../src/indexes/faiss-format/byte-stream.js";

const SMALLEST = 1024;

/** Reads bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array, name = "memory") {
    this.bytes = bytes;
    this.size = bytes.length;
    this.name = name;
  }

  get position(): number {
    return this.at;
  }

  get remaining(): number {
    return this.size - this.at;
  }

  readInto(bytes: Uint8Array): void {
    const from = this.at;
    this.skip(bytes.length);
    bytes.set(this.bytes.subarray(from, this.at));
  }

  skip(count: number): void {
    checkRemaining(this, count);
    this.at += count;
  }
}

/** Collects bytes in memory, which grows by doubling. */
export class MemorySink implements ByteSink {
  private buffer = new Uint8Array(SMALLEST);
  private length = 0;

  write(bytes: Uint8Array): void {
    const end = this.length + bytes.length;
    if (end > this.buffer.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, this.length));
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.length);
    this.length = end;
  }

  /** What was written so far: a view, valid until the next `write`. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}
